//! Files of circom and snarkjs: circuits, witnesses, keys, proofs.
//!
//! | file | reader | writer |
//! |---|---|---|
//! | `.r1cs` | [`r1cs::read`] | [`r1cs::write`] |
//! | `.wtns` | [`wtns::read`] | [`wtns::write`] |
//! | `.zkey` | [`zkey::open`] | [`zkey::write`] |
//! | `proof.json`, `public.json`, `verification_key.json` | [`json`] | [`json`] |
//!
//! Every reader is total: any bytes give a value or an error that names the section, and nothing is allocated for which
//! the file has no bytes.
//!
//! # Source
//! The formats are those of [circom](https://github.com/iden3/r1csfile/blob/master/doc/r1cs_bin_format.md) and of
//! [snarkjs](https://github.com/iden3/snarkjs) 0.7.

pub(crate) mod container;
mod error;
pub mod json;
pub(crate) mod points;
pub mod r1cs;
pub(crate) mod words;
pub mod wtns;
pub mod zkey;

pub use error::CircomError;
