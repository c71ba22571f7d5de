//! Import of ONNX files.
//!
//! The protobuf is walked here, node by node, so that every error names its node; `tract` runs the same file in floating
//! point ([`OnnxModel::float_run`]).

mod constant;
mod operators;
mod reference;
mod scope;
mod site;

use std::collections::BTreeMap;
use std::path::Path;

use tract_onnx::pb::{GraphProto, ModelProto};
use tract_onnx::prelude::Framework;

pub use operators::supported_operators;

use crate::error::ImportError;
use crate::layers::{Layers, Operation, fuse};
use reference::Reference;
use scope::Scope;
use site::Site;

/// More nodes than any model within reach has.
const MAX_NODES: usize = 1 << 12;

/// An input or output of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Name in the model file.
    pub name: String,
    /// Concrete shape.
    pub shape: Vec<usize>,
}

impl Port {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An imported model: ready to run in floating point and to be quantised.
#[derive(Debug)]
pub struct OnnxModel {
    pub(crate) layers: Layers,
    /// All values that the float model computes, in the order of its traced outputs.
    values: Vec<Port>,
    operators: BTreeMap<String, usize>,
    parameters: usize,
    macs: u64,
    reference: Reference,
}

impl OnnxModel {
    /// Imports the file at `path`.
    ///
    /// # Errors
    /// [`ImportError`], which names the node, tensor or property at fault.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, ImportError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| ImportError::Read {
            path: path.display().to_string(),
            source,
        })?;
        Self::from_bytes(&bytes)
    }

    /// Imports a file's content.
    ///
    /// # Errors
    /// [`ImportError`], which names the node, tensor or property at fault.
    pub fn from_bytes(mut bytes: &[u8]) -> Result<Self, ImportError> {
        let mut proto = tract_onnx::onnx()
            .proto_model_for_read(&mut bytes)
            .map_err(|error| ImportError::Protobuf {
                problem: error.to_string(),
            })?;
        let layers = import_graph(proto.graph.as_ref())?;
        // An input cannot be traced as an output: the interpreter would forget its shape.
        let computed = layers.layers.iter().map(|layer| layers.value(layer.output));
        let values = computed.filter(|value| value.traced).map(|value| Port {
            name: value.name.clone(),
            shape: value.shape.clone(),
        });
        let values: Vec<Port> = values.collect();
        let (operators, parameters) = proto.graph.as_ref().map_or_else(Default::default, count);
        trace_all(&mut proto, &layers, &values);
        let macs = layers.macs();
        let layers = fuse(layers);
        check_weights(&layers)?;
        Ok(Self {
            layers,
            values,
            operators,
            parameters,
            macs,
            reference: Reference::new(proto),
        })
    }

    /// The inputs, in order.
    pub fn inputs(&self) -> Vec<Port> {
        self.ports(&self.layers.inputs)
    }

    /// The outputs, in order.
    pub fn outputs(&self) -> Vec<Port> {
        self.ports(&self.layers.outputs)
    }

    fn ports(&self, ids: &[crate::layers::ValueId]) -> Vec<Port> {
        let values = ids.iter().map(|&id| self.layers.value(id));
        values
            .map(|value| Port {
                name: value.name.clone(),
                shape: value.shape.clone(),
            })
            .collect()
    }

    /// How often each operator occurs.
    pub fn operators(&self) -> &BTreeMap<String, usize> {
        &self.operators
    }

    /// Number of real constants.
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// Multiply-accumulates of all products and convolutions.
    pub fn macs(&self) -> u64 {
        self.macs
    }

    pub(crate) fn values(&self) -> &[Port] {
        &self.values
    }

    pub(crate) fn reference(&self) -> &Reference {
        &self.reference
    }
}

fn import_graph(graph: Option<&GraphProto>) -> Result<Layers, ImportError> {
    let wrong = |what, expected: &str, got: String| ImportError::Graph {
        what,
        expected: expected.to_owned(),
        got,
    };
    let Some(graph) = graph else {
        return Err(wrong("content", "a graph", "none".to_owned()));
    };
    if graph.node.len() > MAX_NODES {
        let expected = format!("at most {MAX_NODES}");
        return Err(wrong("nodes", &expected, graph.node.len().to_string()));
    }
    if !graph.sparse_initializer.is_empty() {
        return Err(wrong(
            "initialisers",
            "dense ones",
            "sparse ones".to_owned(),
        ));
    }
    let mut scope = Scope::new(graph)?;
    for node in &graph.node {
        operators::import_node(&mut scope, &Site { node })?;
    }
    if graph.output.is_empty() {
        return Err(wrong("outputs", "at least one", "none".to_owned()));
    }
    for output in &graph.output {
        match scope.values.get(&output.name) {
            Some(&id) => scope.layers.outputs.push(id),
            None => {
                let got = format!("`{}`", output.name);
                return Err(wrong(
                    "outputs",
                    "results of nodes that depend on inputs",
                    got,
                ));
            }
        }
    }
    Ok(scope.layers)
}

/// How often each operator occurs, and the number of real constants.
fn count(graph: &GraphProto) -> (BTreeMap<String, usize>, usize) {
    let mut operators = BTreeMap::new();
    for node in &graph.node {
        *operators.entry(node.op_type.clone()).or_insert(0) += 1;
    }
    let floats = graph
        .initializer
        .iter()
        .filter(|tensor| tensor.data_type != tract_onnx::pb::tensor_proto::DataType::Int64 as i32);
    let elements = floats.map(|tensor| tensor.dims.iter().product::<i64>());
    (operators, elements.sum::<i64>().max(0) as usize)
}

/// Gives the float model concrete input shapes and every value as an output.
fn trace_all(proto: &mut ModelProto, layers: &Layers, values: &[Port]) {
    use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
    use tract_onnx::pb::{TensorShapeProto, ValueInfoProto, type_proto};
    let Some(graph) = proto.graph.as_mut() else {
        return;
    };
    for input in &mut graph.input {
        let known = layers.inputs.iter().map(|&id| layers.value(id));
        let Some(value) = known.into_iter().find(|value| value.name == input.name) else {
            continue;
        };
        if let Some(type_proto::Value::TensorType(tensor)) =
            input.r#type.as_mut().and_then(|t| t.value.as_mut())
        {
            let dims = value.shape.iter().map(|&dim| Dimension {
                value: Some(dimension::Value::DimValue(dim as i64)),
                ..Dimension::default()
            });
            tensor.shape = Some(TensorShapeProto {
                dim: dims.collect(),
            });
        }
    }
    // Declared intermediate shapes may still name the batch axis.
    graph.value_info.clear();
    graph.output = values
        .iter()
        .map(|value| ValueInfoProto {
            name: value.name.clone(),
            ..ValueInfoProto::default()
        })
        .collect();
}

/// Folding multiplies weights: they must have stayed finite.
fn check_weights(layers: &Layers) -> Result<(), ImportError> {
    for layer in &layers.layers {
        let weights = match &layer.operation {
            Operation::MatMul(weights) => weights,
            Operation::Conv(conv) => &conv.weights,
            _ => continue,
        };
        let mut all = weights.data.iter().chain(weights.bias.iter().flatten());
        if let Some(value) = all.find(|value| !value.is_finite()) {
            return Err(ImportError::Node {
                node: layer.name.clone(),
                operator: layer.operator.clone(),
                what: "folded weights".to_owned(),
                expected: "finite numbers".to_owned(),
                got: value.to_string(),
            });
        }
    }
    Ok(())
}
