//! Window geometry shared by convolutions and pools.

use kernelwise_core::kernels::PoolAxis;

use crate::error::ImportError;
use crate::onnx::site::Site;

/// Windows times positions along one axis: more than any sensible model has, few enough to walk.
const MAX_READS: usize = 1 << 22;

/// Windows along the spatial axes.
pub(super) struct Geometry {
    /// Size, stride, padding before, dilation.
    pub axes: Vec<PoolAxis>,
    /// Padding after.
    pub pads_after: Vec<usize>,
    /// Output lengths.
    pub output: Vec<usize>,
}

impl Geometry {
    /// Reads `strides`, `dilations`, `pads`, `auto_pad` and `ceil_mode` for windows of size `kernel` over `input`.
    pub fn read(site: &Site<'_>, input: &[usize], kernel: &[usize]) -> Result<Self, ImportError> {
        let rank = kernel.len();
        let strides = site.sizes("strides", rank, 1, 1)?;
        let dilations = site.sizes("dilations", rank, 1, 1)?;
        let pads = site.sizes("pads", 2 * rank, 0, 0)?;
        let auto_pad = site.text("auto_pad", "NOTSET")?;
        let ceil = site.flag("ceil_mode", false)?;
        let mut geometry = Self {
            axes: Vec::new(),
            pads_after: Vec::new(),
            output: Vec::new(),
        };
        for axis in 0..rank {
            let (dim, size) = (input[axis], kernel[axis]);
            let (stride, dilation) = (strides[axis], dilations[axis]);
            let reach = dilation
                .checked_mul(size - 1)
                .and_then(|reach| reach.checked_add(1));
            let Some(reach) = reach.filter(|&reach| reach <= 1 << 30) else {
                return Err(site.wrong("window", "at most 2^30 positions", format!("{kernel:?}")));
            };
            let total = |out: usize| ((out - 1) * stride + reach).saturating_sub(dim);
            let (before, after) = match auto_pad.as_str() {
                "NOTSET" | "" => (pads[axis], pads[rank + axis]),
                "VALID" => (0, 0),
                "SAME_UPPER" => {
                    let total = total(dim.div_ceil(stride));
                    (total / 2, total - total / 2)
                }
                "SAME_LOWER" => {
                    let total = total(dim.div_ceil(stride));
                    (total - total / 2, total / 2)
                }
                other => {
                    let expected = "NOTSET, VALID, SAME_UPPER or SAME_LOWER";
                    return Err(site.wrong("attribute auto_pad", expected, other));
                }
            };
            let Some(steps) = (dim + before + after).checked_sub(reach) else {
                let expected = format!("at most {} positions at axis {axis}", dim + before + after);
                return Err(site.wrong("window", expected, reach.to_string()));
            };
            let mut output = steps / stride + 1;
            // The last, partial window must start inside the input or the padding before it.
            if ceil && steps % stride != 0 && output * stride < dim + before {
                output += 1;
            }
            if output.saturating_mul(size) > MAX_READS {
                let expected = format!("at most {MAX_READS} reads along axis {axis}");
                let got = format!("{output} windows of {size}");
                return Err(site.wrong("window", expected, got));
            }
            geometry.axes.push(PoolAxis {
                size,
                stride,
                pad: before,
                dilation,
            });
            geometry.pads_after.push(after);
            geometry.output.push(output);
        }
        Ok(geometry)
    }
}
