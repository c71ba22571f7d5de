//! From an ONNX file to a program over integers, and the executor that defines what that program means.
//!
//! ```text
//! file ── OnnxModel::from_path ──► OnnxModel ── calibrate, quantise ──► QuantisedModel ── execute ──► every tensor
//!                                     └── float_run: the float model, for calibration and comparison
//! ```
//!
//! | module | what |
//! |---|---|
//! | [`onnx`] | import, and the float model |
//! | [`calibrate`] | what interval each value spans |
//! | [`mod@quantise`] | scales, integer weights, kernels |
//! | [`model`] | the result: program, parameters, report |
//! | [`parameters`] | integers in the bytes in which they are stored |
//! | [`mod@execute`] | the reference executor, in plain loops: the specification |
//! | [`input`] | sample inputs from files |
//! | [`inspect`] | facts for people |
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod calibrate;
pub mod error;
pub mod execute;
pub mod input;
pub mod inspect;
mod layers;
pub mod model;
pub mod onnx;
pub mod parameters;
pub mod quantise;
mod store;

pub use calibrate::Calibration;
pub use error::{ExecuteError, FloatError, ImportError, InputError, QuantiseError};
pub use execute::{Execution, execute};
pub use model::{LayerReport, QuantisedInputs, QuantisedModel};
pub use onnx::{OnnxModel, Port};
pub use parameters::{IntWidth, ParameterValues};
pub use quantise::{QuantiseOptions, quantise};
