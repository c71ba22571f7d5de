//! What engines for sumchecks share: the order of calls, where a round is evaluated, `eq` factors, and how a round polynomial is put together.
//!
//! An engine takes one `eq` factor out of every term ([`group`]), computes a few sums over all indices per group ([`evaluations`], of which one
//! follows from the claim, [`derived`]), and leaves the rest to [`assemble`].

mod eq;
mod groups;
mod order;
mod points;

pub use eq::{EqPrefix, eq_table};
pub use groups::{Group, Product, assemble, derived, group};
pub use order::RoundOrder;
pub use points::{At, complete, evaluations, extrapolate};
