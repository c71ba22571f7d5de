//! Every operator: integers agree with floats, and the program is valid.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "../common/mod.rs"]
mod common;
mod models;

use common::{Net, check, float, int, ints, launches, text};
use kernelwise_frontend::QuantiseOptions;
use tract_onnx::pb::AttributeProto;

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
