//! Pedersen rows: a transparent commitment to tensors of small integers, and its batch opening.
//!
//! A tensor is seen as a matrix: leading axes are rows, trailing axes columns ([`RowLayout`]). One point of G1 per logical row, over bases
//! for the logical columns. What a prover adds on bases beyond a tensor's own columns counts for nothing: claims weigh logical
//! elements only. Bases come from
//! hash-to-curve with a domain tag: nobody knows a relation between them.
//!
//! # Source
//! [Hyrax](https://eprint.iacr.org/2017/1132), section 6, without blinding

mod bases;
mod layout;
mod opening;

pub use bases::{BaseHint, CommitmentKey, widest_row};
pub use layout::RowLayout;
pub use opening::{Commitments, Opened, OpeningPlan, half_power, verify_opening};
