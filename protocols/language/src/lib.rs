//! The kernel language: kernels as Rust functions, compiled to layered circuits, launched over grids and proved.
//!
//! ```
//! use kernelwise_core::field::Fr;
//! use kernelwise_language::{BIT, CircuitKernel};
//!
//! let kernel = CircuitKernel::compile("majority", |k| {
//!     let x = k.input("x", 3, BIT);
//!     let majority = x[0] * x[1] + x[0] * x[2] + x[1] * x[2] - 2 * x[0] * x[1] * x[2];
//!     k.output_scalar("majority", majority);
//! })?;
//! let outputs = kernel.run(&[[1u64, 0, 1].map(Fr::from).to_vec()])?;
//! assert_eq!(outputs, [[Fr::from(1u64)]]);
//! println!("{}", kernel.report());
//! # Ok::<(), kernelwise_language::KernelError>(())
//! ```
//!
//! | module | what |
//! |---|---|
//! | `builder` | what a kernel is written with: [`KernelBuilder`], [`Var`], [`U32`] |
//! | `ir` | the intermediate form: equal nodes stored once, constants folded |
//! | `lower` | from there to a layered circuit |
//! | `inspect` | what came out |
//! | `context` | programs: kernels launched over grids, mixed with tensor kernels: [`Context`] |
//! | [`patch`] | a program's graph made cheaper |
//! | [`kernels`] | kernels that are ready to use |
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod builder;
mod context;
mod error;
mod hints;
mod inspect;
mod ir;
mod kernel;
pub mod kernels;
mod lower;
pub mod patch;
mod table;

pub use builder::{BIT, BYTE, KernelBuilder, Operand, U32, Var};
pub use context::{Argument, Array, Compiled, Context};
pub use error::KernelError;
pub use inspect::{LevelReport, Report};
pub use kernel::{CircuitKernel, Declared};
pub use lower::CompileOptions;
pub use table::Table;
