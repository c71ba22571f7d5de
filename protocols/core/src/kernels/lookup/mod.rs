//! Element-wise function by table.

mod relation;

pub use relation::Lookup;
