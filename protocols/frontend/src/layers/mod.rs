//! The float model in the few forms that quantisation knows: what an importer produces.
//!
//! Everything that only moves, adds or scales elements is one [`FloatLinear`]; shapes are concrete.

mod fuse;

use kernelwise_core::kernels::PoolAxis;
use kernelwise_core::program::{AxisMultiplier, IndexMap};

pub(crate) use fuse::fuse;

/// Index of a value in its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ValueId(pub usize);

/// An activation tensor.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    /// Name in the model file.
    pub name: String,
    /// Concrete shape.
    pub shape: Vec<usize>,
    /// Whose observed interval calibrates it; its own unless fusion made it up.
    pub observed: String,
    /// Whether the float model computes exactly this value under `name`.
    pub traced: bool,
}

/// An element-wise function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Activation {
    /// Nothing.
    Identity,
    /// `max(x, 0)`.
    Relu,
    /// `min(max(x, lo), hi)`.
    Clip { lo: f64, hi: f64 },
    /// `x` if positive, else `alpha·x`.
    LeakyRelu { alpha: f64 },
}

impl Activation {
    /// The function.
    pub fn apply(&self, x: f64) -> f64 {
        match *self {
            Self::Identity => x,
            Self::Relu => x.max(0.0),
            Self::Clip { lo, hi } => x.max(lo).min(hi),
            Self::LeakyRelu { alpha } => {
                if x < 0.0 {
                    alpha * x
                } else {
                    x
                }
            }
        }
    }

    /// Whether it never decreases, and so commutes with a maximum.
    pub fn is_monotone(&self) -> bool {
        !matches!(self, Self::LeakyRelu { alpha } if *alpha < 0.0)
    }

    /// Whether no output is negative, whatever the input.
    pub fn is_non_negative(&self) -> bool {
        match self {
            Self::Relu => true,
            Self::Clip { lo, .. } => *lo >= 0.0,
            _ => false,
        }
    }
}

/// One input of a [`FloatLinear`]: `factor · factors(o) · counts(o) · x[map(o)]`.
#[derive(Debug, Clone)]
pub(crate) struct FloatTerm {
    /// Real factor of the whole term.
    pub factor: f64,
    /// Real factors along one output axis.
    pub factors: Option<(usize, Vec<f64>)>,
    /// Exact integer factors, for averages whose windows reach outside.
    pub counts: Vec<AxisMultiplier>,
    /// Where the input is read.
    pub map: IndexMap,
}

impl FloatTerm {
    /// `x` read through `map`.
    pub fn moved(map: IndexMap) -> Self {
        Self {
            factor: 1.0,
            factors: None,
            counts: Vec::new(),
            map,
        }
    }

    /// Whether elements are only moved.
    fn is_move(&self) -> bool {
        self.factor == 1.0
            && self.factors.is_none()
            && self.counts.is_empty()
            && self.map.0.iter().all(|axis| axis.window == 1)
    }
}

/// A constant tensor that broadcasts to the output, axes aligned at the right.
#[derive(Debug, Clone)]
pub(crate) struct FloatConstant {
    /// Its shape, of at most the output's rank.
    pub shape: Vec<usize>,
    /// Its values.
    pub data: Vec<f32>,
}

/// `y = Σ terms + constant`.
#[derive(Debug, Clone)]
pub(crate) struct FloatLinear {
    /// One per input of the layer.
    pub terms: Vec<FloatTerm>,
    /// Added to the sum.
    pub constant: Option<FloatConstant>,
    /// Whether no output element reads two inputs (concatenation), so that intervals join instead of adding up.
    pub disjoint: bool,
}

impl FloatLinear {
    /// Whether elements are only moved.
    pub fn is_move(&self) -> bool {
        self.constant.is_none()
            && (self.disjoint || self.terms.len() == 1)
            && self.terms.iter().all(FloatTerm::is_move)
    }
}

/// Weights with one output channel per row or column, and a bias.
#[derive(Debug, Clone)]
pub(crate) struct Weights {
    /// Row-major values: `[k, n]` for products, `[o, c, kh, kw]` for convolutions.
    pub data: Vec<f32>,
    /// Output channels.
    pub channels: usize,
    /// Whether the channel is the last axis (products) or the first.
    pub channel_last: bool,
    /// One per output channel.
    pub bias: Option<Vec<f32>>,
}

impl Weights {
    /// The output channel of the weight at `index`.
    pub fn channel_of(&self, index: usize) -> usize {
        if self.channel_last {
            index % self.channels.max(1)
        } else {
            index / (self.data.len() / self.channels.max(1)).max(1)
        }
    }
}

/// Geometry of a convolution; one-dimensional ones have a last axis of length 1.
#[derive(Debug, Clone)]
pub(crate) struct FloatConv {
    /// Filters and bias.
    pub weights: Weights,
    /// `[o, c / groups, kh, kw]`.
    pub filter_shape: [usize; 4],
    /// Steps per output position.
    pub strides: [usize; 2],
    /// Zeros before the first position.
    pub pads: [usize; 2],
    /// Steps between taps.
    pub dilations: [usize; 2],
    /// Channel groups.
    pub groups: usize,
}

/// What a layer computes.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    /// Product with constant weights on the right.
    MatMul(Weights),
    /// Convolution.
    Conv(FloatConv),
    /// Moves, sums, scales.
    Linear(FloatLinear),
    /// Element-wise function of one input.
    Activation(Activation),
    /// Maximum over windows.
    MaxPool(Vec<PoolAxis>),
    /// Row-major relabelling.
    Reshape,
    /// Where the largest element along the last axis is, the first one if there are several; the axis goes.
    ArgMax,
}

/// One node of the float model.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    /// Name of the node it comes from.
    pub name: String,
    /// Operators of the nodes it comes from, joined by `+`.
    pub operator: String,
    /// What it computes.
    pub operation: Operation,
    /// Applied to the result.
    pub activation: Activation,
    /// Arguments.
    pub inputs: Vec<ValueId>,
    /// Result.
    pub output: ValueId,
}

/// A float model.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layers {
    /// All values.
    pub values: Vec<Value>,
    /// All layers, in topological order.
    pub layers: Vec<Layer>,
    /// Inputs, in order.
    pub inputs: Vec<ValueId>,
    /// Outputs, in order.
    pub outputs: Vec<ValueId>,
}

impl Layers {
    /// The value at `id`.
    pub fn value(&self, id: ValueId) -> &Value {
        &self.values[id.0]
    }

    /// The shape of the value at `id`.
    pub fn shape(&self, id: ValueId) -> &[usize] {
        &self.values[id.0].shape
    }

    /// Integer multiply-accumulates of all products and convolutions.
    pub fn macs(&self) -> u64 {
        let layer_macs = |layer: &Layer| {
            let outputs = self.shape(layer.output).iter().product::<usize>() as u64;
            match &layer.operation {
                Operation::MatMul(weights) => {
                    outputs * (weights.data.len() / weights.channels.max(1)) as u64
                }
                Operation::Conv(conv) => {
                    outputs * conv.filter_shape.iter().skip(1).product::<usize>() as u64
                }
                _ => 0,
            }
        };
        self.layers.iter().map(layer_macs).sum()
    }
}
