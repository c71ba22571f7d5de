//! Two-dimensional convolution with stride, padding, dilation and groups.

mod relation;
mod verify;

pub use relation::{Conv2d, ConvShape};
