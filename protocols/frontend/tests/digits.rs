//! The two digit classifiers: import, agreement with the float model, what quantisation chose.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use std::path::PathBuf;

use kernelwise_frontend::input::{parse_npy, read_sample};
use kernelwise_frontend::inspect::{ProgramSummary, layer_errors};
use kernelwise_frontend::{OnnxModel, QuantiseOptions, QuantisedModel, quantise};

fn example(name: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("../../examples/digits").join(name)
}

fn data(name: &str) -> Vec<f32> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(root.join("tests/data").join(name)).unwrap();
    parse_npy(&bytes).unwrap().values
}

/// 297 images with values in 0..1.
fn images() -> Vec<Vec<Vec<f32>>> {
    let pixels = data("digits28_images.npy");
    let images = pixels.chunks_exact(28 * 28);
    images
        .map(|image| vec![image.iter().map(|pixel| pixel / 255.0).collect()])
        .collect()
}

fn argmax(values: &[f32]) -> usize {
    let best = values.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.unwrap().0
}

fn load(name: &str) -> OnnxModel {
    OnnxModel::from_path(example(&format!("{name}.onnx"))).unwrap()
}

fn calibrated_by(model: &OnnxModel, samples: &[&str]) -> QuantisedModel {
    calibrated_with(model, samples, &QuantiseOptions::default())
}

fn calibrated_with(
    model: &OnnxModel,
    samples: &[&str],
    options: &QuantiseOptions,
) -> QuantisedModel {
    let samples = samples.iter();
    let samples: Vec<_> = samples
        .map(|name| read_sample(example(name)).unwrap().inputs)
        .collect();
    let calibration = model.calibrate(samples.iter().map(Vec::as_slice)).unwrap();
    quantise(model, &calibration, options).unwrap()
}

/// The part of every `step`-th image on which integers and floats choose the same digit.
fn agreement(model: &OnnxModel, quantised: &QuantisedModel, step: usize) -> f64 {
    let labels = data("digits28_labels.npy");
    let images: Vec<_> = images().into_iter().zip(labels).step_by(step).collect();
    let count = |images: &[(Vec<Vec<f32>>, f32)]| {
        let (mut agree, mut right) = (0, 0);
        for (image, label) in images {
            let float = model.float_run(image).unwrap();
            let inputs = quantised.quantise_inputs(image).unwrap();
            let execution = quantised.execute(&inputs.values).unwrap();
            let integer = quantised.dequantise_outputs(&execution.outputs());
            agree += usize::from(argmax(&float[0]) == argmax(&integer[0]));
            right += usize::from(argmax(&integer[0]) == *label as usize);
        }
        (agree, right)
    };
    // Each half on a thread of its own: the float interpreter is not optimised here.
    let (first, second) = images.split_at(images.len() / 2);
    let ((agree, right), (more, righter)) = std::thread::scope(|scope| {
        let second = scope.spawn(|| count(second));
        (count(first), second.join().unwrap())
    });
    let (agree, right) = (agree + more, right + righter);
    println!("agreement {agree}, right {right} of {}", images.len());
    agree as f64 / images.len() as f64
}

/// Rewriting the program's graph changes no output.
fn outputs_stay(model: &OnnxModel, quantised: &QuantisedModel, samples: &[&str]) {
    let as_written = QuantiseOptions {
        rewrite: false,
        ..QuantiseOptions::default()
    };
    let written = calibrated_with(model, samples, &as_written);
    for image in images().iter().step_by(7) {
        let inputs = quantised.quantise_inputs(image).unwrap().values;
        let [patched, written] =
            [quantised, &written].map(|model| model.execute(&inputs).unwrap().outputs());
        assert_eq!(patched, written);
    }
}

fn describe(model: &OnnxModel, quantised: &QuantisedModel) {
    println!("{:#?}", ProgramSummary::of(quantised.program()));
    for layer in quantised.report() {
        println!("{layer:?}");
    }
    let sample = read_sample(example("seven.json")).unwrap();
    for error in layer_errors(model, quantised, &sample.inputs).unwrap() {
        println!("{error:?}");
    }
}

fn check(name: &str) {
    let model = load(name);
    let sample = read_sample(example(&format!("{name}.input.json"))).unwrap();
    let outputs = model.float_run(&sample.inputs).unwrap();
    for (got, expected) in outputs[0].iter().zip(&sample.outputs.unwrap()[0]) {
        assert!((got - expected).abs() < 1e-4, "{got} for {expected}");
    }
    let samples = ["zero.json", "three.json", "seven.json"];
    let quantised = calibrated_by(&model, &samples);
    outputs_stay(&model, &quantised, &samples);
    describe(&model, &quantised);
    assert!(agreement(&model, &quantised, 1) >= 0.98);
    let quantised = calibrated_by(&model, &["seven.json"]);
    assert!(agreement(&model, &quantised, 9) >= 0.95, "one sample");
    let noise = model.synthetic_samples(8);
    let calibration = model.calibrate(noise.iter().map(Vec::as_slice)).unwrap();
    let quantised = quantise(&model, &calibration, &QuantiseOptions::default()).unwrap();
    assert!(agreement(&model, &quantised, 9) >= 0.95, "noise");
}

#[test]
fn the_perceptron_agrees_with_its_float_model() {
    check("mlp");
}

#[test]
fn lenet_agrees_with_its_float_model() {
    check("lenet5");
}
