//! Shapes and ranges of the convolution.

use serde::{Deserialize, Serialize};

use crate::kernels::matmul::product_range;
use crate::kernels::{LaunchView, Relation};
use crate::program::{GraphError, MAX_AXIS_WORK, Shape, TensorKind};

/// `y[n, o, i, j] = Σ_{c,u,v} x[n, g(o)·C' + c, i·s₀ + u·d₀ − p₀, j·s₁ + v·d₁ − p₁] · w[o, c, u, v]`.
///
/// Inputs: `x` of shape `[N, C, H, W]`, parameter `w` of shape `[O, C', kh, kw]` with `C' = C / groups`. Output: `y` of shape
/// `[N, O, H', W']`. The group of output channel `o` is `g(o) = o / (O / groups)`. `x` is zero outside its shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conv2d {
    /// Steps per output row and column.
    pub strides: [usize; 2],
    /// Zeros before the first row and column.
    pub pads: [usize; 2],
    /// Steps between kernel rows and columns.
    pub dilations: [usize; 2],
    /// Channel groups.
    pub groups: usize,
}

/// The dimensions of one launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvShape {
    /// Batch.
    pub batch: usize,
    /// Input channels per group.
    pub channels: usize,
    /// Height and width of `x`.
    pub input: [usize; 2],
    /// Output channels.
    pub filters: usize,
    /// Height and width of a filter.
    pub kernel: [usize; 2],
    /// Height and width of `y`.
    pub output: [usize; 2],
    /// Channel groups.
    pub groups: usize,
}

impl ConvShape {
    /// The axes that the sumcheck runs over: `[groups, channels per group, kernel height, kernel width]`.
    pub fn contracted(&self) -> Shape {
        Shape::new([self.groups, self.channels, self.kernel[0], self.kernel[1]])
    }

    /// Output channels per group.
    pub fn filters_per_group(&self) -> usize {
        self.filters / self.groups
    }
}

impl Conv2d {
    /// Splits the shapes of `x`, `w` and `y`, if they fit together. Any output size is allowed: positions past the end of `x` read zeros.
    pub fn split(&self, x: &Shape, w: &Shape, y: &Shape) -> Option<ConvShape> {
        let (&[batch, c, h, width], &[filters, channels, kh, kw], &[yn, yo, yh, yw]) =
            (x.dims(), w.dims(), y.dims())
        else {
            return None;
        };
        let fits = self.groups > 0
            && channels.checked_mul(self.groups) == Some(c)
            && filters % self.groups == 0
            && yn == batch
            && yo == filters;
        fits.then_some(ConvShape {
            batch,
            channels,
            input: [h, width],
            filters,
            kernel: [kh, kw],
            output: [yh, yw],
            groups: self.groups,
        })
    }

    /// The index of `x` along spatial `axis` that output `i` and tap `u` read; `None` in the padding.
    pub fn position(&self, axis: usize, i: usize, u: usize, dim: usize) -> Option<usize> {
        (i * self.strides[axis] + u * self.dilations[axis])
            .checked_sub(self.pads[axis])
            .filter(|&a| a < dim)
    }
}

impl Relation for Conv2d {
    fn name(&self) -> &'static str {
        "conv2d"
    }

    fn check(&self, view: &LaunchView<'_>) -> Result<(), GraphError> {
        view.arity(2, 1)?;
        let (x, w, y) = (view.input(0)?, view.input(1)?, view.output(0)?);
        let Some(shape) = self.split(&x.shape, &w.shape, &y.shape) else {
            return Err(view.misuse(
                "shapes",
                format!(
                    "[N, C, H, W] by [O, C/{g}, kh, kw] to [N, O, H', W']",
                    g = self.groups
                ),
                format!("{} by {} to {}", x.shape, w.shape, y.shape),
            ));
        };
        const LIMIT: usize = 1 << 24;
        let geometry = [self.strides, self.pads, self.dilations].concat();
        view.require("geometry", geometry.iter().all(|&v| v <= LIMIT), || {
            (format!("at most {LIMIT}"), format!("{geometry:?}"))
        })?;
        let work = (0..2)
            .map(|axis| shape.output[axis].saturating_mul(shape.kernel[axis]))
            .max();
        view.require(
            "output",
            work.is_some_and(|work| work <= MAX_AXIS_WORK),
            || {
                (
                    format!("at most {MAX_AXIS_WORK} reads along one axis"),
                    format!("{:?} by {:?}", shape.output, shape.kernel),
                )
            },
        )?;
        view.require("w", w.kind == TensorKind::Parameter, || {
            ("a parameter".to_owned(), format!("{:?}", w.kind))
        })?;
        view.require_range(
            y,
            product_range(
                &x.range,
                &w.range,
                shape.channels * shape.kernel[0] * shape.kernel[1],
            ),
        )
    }

    fn macs(&self, view: &LaunchView<'_>) -> u64 {
        match (view.input(1), view.output(0)) {
            (Ok(w), Ok(y)) => {
                w.shape.dims().iter().skip(1).product::<usize>() as u64 * y.shape.len() as u64
            }
            _ => 0,
        }
    }
}
