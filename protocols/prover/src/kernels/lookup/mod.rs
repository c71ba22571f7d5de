mod witness;

pub(crate) use witness::execute;
