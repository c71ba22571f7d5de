//! The program as a user meets it: files, exit codes, messages.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{example, kernelwise};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().expect("a UTF-8 path").to_owned()
}

/// Runs `setup` of the small model with scales from one sample.
fn setup(sample: &str, out: &str) -> Output {
    let (model, sample) = (example("mlp.onnx"), example(sample));
    kernelwise(&["setup", &model, "--calibrate", &sample, "--out", out])
}

/// Runs `prove` of a model's file or folder.
fn prove(model: &str, input: &str, out: &str) -> Output {
    kernelwise(&["prove", model, "--input", input, "--out", out, "--json"])
}

fn expect(output: &Output, code: i32) {
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(
        output.status.code(),
        Some(code),
        "stdout: {stdout}\nstderr: {stderr}"
    );
}

/// A folder with a proof of the small model.
fn proved() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("seven");
    let (model, input) = (example("mlp.onnx"), example("seven.json"));
    let output = prove(&model, &input, out.to_str().expect("a UTF-8 path"));
    expect(&output, 0);
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("one JSON object");
    for key in [
        "verified",
        "model_digest",
        "parameters",
        "macs",
        "setup_ms",
        "execute_ms",
        "commit_ms",
        "prove_ms",
        "verify_ms",
        "proof_bytes",
        "verifier_key_bytes",
        "peak_memory_bytes",
        "phase_peak_bytes",
        "output",
        "float_output",
        "max_abs_error",
    ] {
        assert!(!report[key].is_null(), "{key} is missing from {report}");
    }
    assert_eq!(report["verified"], true);
    assert_eq!(report["predicted_class"], 7);
    (folder, out)
}

fn verify(folder: &Path) -> Output {
    kernelwise(&[
        "verify",
        "--key",
        &path(folder, "verifier.key"),
        "--proof",
        &path(folder, "proof.bin"),
        "--public",
        &path(folder, "public.json"),
    ])
}

#[test]
fn a_proof_verifies_from_three_files_and_not_after_changes() {
    let (_guard, out) = proved();
    let output = verify(&out);
    expect(&output, 0);
    assert!(text(&output.stdout).starts_with("valid:"));

    // A false output, with its real number made to fit.
    let original = fs::read_to_string(out.join("public.json")).expect("public.json");
    let mut public: serde_json::Value = serde_json::from_str(&original).expect("JSON");
    let tensor = &mut public["outputs"][0];
    let raised = tensor["integers"][3].as_i64().expect("an integer") + 1;
    tensor["integers"][3] = raised.into();
    tensor["values"][3] = (raised as f64 * tensor["scale"].as_f64().expect("a scale")).into();
    fs::write(out.join("public.json"), public.to_string()).expect("written");
    let output = verify(&out);
    expect(&output, 1);
    assert!(
        text(&output.stderr).contains("the proof is invalid"),
        "{}",
        text(&output.stderr)
    );

    // A real number that the integers do not give.
    let mut public: serde_json::Value = serde_json::from_str(&original).expect("JSON");
    public["outputs"][0]["values"][3] = 1234.5.into();
    fs::write(out.join("public.json"), public.to_string()).expect("written");
    expect(&verify(&out), 2);
    fs::write(out.join("public.json"), original).expect("written");
    expect(&verify(&out), 0);

    // A damaged proof file.
    let mut proof = fs::read(out.join("proof.bin")).expect("proof.bin");
    let last = proof.len() - 1;
    proof[last] ^= 1;
    fs::write(out.join("proof.bin"), &proof).expect("written");
    let output = verify(&out);
    expect(&output, 2);
    assert!(
        text(&output.stderr).contains("checksum"),
        "{}",
        text(&output.stderr)
    );
    assert!(text(&output.stderr).contains("hint:"));

    // Swapped files.
    fs::copy(out.join("verifier.key"), out.join("proof.bin")).expect("copied");
    let output = verify(&out);
    expect(&output, 2);
    assert!(
        text(&output.stderr).contains("expected a proof"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn setup_then_prove_from_the_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (model, out) = (path(folder.path(), "model"), path(folder.path(), "out"));
    let input = example("three.json");
    expect(&setup("three.json", &model), 0);
    expect(&prove(&model, &input, &out), 0);
    expect(&verify(Path::new(&out)), 0);
    // The key that setup wrote is the key that the proof is for.
    let key = fs::read(path(Path::new(&model), "verifier.key")).expect("a key");
    assert_eq!(
        key,
        fs::read(path(Path::new(&out), "verifier.key")).expect("a key")
    );

    // Files of another setup are noticed.
    let other = path(folder.path(), "other");
    expect(&setup("zero.json", &other), 0);
    let [foreign, own] = [&other, &model].map(|folder| path(Path::new(folder), "prover.key"));
    let kept = fs::read(&own).expect("a key");
    fs::copy(foreign, &own).expect("copied");
    let output = prove(&model, &input, &out);
    expect(&output, 2);
    assert!(
        text(&output.stderr).contains("different setups"),
        "{}",
        text(&output.stderr)
    );
    fs::write(&own, kept).expect("written");

    // Weights are used where they are stored: a damaged or cut file is noticed when it is opened.
    let weights = path(Path::new(&model), "model.kw");
    let mut stored = fs::read(&weights).expect("a model");
    let last = stored.len() - 1;
    stored[last] ^= 1;
    fs::write(&weights, &stored).expect("written");
    let output = prove(&model, &input, &out);
    expect(&output, 2);
    assert!(
        text(&output.stderr).contains("checksum"),
        "{}",
        text(&output.stderr)
    );
    for length in [0, 47, last] {
        fs::write(&weights, &stored[..length]).expect("written");
        expect(&prove(&model, &input, &out), 2);
    }
    stored[last] ^= 1;
    fs::write(&weights, &stored).expect("written");
    expect(&prove(&model, &input, &out), 0);
}

#[test]
fn bad_inputs_are_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = path(folder.path(), "out");
    let numbers = |value: &str| format!("{{\"input_data\": [[{}]]}}", vec![value; 784].join(","));
    let cases = [
        ("nan.json", numbers("NaN"), ""),
        ("infinite.json", numbers("1e999"), ""),
        (
            "short.json",
            "{\"input_data\": [[1, 2, 3]]}".to_owned(),
            "expected 784 values",
        ),
        (
            "two.json",
            "{\"input_data\": [[1], [2]]}".to_owned(),
            "expected 1 input tensors, got 2",
        ),
        ("nothing.json", String::new(), "expected"),
        ("cut.json", "{\"input_data\": [[1, 2".to_owned(), "expected"),
    ];
    for (name, content, message) in cases {
        let input = path(folder.path(), name);
        fs::write(&input, content).expect("written");
        let output = prove(&example("mlp.onnx"), &input, &out);
        expect(&output, 2);
        let stderr = text(&output.stderr);
        assert!(
            stderr.starts_with("error: ") && stderr.contains(message),
            "{name}: {stderr}"
        );
        assert!(!Path::new(&out).exists(), "{name} left files behind");
    }
}

#[test]
fn missing_and_malformed_models_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = path(folder.path(), "out");
    let missing = path(folder.path(), "missing.onnx");
    let input = example("seven.json");
    let output = prove(&missing, &input, &out);
    expect(&output, 2);
    assert!(text(&output.stderr).contains("missing.onnx"));
    let broken = path(folder.path(), "broken.onnx");
    let bytes = fs::read(example("mlp.onnx")).expect("a model");
    fs::write(&broken, &bytes[..bytes.len() / 2]).expect("written");
    let output = prove(&broken, &input, &out);
    expect(&output, 2);
    assert!(text(&output.stderr).starts_with("error: "));
}

#[test]
fn wrong_usage_exits_with_two() {
    expect(&kernelwise(&[]), 2);
    expect(&kernelwise(&["prove"]), 2);
    expect(
        &kernelwise(&["setup", "x.onnx", "--out", "y", "--activation-bits", "99"]),
        2,
    );
    expect(&kernelwise(&["--help"]), 0);
}

#[test]
fn inspect_and_devices_print_json() {
    let output = kernelwise(&[
        "inspect",
        &example("mlp.onnx"),
        "--input",
        &example("zero.json"),
        "--json",
    ]);
    expect(&output, 0);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["parameters"], 118_282);
    assert_eq!(report["macs"], 118_016);
    assert!(
        report["errors"]
            .as_array()
            .is_some_and(|errors| !errors.is_empty())
    );
    let output = kernelwise(&["devices", "--json"]);
    expect(&output, 0);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["devices"][0]["name"], "cpu");
    // Either there is a card, or a line says why not, and asking for it says the same.
    let devices = report["devices"].as_array().expect("devices");
    if devices.iter().all(|device| device["name"] != "cuda") {
        let reason = report["unavailable"][0].as_str().expect("a reason");
        assert!(reason.starts_with("cuda cannot be opened: "), "{reason}");
        let output = kernelwise(&[
            "prove",
            &example("mlp.onnx"),
            "--input",
            &example("zero.json"),
            "--out",
            "nowhere",
            "--devices",
            "cuda",
        ]);
        expect(&output, 2);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn plan_predicts_what_prove_then_sends() {
    let cache = tempfile::tempdir().expect("a temporary folder");
    let plan = |extra: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_kernelwise"))
            .args(["plan", &example("mlp.onnx"), "--json"])
            .args(extra)
            .env("XDG_CACHE_HOME", cache.path())
            .output()
            .expect("the program runs")
    };
    let first = plan(&[]);
    expect(&first, 0);
    let planned: serde_json::Value =
        serde_json::from_slice(&first.stdout).expect("one JSON object");
    assert!(planned["predicted_ms"].as_f64().expect("a number") > 0.0);
    let kept = cache.path().join("kernelwise/rates-cpu.json");
    let rates = fs::read(&kept).expect("rates are kept");
    let beside = plan(&["--devices", "fpga-model,fpga-model+fpga-model"]);
    expect(&beside, 0);
    assert_eq!(
        fs::read(&kept).expect("still there"),
        rates,
        "measured once"
    );
    let beside: serde_json::Value =
        serde_json::from_slice(&beside.stdout).expect("one JSON object");
    assert_eq!(beside["device"], "cpu");
    let core = &beside["beside"][0];
    assert_eq!(core["device"], "fpga-model");
    assert!(core["requests"].as_u64().expect("a number") > 0, "{core}");
    let ms = |field: &str| core[field].as_f64().expect("a number");
    let sooner = ms("projected_ms") < ms("instead_ms");
    assert!(ms("projected_ms") > 1.0, "a serial line takes its time");
    assert_eq!(core["worth_it"], sooner);
    let two = &beside["beside"][1];
    assert_eq!(two["device"], "fpga-model+fpga-model");
    let two = two["projected_ms"].as_f64().expect("a number");
    assert!(two < ms("projected_ms"), "{beside}");

    let out = path(cache.path(), "seven");
    let proved = kernelwise(&[
        "prove",
        &example("mlp.onnx"),
        "--input",
        &example("seven.json"),
        "--out",
        &out,
        "--plan",
        "--json",
    ]);
    expect(&proved, 0);
    let report: serde_json::Value =
        serde_json::from_slice(&proved.stdout).expect("one JSON object");
    let messages = planned["proof_bytes"].as_u64().expect("a number");
    let file = report["proof_bytes"].as_u64().expect("a number");
    // The file adds a header and two digests.
    assert_eq!(file, messages + 48 + 64);
    let steps = report["plan"]["steps"].as_array().expect("steps");
    assert!(
        steps.iter().all(|step| step["actual_ms"].is_number()),
        "{report}"
    );

    fs::write(&kept, b"not rates").expect("a spoiled cache");
    expect(&plan(&[]), 0);
    let tight = plan(&["--memory-budget", "64KiB"]);
    expect(&tight, 2);
    assert!(
        text(&tight.stderr).contains("more than the budget of 65536"),
        "{}",
        text(&tight.stderr)
    );
}

#[test]
fn a_proof_made_with_an_fpga_is_the_same() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let prove = |devices: &str| -> (Vec<u8>, serde_json::Value) {
        let out = folder.path().join(devices);
        let output = kernelwise(&[
            "prove",
            &example("lenet5.onnx"),
            "--input",
            &example("seven.json"),
            "--out",
            out.to_str().expect("a UTF-8 path"),
            "--devices",
            devices,
            "--json",
        ]);
        expect(&output, 0);
        let report = serde_json::from_slice(&output.stdout).expect("one JSON object");
        (fs::read(out.join("proof.bin")).expect("a proof"), report)
    };
    let (expected, report) = prove("cpu");
    assert_eq!(report["served"].as_array().map(Vec::len), Some(0));
    for cores in ["fpga-model", "fpga-model+fpga-model"] {
        let (proof, report) = prove(cores);
        assert_eq!(proof, expected, "{cores}");
        let served = &report["served"][0];
        assert_eq!(served["device"], cores);
        assert!(served["sumchecks"].as_u64() > Some(0) && served["msms"].as_u64() > Some(0));
    }
    expect(
        &kernelwise(&[
            "prove",
            "x",
            "--input",
            "y",
            "--out",
            "z",
            "--devices",
            "abacus",
        ]),
        2,
    );
}

#[test]
fn fpga_commands_work_on_the_model_and_on_a_recorded_trace() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trace = path(folder.path(), "trace");
    let output = kernelwise(&["fpga", "selftest", "--record", &trace, "--json"]);
    expect(&output, 0);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["passed"], true);
    let replay = format!("replay:{trace}");
    expect(&kernelwise(&["fpga", "selftest", "--core", &replay]), 0);
    expect(&kernelwise(&["fpga", "info"]), 0);
    expect(&kernelwise(&["fpga", "counters", "--json"]), 0);
    expect(&kernelwise(&["fpga", "info", "--core", "abacus"]), 2);
    expect(
        &kernelwise(&["fpga", "info", "--core", "fpga:/dev/null"]),
        2,
    );
    let output = kernelwise(&["fpga", "sim", "--seconds", "0"]);
    expect(&output, 0);
}
