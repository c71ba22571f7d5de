//! Small ONNX models written by hand, and the comparison of their integers with their floats.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by several tests")]

use kernelwise_frontend::{OnnxModel, QuantiseOptions, QuantisedModel, quantise};
use prost::Message;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto, type_proto,
};

/// Deterministic numbers in −1..1.
pub struct Noise(u64);

impl Noise {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u32 << 23) as f32 - 1.0
    }

    pub fn take(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.next()).collect()
    }
}

pub fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::Ints as i32,
        ints: values.to_vec(),
        ..Default::default()
    }
}

pub fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::Int as i32,
        i: value,
        ..Default::default()
    }
}

pub fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::Float as i32,
        f: value,
        ..Default::default()
    }
}

pub fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        r#type: AttributeType::String as i32,
        s: value.as_bytes().to_vec(),
        ..Default::default()
    }
}

pub fn float_tensor(name: &str, dims: &[i64], values: Vec<f32>) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: DataType::Float as i32,
        float_data: values,
        ..Default::default()
    }
}

/// A model with inputs `x0`, `x1`, …; the last node's first result is the output.
pub struct Net {
    pub proto: ModelProto,
    noise: Noise,
}

impl Net {
    pub fn new(inputs: &[&[i64]]) -> Self {
        let graph = GraphProto {
            input: (0..)
                .zip(inputs)
                .map(|(index, dims)| port(&format!("x{index}"), dims))
                .collect(),
            ..Default::default()
        };
        let opset = OperatorSetIdProto {
            version: 13,
            ..Default::default()
        };
        let proto = ModelProto {
            ir_version: 7,
            opset_import: vec![opset],
            graph: Some(graph),
            ..Default::default()
        };
        Self {
            proto,
            noise: Noise::new(7),
        }
    }

    pub fn graph(&mut self) -> &mut GraphProto {
        self.proto.graph.as_mut().unwrap()
    }

    /// Adds noise as a constant.
    pub fn weights(mut self, name: &str, dims: &[i64]) -> Self {
        let count = dims.iter().product::<i64>() as usize;
        let values = self.noise.take(count);
        self.graph()
            .initializer
            .push(float_tensor(name, dims, values));
        self
    }

    /// Adds positive noise as a constant.
    pub fn positive(mut self, name: &str, dims: &[i64]) -> Self {
        let count = dims.iter().product::<i64>() as usize;
        let values = self.noise.take(count).iter().map(|v| 1.1 + v).collect();
        self.graph()
            .initializer
            .push(float_tensor(name, dims, values));
        self
    }

    pub fn constant(mut self, name: &str, dims: &[i64], values: &[f32]) -> Self {
        self.graph()
            .initializer
            .push(float_tensor(name, dims, values.to_vec()));
        self
    }

    pub fn shape(mut self, name: &str, values: &[i64]) -> Self {
        self.graph().initializer.push(TensorProto {
            name: name.into(),
            dims: vec![values.len() as i64],
            data_type: DataType::Int64 as i32,
            int64_data: values.to_vec(),
            ..Default::default()
        });
        self
    }

    /// Adds a node: `"a b -> y"`.
    pub fn node(mut self, operator: &str, wires: &str, attribute: &[AttributeProto]) -> Self {
        let (inputs, outputs) = wires.split_once("->").unwrap();
        let names = |names: &str| -> Vec<String> {
            let names = names.split_whitespace();
            names.map(|n| n.replace('_', "")).collect()
        };
        let node = NodeProto {
            op_type: operator.into(),
            name: format!("{operator}{}", self.graph().node.len()),
            input: names(inputs),
            output: names(outputs),
            attribute: attribute.to_vec(),
            ..Default::default()
        };
        self.graph().node.push(node);
        self
    }

    pub fn bytes(mut self) -> Vec<u8> {
        let graph = self.graph();
        if graph.output.is_empty() {
            let last = graph.node.last().unwrap().output[0].clone();
            graph.output.push(ValueInfoProto {
                name: last,
                ..Default::default()
            });
        }
        self.proto.encode_to_vec()
    }

    pub fn model(self) -> OnnxModel {
        OnnxModel::from_bytes(&self.bytes()).unwrap()
    }
}

pub fn port(name: &str, dims: &[i64]) -> ValueInfoProto {
    let dims = dims.iter().map(|&dim| Dimension {
        value: Some(dimension::Value::DimValue(dim)),
        ..Default::default()
    });
    let tensor = type_proto::Tensor {
        elem_type: DataType::Float as i32,
        shape: Some(TensorShapeProto {
            dim: dims.collect(),
        }),
    };
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto {
            value: Some(type_proto::Value::TensorType(tensor)),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Eight samples of noise.
pub fn samples(model: &OnnxModel) -> Vec<Vec<Vec<f32>>> {
    let mut noise = Noise::new(11);
    let sample = |_| {
        let inputs = model.inputs();
        inputs.iter().map(|port| noise.take(port.len())).collect()
    };
    (0..8).map(sample).collect()
}

/// Quantises a model on noise and compares it with the float model on the same noise.
///
/// The largest error must stay below `tolerance` times the largest output.
pub fn check(net: Net, tolerance: f64) -> QuantisedModel {
    check_with(net, tolerance, &QuantiseOptions::default())
}

pub fn check_with(net: Net, tolerance: f64, options: &QuantiseOptions) -> QuantisedModel {
    let model = net.model();
    let samples = samples(&model);
    let calibration = model.calibrate(samples.iter().map(Vec::as_slice)).unwrap();
    let quantised = quantise(&model, &calibration, options).unwrap();
    let as_written = QuantiseOptions {
        rewrite: false,
        ..options.clone()
    };
    let written = quantise(&model, &calibration, &as_written).unwrap();
    let launches = |model: &QuantisedModel| model.program().graph().launches.len();
    assert!(launches(&quantised) <= launches(&written));
    let (mut error, mut largest) = (0f64, 0f64);
    for sample in &samples {
        let floats = model.float_run(sample).unwrap();
        let inputs = quantised.quantise_inputs(sample).unwrap();
        assert_eq!(inputs.saturated, 0);
        let execution = quantised.execute(&inputs.values).unwrap();
        let unpatched = written.execute(&inputs.values).unwrap();
        assert_eq!(execution.outputs(), unpatched.outputs());
        let integers = quantised.dequantise_outputs(&execution.outputs());
        assert_eq!(floats.len(), integers.len());
        for (floats, integers) in floats.iter().zip(&integers) {
            assert_eq!(floats.len(), integers.len());
            for (float, integer) in floats.iter().zip(integers) {
                error = error.max(f64::from((float - integer).abs()));
                largest = largest.max(f64::from(float.abs()));
            }
        }
    }
    assert!(largest > 0.0);
    assert!(
        error <= tolerance * largest,
        "error {error} of {largest}, part {}",
        error / largest
    );
    check_extremes(&quantised);
    quantised
}

/// No input within the declared ranges may leave the domain of a table, whatever the samples were.
fn check_extremes(quantised: &QuantisedModel) {
    let graph = quantised.program().graph();
    let mut noise = Noise::new(13);
    for corner in 0..6 {
        let inputs = graph.inputs.iter().map(|id| {
            let tensor = &graph.tensors[id.0 as usize];
            let mut at_corner = |_| match corner {
                0 => tensor.range.lo,
                1 => tensor.range.hi,
                _ if noise.next() < 0.0 => tensor.range.lo,
                _ => tensor.range.hi,
            };
            (0..tensor.shape.len()).map(&mut at_corner).collect()
        });
        let inputs: Vec<Vec<i64>> = inputs.collect();
        quantised.execute(&inputs).unwrap();
    }
}

/// How many launches of a kernel a program has.
pub fn launches(model: &QuantisedModel, kernel: &str) -> usize {
    let launches = model.program().graph().launches.iter();
    let names = launches.map(|launch| launch.kernel.relation().name());
    names.filter(|&name| name == kernel).count()
}
