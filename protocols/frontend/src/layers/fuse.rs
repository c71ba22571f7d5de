//! Rewrites before quantisation: fewer layers, fewer roundings, the same function.

use super::{
    Activation, FloatConstant, FloatLinear, Layer, Layers, Operation, Value, ValueId, Weights,
};

/// Folds scales and biases into the products before them, moves monotone activations in front of max-pools, folds activations into
/// the layers before them, and drops layers that no output needs.
pub(crate) fn fuse(mut model: Layers) -> Layers {
    prune(&mut model);
    // Each pass removes a layer or moves an activation towards the input, so this ends.
    while fold_affine(&mut model) || swap_pool(&mut model) || fold_activation(&mut model) {}
    model
}

/// Removes layers whose results nobody reads.
fn prune(model: &mut Layers) {
    let mut needed = vec![false; model.values.len()];
    for output in &model.outputs {
        needed[output.0] = true;
    }
    for layer in model.layers.iter().rev() {
        if needed[layer.output.0] {
            for input in &layer.inputs {
                needed[input.0] = true;
            }
        }
    }
    model.layers.retain(|layer| needed[layer.output.0]);
}

/// Who produces and who reads each value.
struct Edges {
    producer: Vec<Option<usize>>,
    readers: Vec<usize>,
}

impl Edges {
    fn of(model: &Layers) -> Self {
        let mut edges = Self {
            producer: vec![None; model.values.len()],
            readers: vec![0; model.values.len()],
        };
        for (index, layer) in model.layers.iter().enumerate() {
            edges.producer[layer.output.0] = Some(index);
            for input in &layer.inputs {
                edges.readers[input.0] += 1;
            }
        }
        // An output is read by the caller.
        for output in &model.outputs {
            edges.readers[output.0] += 1;
        }
        edges
    }

    /// The layer that produces the only input of `layer`, if nobody else reads that.
    fn private(&self, layer: &Layer) -> Option<usize> {
        let [input] = *layer.inputs else {
            return None;
        };
        self.producer[input.0].filter(|_| self.readers[input.0] == 1)
    }
}

/// `(scale, shift)` per channel of `axis`, if the layer is an affine map along that axis alone.
fn affine(layer: &Layer, shape: &[usize], axis: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    let Operation::Linear(FloatLinear {
        terms, constant, ..
    }) = &layer.operation
    else {
        return None;
    };
    let [term] = terms.as_slice() else {
        return None;
    };
    if !(term.counts.is_empty() && term.map.is_identity(shape.len())) {
        return None;
    }
    let channels = *shape.get(axis)?;
    let scale = match &term.factors {
        None => vec![term.factor; channels],
        Some((at, factors)) if *at == axis => factors.iter().map(|f| f * term.factor).collect(),
        Some(_) => return None,
    };
    let shift = match constant {
        None => vec![0.0; channels],
        Some(constant) => along_axis(constant, shape.len(), axis, channels)?,
    };
    Some((scale, shift))
}

/// The constant as one number per index of `axis`, if it varies along that axis at most.
fn along_axis(
    constant: &FloatConstant,
    rank: usize,
    axis: usize,
    channels: usize,
) -> Option<Vec<f64>> {
    let first = rank.checked_sub(constant.shape.len())?;
    let varies = |(index, &dim): (usize, &usize)| dim != 1 && index + first != axis;
    if constant.shape.iter().enumerate().any(varies) {
        return None;
    }
    match constant.data.as_slice() {
        [value] => Some(vec![f64::from(*value); channels]),
        values if values.len() == channels => Some(values.iter().map(|&v| v.into()).collect()),
        _ => None,
    }
}

/// Folds one affine layer into the product or convolution before it.
fn fold_affine(model: &mut Layers) -> bool {
    let edges = Edges::of(model);
    for reader in 0..model.layers.len() {
        let Some(producer) = edges.private(&model.layers[reader]) else {
            continue;
        };
        let shape = model.shape(model.layers[producer].output);
        let axis = match &model.layers[producer].operation {
            Operation::MatMul(_) => shape.len().saturating_sub(1),
            Operation::Conv(_) => 1,
            _ => continue,
        };
        if model.layers[producer].activation != Activation::Identity
            || model.shape(model.layers[reader].output) != shape
        {
            continue;
        }
        let Some((scale, shift)) = affine(&model.layers[reader], shape, axis) else {
            continue;
        };
        match &mut model.layers[producer].operation {
            Operation::MatMul(weights) => scale_weights(weights, &scale, &shift),
            Operation::Conv(conv) => scale_weights(&mut conv.weights, &scale, &shift),
            _ => {}
        }
        absorb(model, producer, reader);
        return true;
    }
    false
}

fn scale_weights(weights: &mut Weights, scale: &[f64], shift: &[f64]) {
    for index in 0..weights.data.len() {
        let channel = weights.channel_of(index);
        weights.data[index] = (f64::from(weights.data[index]) * scale[channel]) as f32;
    }
    let bias = weights.bias.take();
    let old = |channel: usize| bias.as_ref().map_or(0.0, |bias| f64::from(bias[channel]));
    let new = scale.iter().zip(shift).enumerate();
    let new: Vec<f32> = new
        .map(|(c, (scale, shift))| (old(c) * scale + shift) as f32)
        .collect();
    weights.bias = (bias.is_some() || new.iter().any(|&b| b != 0.0)).then_some(new);
}

/// The producer takes over the reader's result.
fn absorb(model: &mut Layers, producer: usize, reader: usize) {
    let Layer {
        output,
        operator,
        activation,
        ..
    } = model.layers.remove(reader);
    let layer = &mut model.layers[producer];
    layer.output = output;
    layer.activation = activation;
    layer.operator = format!("{}+{operator}", layer.operator);
}

/// Folds one activation into the layer before it.
fn fold_activation(model: &mut Layers) -> bool {
    let edges = Edges::of(model);
    for reader in 0..model.layers.len() {
        let Operation::Activation(activation) = model.layers[reader].operation else {
            continue;
        };
        let Some(producer) = edges.private(&model.layers[reader]) else {
            continue;
        };
        let layer = &model.layers[producer];
        let folds = match &layer.operation {
            Operation::MatMul(_) | Operation::Conv(_) => true,
            Operation::Linear(linear) => !linear.is_move(),
            _ => false,
        };
        if folds && layer.activation == Activation::Identity {
            absorb(model, producer, reader);
            model.layers[producer].activation = activation;
            return true;
        }
    }
    false
}

/// `f(max(x))` becomes `max(f(x))` where `f` can then be folded into the layer before.
fn swap_pool(model: &mut Layers) -> bool {
    let edges = Edges::of(model);
    for reader in 0..model.layers.len() {
        let Operation::Activation(activation) = model.layers[reader].operation else {
            continue;
        };
        let Some(pool) = edges.private(&model.layers[reader]) else {
            continue;
        };
        let is_pool = matches!(model.layers[pool].operation, Operation::MaxPool(_));
        let Some(linear) = edges.private(&model.layers[pool]).filter(|_| is_pool) else {
            continue;
        };
        let before = &model.layers[linear];
        let folds = matches!(before.operation, Operation::MatMul(_) | Operation::Conv(_));
        if !(folds && before.activation == Activation::Identity && activation.is_monotone()) {
            continue;
        }
        // The new value has no name in the float model; where windows cover it, its interval is that of the pooled result.
        let result = model.value(model.layers[reader].output);
        let value = Value {
            name: format!("{}.activated", model.value(before.output).name),
            shape: model.shape(before.output).to_vec(),
            observed: result.name.clone(),
            traced: false,
        };
        let output = ValueId(model.values.len());
        model.values.push(value);
        let absorbed = model.layers.remove(reader);
        model.layers[pool].output = absorbed.output;
        model.layers[pool].inputs = vec![output];
        model.layers[linear].output = output;
        model.layers[linear].activation = activation;
        let operator = format!("{}+{}", model.layers[linear].operator, absorbed.operator);
        model.layers[linear].operator = operator;
        return true;
    }
    false
}
