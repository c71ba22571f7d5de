mod prove;

pub(crate) use prove::prove;
