//! Whole models: their inputs, widths, stored form, and what is found equal or dead in them.

use bytes::Bytes;
use kernelwise_frontend::{OnnxModel, QuantiseOptions, QuantisedModel};
use tract_onnx::pb::AttributeProto;
use tract_onnx::pb::attribute_proto::AttributeType;

use crate::common::{Net, check, check_with, float_tensor, ints, launches};
use crate::{DEEP, MOVED, ROUNDING};

#[test]
fn inputs_can_be_outputs() {
    check(Net::new(&[&[2, 3]]).node("Identity", "x0 -> y", &[]), MOVED);
}

#[test]
fn constants_from_nodes() {
    let value = AttributeProto {
        name: "value".into(),
        r#type: AttributeType::Tensor as i32,
        t: Some(float_tensor(
            "",
            &[3, 2],
            vec![1.0, -2.0, 0.5, 0.25, 3.0, -1.0],
        )),
        ..Default::default()
    };
    let net = Net::new(&[&[4, 3]])
        .node("Constant", "-> w", &[value])
        .node("MatMul", "x0 w -> y", &[]);
    check(net, ROUNDING);
}

#[test]
fn a_dynamic_batch_counts_as_one() {
    let net = Net::new(&[&[-1, 6]])
        .weights("w", &[6, 3])
        .node("Gemm", "x0 w -> y", &[]);
    assert_eq!(
        check(net, ROUNDING).program().graph().tensors[0]
            .shape
            .dims(),
        [1, 6]
    );
}

#[test]
fn other_widths() {
    let net = || {
        Net::new(&[&[1, 12]])
            .weights("w1", &[12, 10])
            .weights("w2", &[10, 4])
            .node("Gemm", "x0 w1 -> h", &[])
            .node("Relu", "h -> r", &[])
            .node("Gemm", "r w2 -> y", &[])
    };
    for (activation_bits, tolerance) in [(4, 0.25), (6, 0.08), (12, 0.02), (16, 0.02)] {
        for range_bits in [None, Some(9), Some(16)] {
            let options = QuantiseOptions {
                activation_bits,
                range_bits,
                ..QuantiseOptions::default()
            };
            check_with(net(), tolerance, &options);
        }
    }
}

#[test]
fn stored_models_are_the_same() {
    let net = Net::new(&[&[1, 6]])
        .weights("w", &[6, 3])
        .weights("b", &[3])
        .node("Gemm", "x0 w b -> h", &[])
        .node("Relu", "h -> y", &[]);
    let model = check(net, ROUNDING);
    let payload = Bytes::from(model.encode().unwrap());
    let read = QuantisedModel::decode(&payload).unwrap();
    assert_eq!(model.program().digest(), read.program().digest());
    assert_eq!(model.parameters(), read.parameters());
    assert_eq!(model.report(), read.report());
    // Weights are where they were stored, aligned for any integer.
    let stored = payload.as_ptr_range();
    for values in read.parameters().values() {
        let start = values.bytes().as_ptr();
        assert!(stored.contains(&start));
        assert_eq!((start as usize - stored.start as usize) % 16, 0);
    }
    // A program with a weight missing is none, nor one with something in gaps or behind it.
    for len in 0..payload.len() {
        assert!(QuantisedModel::decode(&payload.slice(..len)).is_err());
    }
    let longer = [&payload[..], &[0]].concat();
    assert!(QuantisedModel::decode(&longer.into()).is_err());
    let ends = read.parameters().values().map(|values| {
        let bytes = values.bytes();
        bytes.as_ptr() as usize + bytes.len() - stored.start as usize
    });
    let gaps = ends.filter(|&end| !end.is_multiple_of(16) && end < payload.len());
    let gaps: Vec<usize> = gaps.collect();
    assert!(!gaps.is_empty());
    for gap in gaps {
        let mut filled = payload.to_vec();
        filled[gap] = 1;
        assert!(QuantisedModel::decode(&filled.into()).is_err());
    }
    // No length is believed: neither that of the head nor, behind it, the count of any parameter.
    for byte in 0..payload.len() {
        let mut changed = payload.to_vec();
        changed[byte] = 0xff;
        let _ = QuantisedModel::decode(&changed.into());
    }
}

#[test]
fn saturated_inputs_are_counted_and_others_refused() {
    let net = Net::new(&[&[1, 3]]).node("Relu", "x0 -> y", &[]);
    let model: OnnxModel = net.model();
    let samples = [vec![vec![1.0, -1.0, 0.5]]];
    let calibration = model.calibrate(samples.iter().map(Vec::as_slice)).unwrap();
    let quantised =
        kernelwise_frontend::quantise(&model, &calibration, &QuantiseOptions::default()).unwrap();
    let inputs = quantised.quantise_inputs(&[vec![2.0, -1.0, -7.0]]).unwrap();
    assert_eq!(inputs.saturated, 2);
    assert_eq!(inputs.values, [[127, -127, -127]]);
    for wrong in [
        vec![],
        vec![vec![1.0, 2.0]],
        vec![vec![f32::NAN, 0.0, 0.0]],
        vec![vec![0.0, f32::INFINITY, 0.0]],
    ] {
        assert!(quantised.quantise_inputs(&wrong).is_err());
        assert!(model.float_run(&wrong).is_err());
    }
}

#[test]
fn dead_channels_and_layers_of_zeros() {
    let mut zeros = vec![0.0; 6 * 4];
    for row in 0..6 {
        zeros[row * 4 + 1] = 0.5;
        zeros[row * 4 + 2] = 1e-6;
    }
    let net = Net::new(&[&[1, 6]])
        .constant("w", &[6, 4], &zeros)
        .constant("b", &[4], &[0.5, 0.0, 1.0, -0.5])
        .weights("v", &[4, 3])
        .node("Gemm", "x0 w b -> h", &[])
        .node("Relu", "h -> r", &[])
        .node("Gemm", "r v -> y", &[]);
    check(net, ROUNDING);
    for last in [false, true] {
        let net = Net::new(&[&[1, 6]])
            .constant("w", &[6, 3], &[0.0; 18])
            .constant("b", &[3], &[0.5, 0.0, -2.0])
            .node("Gemm", "x0 w b -> h", &[]);
        let net = if last {
            net
        } else {
            net.node("Relu", "h -> y", &[])
        };
        check(net, ROUNDING);
    }
}

#[test]
fn a_small_residual_network() {
    let mut net = Net::new(&[&[1, 3, 12, 12]])
        .weights("w", &[8, 3, 3, 3])
        .node("Conv", "x0 w -> c", &[ints("pads", &[1, 1, 1, 1])])
        .node("Relu", "c -> a0", &[]);
    for block in 0..3 {
        let (x, y) = (format!("a{block}"), format!("a{}", block + 1));
        net = net
            .weights(&format!("w{block}"), &[8, 8, 3, 3])
            .positive(&format!("g{block}"), &[8])
            .weights(&format!("b{block}"), &[8])
            .weights(&format!("m{block}"), &[8])
            .positive(&format!("v{block}"), &[8])
            .node(
                "Conv",
                &format!("{x} w{block} -> c{block}"),
                &[ints("pads", &[1, 1, 1, 1])],
            )
            .node(
                "BatchNormalization",
                &format!("c{block} g{block} b{block} m{block} v{block} -> n{block}"),
                &[],
            )
            .node("Add", &format!("n{block} {x} -> s{block}"), &[])
            .node("Relu", &format!("s{block} -> {y}"), &[]);
    }
    let net = net
        .weights("f", &[8, 5])
        .node("GlobalAveragePool", "a3 -> p", &[])
        .node("Flatten", "p -> q", &[])
        .node("Gemm", "q f -> y", &[]);
    check(net, DEEP);
}

/// What an importer writes operator by operator is rewritten as any other program is.
#[test]
fn equal_launches_and_chains_of_moves_are_found() {
    let net = || {
        Net::new(&[&[3, 4]])
            .node("Relu", "x0 -> a", &[])
            .node("Relu", "x0 -> b", &[])
            .node("Transpose", "a -> t", &[ints("perm", &[1, 0])])
            .node("Transpose", "t -> u", &[ints("perm", &[1, 0])])
            .node("Add", "u b -> y", &[])
    };
    let model = check(net(), ROUNDING);
    let as_written = QuantiseOptions {
        rewrite: false,
        ..QuantiseOptions::default()
    };
    let written = check_with(net(), ROUNDING, &as_written);
    let count = |model, kernel| launches(model, kernel);
    assert_eq!(count(&written, "lookup") - count(&model, "lookup"), 1);
    assert!(count(&written, "linear") > count(&model, "linear"));
    // Nothing is left of the transposes, the second activation is the first.
    let gone = |value: &str| model.trace().iter().all(|traced| traced.value != value);
    assert!(gone("t"), "{:?}", model.trace());
}
