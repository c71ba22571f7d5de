//! Every operator: integers agree with floats, and the program is valid.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use bytes::Bytes;
use common::{Net, check, check_with, float, float_tensor, int, ints, launches, text};
use kernelwise_frontend::{OnnxModel, QuantiseOptions, QuantisedModel};
use tract_onnx::pb::AttributeProto;
use tract_onnx::pb::attribute_proto::AttributeType;

/// Rounding inputs and outputs to 8 bits, through one operator.
const ROUNDING: f64 = 0.02;
/// The same through several layers.
const DEEP: f64 = 0.04;
/// Nothing but the rounding of inputs.
const MOVED: f64 = 0.005;

#[test]
fn gemm() {
    for (trans_b, dims) in [(0, [12, 5]), (1, [5, 12])] {
        let net = Net::new(&[&[3, 12]])
            .weights("w", &dims)
            .weights("b", &[5])
            .node(
                "Gemm",
                "x0 w b -> y",
                &[
                    float("alpha", 0.5),
                    float("beta", 2.0),
                    int("transB", trans_b),
                ],
            );
        check(net, ROUNDING);
    }
    let transposed =
        Net::new(&[&[12, 3]])
            .weights("w", &[12, 5])
            .node("Gemm", "x0 w -> y", &[int("transA", 1)]);
    check(transposed, ROUNDING);
}

#[test]
fn layers_of_products() {
    let net = Net::new(&[&[1, 12]])
        .weights("w1", &[12, 20])
        .weights("b1", &[20])
        .weights("w2", &[20, 4])
        .weights("b2", &[4])
        .node("Gemm", "x0 w1 b1 -> h", &[])
        .node("Relu", "h -> r", &[])
        .node("MatMul", "r w2 -> m", &[])
        .node("Add", "m b2 -> y", &[]);
    let model = check(net, DEEP);
    assert_eq!(launches(&model, "rescale"), 1);
    assert_eq!(launches(&model, "linear"), 2);
}

#[test]
fn matmul_of_a_batch() {
    let net = Net::new(&[&[2, 3, 8]])
        .weights("w", &[8, 5])
        .node("MatMul", "x0 w -> y", &[]);
    check(net, ROUNDING);
}

#[test]
fn a_flattening_before_a_product_costs_nothing() {
    let net = Net::new(&[&[1, 3, 4, 5]])
        .weights("w", &[60, 7])
        .node("Relu", "x0 -> r", &[])
        .node("Flatten", "r -> f", &[])
        .node("Gemm", "f w -> y", &[]);
    let model = check(net, ROUNDING);
    assert_eq!(launches(&model, "reshape"), 0);
}

#[test]
fn convolutions() {
    let cases: &[&[AttributeProto]] = &[
        &[],
        &[ints("strides", &[2, 1]), ints("pads", &[1, 0, 2, 1])],
        &[ints("dilations", &[2, 2]), ints("pads", &[2, 2, 2, 2])],
        &[text("auto_pad", "SAME_UPPER"), ints("strides", &[2, 2])],
        &[text("auto_pad", "SAME_LOWER")],
        &[text("auto_pad", "VALID")],
    ];
    for attributes in cases {
        let net = Net::new(&[&[2, 3, 8, 7]])
            .weights("w", &[4, 3, 3, 2])
            .weights("b", &[4])
            .node("Conv", "x0 w b -> c", attributes)
            .node("Relu", "c -> y", &[]);
        check(net, ROUNDING);
    }
    let grouped = Net::new(&[&[1, 4, 6, 6]]).weights("w", &[6, 2, 3, 3]).node(
        "Conv",
        "x0 w -> y",
        &[int("group", 2)],
    );
    check(grouped, ROUNDING);
    let one_axis = Net::new(&[&[1, 3, 16]])
        .weights("w", &[4, 3, 5])
        .weights("v", &[2, 4, 3])
        .node("Conv", "x0 w -> c", &[ints("pads", &[2, 2])])
        .node("Relu", "c -> r", &[])
        .node("Conv", "r v -> y", &[ints("strides", &[2])]);
    check(one_axis, DEEP);
}

#[test]
fn batch_normalisation() {
    let base = |net: Net| {
        net.positive("g", &[4])
            .weights("b", &[4])
            .weights("m", &[4])
            .positive("v", &[4])
    };
    let folded = base(Net::new(&[&[1, 3, 6, 6]]).weights("w", &[4, 3, 3, 3]))
        .node("Conv", "x0 w -> c", &[])
        .node("BatchNormalization", "c g b m v -> n", &[])
        .node("Relu", "n -> y", &[]);
    let model = check(folded, ROUNDING);
    assert_eq!(launches(&model, "rescale"), 1);
    let alone = base(Net::new(&[&[1, 4, 6, 6]]))
        .node("BatchNormalization", "x0 g b m v -> n", &[])
        .node("Relu", "n -> y", &[]);
    check(alone, ROUNDING);
    let last = base(Net::new(&[&[1, 4, 6, 6]])).node("BatchNormalization", "x0 g b m v -> y", &[]);
    check(last, ROUNDING);
}

#[test]
fn activations() {
    let bounds = [float("min", -0.25), float("max", 0.5)];
    for (operator, attributes) in [("Relu", &[][..]), ("LeakyRelu", &[float("alpha", 0.25)])] {
        let alone = Net::new(&[&[3, 7]]).node(operator, "x0 -> y", attributes);
        check(alone, ROUNDING);
        let fused = Net::new(&[&[3, 7]])
            .weights("w", &[7, 6])
            .node("MatMul", "x0 w -> h", &[])
            .node(operator, "h -> y", attributes);
        let model = check(fused, ROUNDING);
        assert_eq!(launches(&model, "lookup"), 1);
    }
    // From operator set 11 on, bounds are inputs.
    let clip = |net: Net, x: &str| {
        net.constant("lo", &[], &[-0.25])
            .constant("hi", &[], &[0.5])
            .node("Clip", &format!("{x} lo hi -> y"), &[])
    };
    check(clip(Net::new(&[&[3, 7]]), "x0"), ROUNDING);
    let product = Net::new(&[&[3, 7]])
        .weights("w", &[7, 6])
        .node("MatMul", "x0 w -> h", &[]);
    check(clip(product, "h"), ROUNDING);
    let mut old = Net::new(&[&[3, 7]]).node("Clip", "x0 -> y", &bounds);
    old.proto.opset_import[0].version = 9;
    check(old, ROUNDING);
}

#[test]
fn max_pools() {
    let cases: &[&[AttributeProto]] = &[
        &[ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])],
        &[
            ints("kernel_shape", &[3, 2]),
            ints("strides", &[2, 1]),
            ints("pads", &[1, 0, 1, 1]),
        ],
        &[ints("kernel_shape", &[2, 2]), ints("dilations", &[2, 3])],
        &[
            ints("kernel_shape", &[3, 3]),
            ints("strides", &[2, 2]),
            int("ceil_mode", 1),
        ],
        &[ints("kernel_shape", &[5, 5]), ints("pads", &[2, 2, 2, 2])],
    ];
    for attributes in cases {
        let net = Net::new(&[&[2, 3, 8, 9]]).node("MaxPool", "x0 -> y", attributes);
        check(net, MOVED);
    }
}

#[test]
fn an_activation_after_a_pool_moves_in_front_of_it() {
    let net = Net::new(&[&[1, 2, 8, 8]])
        .weights("w", &[3, 2, 3, 3])
        .node("Conv", "x0 w -> c", &[])
        .node(
            "MaxPool",
            "c -> p",
            &[ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])],
        )
        .node("Relu", "p -> y", &[]);
    let model = check(net, ROUNDING);
    assert_eq!(launches(&model, "lookup"), 1);
}

#[test]
fn average_pools() {
    for include in [0, 1] {
        for ceil in [0, 1] {
            let attributes = [
                ints("kernel_shape", &[3, 2]),
                ints("strides", &[2, 2]),
                ints("pads", &[1, 0, 1, 1]),
                int("count_include_pad", include),
                int("ceil_mode", ceil),
            ];
            let inner = Net::new(&[&[1, 3, 8, 9]])
                .node("AveragePool", "x0 -> a", &attributes)
                .node("Relu", "a -> y", &[]);
            check(inner, ROUNDING);
            let last = Net::new(&[&[1, 3, 7, 9]]).node("AveragePool", "x0 -> y", &attributes);
            check(last, 2.0 * MOVED);
        }
    }
    let global = Net::new(&[&[1, 3, 5, 7]])
        .weights("w", &[3, 4])
        .node("GlobalAveragePool", "x0 -> a", &[])
        .node("Flatten", "a -> f", &[])
        .node("Gemm", "f w -> y", &[]);
    check(global, DEEP);
}

#[test]
fn sums_and_scales() {
    let residual = Net::new(&[&[1, 3, 4, 4]])
        .weights("w", &[3, 3, 3, 3])
        .node("Conv", "x0 w -> c", &[ints("pads", &[1, 1, 1, 1])])
        .node("Add", "c x0 -> s", &[])
        .node("Relu", "s -> y", &[]);
    check(residual, DEEP);
    let broadcast = Net::new(&[&[2, 3, 4], &[3, 1]]).node("Sub", "x0 x1 -> y", &[]);
    check(broadcast, ROUNDING);
    let from_constant = Net::new(&[&[2, 3, 4]])
        .weights("c", &[2, 1, 4])
        .node("Sub", "c x0 -> d", &[])
        .node("Relu", "d -> y", &[]);
    check(from_constant, ROUNDING);
    for dims in [&[][..], &[3, 1], &[4]] {
        for operator in ["Mul", "Div"] {
            let net = Net::new(&[&[2, 3, 4]])
                .positive("c", dims)
                .node(operator, "x0 c -> s", &[])
                .node("Relu", "s -> y", &[]);
            check(net, ROUNDING);
        }
    }
    let left = Net::new(&[&[2, 3, 4]])
        .weights("c", &[3, 1])
        .node("Mul", "c x0 -> y", &[]);
    check(left, ROUNDING);
    let twice = Net::new(&[&[2, 3]]).node("Add", "x0 x0 -> y", &[]);
    check(twice, ROUNDING);
}

#[test]
fn movements() {
    let base = || Net::new(&[&[2, 3, 4]]).node("Relu", "x0 -> r", &[]);
    check(
        base().node("Transpose", "r -> y", &[ints("perm", &[2, 0, 1])]),
        MOVED,
    );
    check(base().node("Transpose", "r -> y", &[]), MOVED);
    check(base().node("Flatten", "r -> y", &[int("axis", 2)]), MOVED);
    check(
        base()
            .shape("s", &[0, -1, 2])
            .node("Reshape", "r s -> y", &[]),
        MOVED,
    );
    check(
        base()
            .shape("a", &[0, 2])
            .node("Unsqueeze", "r a -> y", &[]),
        MOVED,
    );
    check(
        Net::new(&[&[2, 1, 4, 1]])
            .shape("a", &[1])
            .node("Squeeze", "x0 a -> y", &[]),
        MOVED,
    );
    check(
        Net::new(&[&[2, 1, 4, 1]]).node("Squeeze", "x0 -> y", &[]),
        MOVED,
    );
    check(
        base()
            .shape("p", &[0, 1, 2, 1, 0, 3])
            .node("Pad", "r p -> y", &[]),
        MOVED,
    );
    check(
        base()
            .node("Identity", "r -> i", &[])
            .node("Dropout", "i -> y", &[]),
        MOVED,
    );
    let model = check(base().node("Concat", "r r -> y", &[int("axis", 1)]), MOVED);
    assert_eq!(launches(&model, "rescale"), 0);
    let other_scale = base()
        .constant("c", &[], &[0.3])
        .node("Mul", "x0 c -> s", &[])
        .node("Concat", "r s -> k", &[int("axis", -1)])
        .node("Relu", "k -> y", &[]);
    check(other_scale, ROUNDING);
}

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

/// Along every axis, kept or not; the first of equal ones, which rounding makes of near ones.
#[test]
fn arg_max() {
    for (dims, axis, keep) in [
        (&[1i64, 10][..], 1, 1),
        (&[1, 10], -1, 0),
        (&[3, 5, 4], 1, 1),
        (&[3, 5, 4], 0, 0),
        (&[7], 0, 0),
    ] {
        let attributes = [int("axis", axis), int("keepdims", keep)];
        let net = Net::new(&[dims]).node("ArgMax", "x0 -> y", &attributes);
        let model = net.model();
        // Far apart, so that rounding changes nothing.
        let len = dims.iter().product::<i64>() as usize;
        let values: Vec<f32> = (0..len).map(|i| ((i * 7 + 3) % len) as f32).collect();
        let calibration = model.calibrate([&[values.clone()][..]]).unwrap();
        let quantised =
            kernelwise_frontend::quantise(&model, &calibration, &QuantiseOptions::default());
        let quantised = quantised.unwrap();
        assert_eq!(launches(&quantised, "circuit"), 1);
        let integers = quantised
            .quantise_inputs(std::slice::from_ref(&values))
            .unwrap();
        let execution = quantised.execute(&integers.values).unwrap();
        let expected = model.float_run(&[values]).unwrap();
        let got = quantised.dequantise_outputs(&execution.outputs());
        assert_eq!(got, expected, "{dims:?} {axis} {keep}");
    }
}

/// What only an arg-max reads is compared as it is, not rounded first.
#[test]
fn arg_max_of_a_product_is_exact() {
    let net = Net::new(&[&[1, 12]])
        .weights("w", &[12, 10])
        .node("MatMul", "x0 w -> l", &[])
        .node("ArgMax", "l -> y", &[int("axis", 1)]);
    // The index may be another where two results are near.
    let model = check(net, 1.0);
    let count = |kernel| launches(&model, kernel);
    assert_eq!((count("rescale"), count("circuit")), (0, 1));
    let logits = model.trace().iter().find(|traced| traced.value == "l");
    let logits = logits.unwrap().tensor;
    for seed in 0..20 {
        let input: Vec<i64> = (0..12).map(|i| (i * 37 + seed * 11) % 255 - 127).collect();
        let execution = model.execute(&[input]).unwrap();
        let values = execution.tensor(logits).unwrap();
        let largest = values.iter().max().unwrap();
        let expected = values.iter().position(|value| value == largest).unwrap();
        assert_eq!(execution.outputs(), [[expected as i64]]);
    }
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
