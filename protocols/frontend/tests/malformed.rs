//! Files that are no models: typed errors that say what is wrong, and never a panic.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use common::{Net, float_tensor, int, ints, port, samples};
use kernelwise_frontend::{ImportError, OnnxModel, QuantiseError, QuantiseOptions, quantise};
use proptest::prelude::*;
use tract_onnx::pb::tensor_proto::{DataLocation, DataType};
use tract_onnx::pb::{ModelProto, type_proto};

fn small() -> Net {
    Net::new(&[&[1, 2, 6, 6]])
        .weights("w", &[3, 2, 3, 3])
        .weights("b", &[3])
        .shape("s", &[1, -1])
        .weights("v", &[12, 4])
        .node("Conv", "x0 w b -> c", &[ints("pads", &[1, 1, 1, 1])])
        .node("Relu", "c -> r", &[])
        .node(
            "MaxPool",
            "r -> p",
            &[ints("kernel_shape", &[3, 3]), ints("strides", &[3, 3])],
        )
        .node("Reshape", "p s -> f", &[])
        .node("Gemm", "f v -> y", &[int("transB", 0)])
}

/// Everything that a file passes through.
fn process(bytes: &[u8]) {
    let Ok(model) = OnnxModel::from_bytes(bytes) else {
        return;
    };
    let samples = samples(&model);
    let Ok(calibration) = model.calibrate(samples.iter().take(2).map(Vec::as_slice)) else {
        return;
    };
    let Ok(quantised) = quantise(&model, &calibration, &QuantiseOptions::default()) else {
        return;
    };
    let inputs = quantised.quantise_inputs(&samples[0]).unwrap();
    quantised.execute(&inputs.values).unwrap();
}

#[test]
fn every_truncation_is_handled() {
    let bytes = small().bytes();
    process(&bytes);
    for len in 0..bytes.len() {
        process(&bytes[..len]);
    }
    assert!(OnnxModel::from_bytes(&[]).is_err());
}

proptest! {
    #[test]
    fn random_bytes_are_no_model(bytes: Vec<u8>) {
        prop_assert!(OnnxModel::from_bytes(&bytes).is_err());
    }

    #[test]
    fn changed_bytes_never_panic(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = small().bytes();
        for (index, value) in changes {
            let index = index.index(bytes.len());
            bytes[index] = value;
        }
        process(&bytes);
    }
}

fn import_error(net: Net) -> ImportError {
    OnnxModel::from_bytes(&net.bytes()).unwrap_err()
}

#[test]
fn a_missing_file_is_named() {
    let error = OnnxModel::from_path("no/such/model.onnx").unwrap_err();
    assert!(error.to_string().contains("no/such/model.onnx"));
}

#[test]
fn an_unknown_operator_is_named_with_those_that_are_known() {
    let error = import_error(Net::new(&[&[1, 4]]).node("Softmax", "x0 -> y", &[]));
    let ImportError::Operator { node, operator, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((node.as_str(), operator.as_str()), ("Softmax0", "Softmax"));
    let text = error.to_string();
    assert!(text.contains("Conv, ") && text.contains("Gemm, "), "{text}");
}

#[test]
fn wrong_uses_are_errors_of_their_node() {
    let two = || Net::new(&[&[2, 3], &[2, 3]]);
    let image = || Net::new(&[&[1, 2, 6, 6]]);
    let nets = [
        two().node("MatMul", "x0 x1 -> y", &[]),
        two().node("Mul", "x0 x1 -> y", &[]),
        two().node("Relu", "nothing -> y", &[]),
        two().node("Relu", "x0 -> x1", &[]),
        two().node("Concat", "x0 x1 -> y", &[int("axis", 5)]),
        two().shape("s", &[4, 4]).node("Reshape", "x0 s -> y", &[]),
        two()
            .shape("s", &[-1, -1])
            .node("Reshape", "x0 s -> y", &[]),
        two()
            .shape("p", &[0, 1 << 40, 0, 0])
            .node("Pad", "x0 p -> y", &[]),
        two()
            .constant("c", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
            .node("Mul", "x0 c -> y", &[]),
        two()
            .constant("c", &[], &[0.0])
            .node("Div", "x0 c -> y", &[]),
        image()
            .weights("w", &[3, 5, 3, 3])
            .node("Conv", "x0 w -> y", &[]),
        image()
            .weights("w", &[3, 2, 9, 9])
            .node("Conv", "x0 w -> y", &[]),
        image()
            .weights("w", &[3, 2, 3, 3])
            .node("Conv", "x0 w -> y", &[ints("strides", &[0, 1])]),
        image()
            .weights("w", &[3, 2, 3, 3])
            .node("Conv", "x0 w -> y", &[int("strides", 1)]),
        image().node("MaxPool", "x0 -> y", &[]),
        image().node(
            "MaxPool",
            "x0 -> y",
            &[ints("kernel_shape", &[2, 2]), ints("pads", &[3, 0, 0, 0])],
        ),
        image().node("Transpose", "x0 -> y", &[ints("perm", &[0, 0, 1, 2])]),
    ];
    for net in nets {
        let error = import_error(net);
        assert!(matches!(error, ImportError::Node { .. }), "{error}");
    }
}

#[test]
fn wrong_tensors_are_named() {
    let product = |values: Vec<f32>| {
        let mut net = Net::new(&[&[1, 2]]).node("MatMul", "x0 w -> y", &[]);
        net.graph()
            .initializer
            .push(float_tensor("w", &[2, 2], values));
        net
    };
    let mut external = product(vec![0.0; 4]);
    external.graph().initializer[0].data_location = Some(DataLocation::External as i32);
    let mut half = product(vec![0.0; 4]);
    half.graph().initializer[0].data_type = DataType::Float16 as i32;
    let mut integers = product(vec![0.0; 4]);
    if let Some(type_proto::Value::TensorType(tensor)) = integers.graph().input[0]
        .r#type
        .as_mut()
        .unwrap()
        .value
        .as_mut()
    {
        tensor.elem_type = DataType::Int64 as i32;
    }
    let mut untyped = product(vec![0.0; 4]);
    untyped.graph().input[0].r#type = None;
    let mut dynamic = product(vec![0.0; 4]);
    dynamic.graph().input[0] = port("x0", &[1, -1]);
    let mut huge = product(vec![0.0; 4]);
    huge.graph().input[0] = port("x0", &[1 << 20, 1 << 20]);
    let nets = [
        product(vec![0.0, f32::NAN, 0.0, 0.0]),
        product(vec![0.0, 0.0, f32::INFINITY, 0.0]),
        product(vec![0.0; 3]),
        external,
        half,
        integers,
        untyped,
        dynamic,
        huge,
    ];
    for net in nets {
        let error = import_error(net);
        assert!(matches!(error, ImportError::Tensor { .. }), "{error}");
    }
}

#[test]
fn graphs_without_content_are_refused() {
    let mut no_output = ModelProto::default();
    assert!(OnnxModel::from_bytes(&prost::Message::encode_to_vec(&no_output)).is_err());
    no_output.graph = Some(Default::default());
    assert!(OnnxModel::from_bytes(&prost::Message::encode_to_vec(&no_output)).is_err());
    let mut unknown = small();
    unknown.graph().output.push(port("nowhere", &[1]));
    assert!(matches!(import_error(unknown), ImportError::Graph { .. }));
}

#[test]
fn quantisation_needs_samples_and_sensible_options() {
    let model = small().model();
    let none = model.calibrate([]).unwrap();
    let error = quantise(&model, &none, &QuantiseOptions::default()).unwrap_err();
    assert!(
        matches!(error, QuantiseError::Calibration { .. }),
        "{error}"
    );
    let samples = samples(&model);
    let calibration = model.calibrate(samples.iter().map(Vec::as_slice)).unwrap();
    let small_table = QuantiseOptions {
        max_table_bits: 8,
        ..QuantiseOptions::default()
    };
    let error = quantise(&model, &calibration, &small_table).unwrap_err();
    assert!(matches!(error, QuantiseError::TableSize { .. }), "{error}");
    for options in [
        QuantiseOptions {
            activation_bits: 17,
            ..QuantiseOptions::default()
        },
        QuantiseOptions {
            range_bits: Some(7),
            ..QuantiseOptions::default()
        },
        QuantiseOptions {
            max_columns: Some(0),
            ..QuantiseOptions::default()
        },
    ] {
        let error = quantise(&model, &calibration, &options).unwrap_err();
        assert!(matches!(error, QuantiseError::Option { .. }), "{error}");
    }
}
