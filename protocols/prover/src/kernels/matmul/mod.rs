mod prove;
mod witness;

pub(crate) use prove::prove;
pub(crate) use witness::execute;
