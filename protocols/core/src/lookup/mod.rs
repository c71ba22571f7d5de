//! The shared lookup argument: LogUp as a sum of fractions, proved by a GKR tree.
//!
//! ```text
//! Σ_lookups Σ_x mask(x) / (γ − w(x))  =  Σ_tables Σ_j m(j) / (γ − t(j))
//! ```
//! `w = in + β·out + β²·table` fingerprints what is looked up, `t` likewise the table's entries, `m` counts. γ and β are drawn after every
//! committed tensor, the multiplicities included, is in the transcript; every `w` is a fixed function of those, so that equality at a
//! random γ implies equality of multisets (up to `leaves / |Fr|`). The number of lookups is far below the field's
//! characteristic, so that counts cannot wrap. Numerators of lookups are the mask of the logical shape: padding never counts.
//!
//! All fractions are the leaves of one tree; [`LookupLayout`] says where each lies.
//!
//! # Source
//! [Haböck 2022](https://eprint.iacr.org/2022/1530), [Papini–Haböck 2023](https://eprint.iacr.org/2023/1284)

mod fractions;
mod layout;
mod leaves;
mod table;

pub use fractions::{LeafClaim, verify_fractions};
pub use layout::{Block, BlockKind, LookupLayout};
pub(crate) use leaves::box_at;
pub use leaves::{Fingerprint, tensors_of, verify_leaves};
