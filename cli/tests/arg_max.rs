//! A model that ends in an arg-max: by sumchecks, by Groth16, and as planned.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use common::{example, kernelwise};
use serde_json::Value;

fn expect(args: &[&str], code: i32) -> Output {
    let output = kernelwise(args);
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(
        output.status.code(),
        Some(code),
        "{args:?}\nstdout: {stdout}\nstderr: {stderr}"
    );
    output
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

/// A field of a protocol buffer.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let len = u8::try_from(content.len()).expect("short");
    assert!(len < 0x80 && number < 16);
    [&[number << 3 | 2, len], content].concat()
}

/// LeNet-5 with one more output, `class`: the arg-max of its scores. Messages that follow one another are merged.
fn lenet5_with_class(folder: &Path) -> String {
    let mut model = fs::read(example("lenet5.onnx")).expect("the example");
    let axis = [&field(1, b"axis")[..], &[3 << 3, 1], &[0xa0, 0x01, 2]].concat();
    let node = [
        field(1, SCORES),
        field(2, b"class"),
        field(3, b"classify"),
        field(4, b"ArgMax"),
        field(5, &axis),
        field(
            5,
            &[&field(1, b"keepdims")[..], &[3 << 3, 0], &[0xa0, 0x01, 2]].concat(),
        ),
    ];
    let output = field(1, b"class");
    let graph = [field(1, &node.concat()), field(12, &output)].concat();
    model.extend(field(7, &graph));
    let path = folder.join("lenet5-class.onnx");
    fs::write(&path, model).expect("written");
    path.to_str().expect("a UTF-8 path").to_owned()
}

/// What the example calls its output.
const SCORES: &[u8] = b"gemm_23";

#[test]
fn a_class_is_proved_by_either_system() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (model, input) = (lenet5_with_class(folder.path()), example("seven.json"));
    for (system, out) in [("gkr", at("gkr")), ("groth16", at("groth16"))] {
        let choice = format!("classify={system}");
        let output = expect(
            &[
                "prove",
                &model,
                "--input",
                &input,
                "--out",
                &out,
                "--json",
                "--prove-with",
                &choice,
            ],
            0,
        );
        let report = json(&output);
        assert_eq!(report["output"][1], serde_json::json!([7.0]), "{report}");
        let warned = String::from_utf8_lossy(&output.stderr).contains("local setup");
        assert_eq!(warned, system == "groth16");
        assert_eq!(
            report["groth16_ms"].as_f64() > Some(0.0),
            system == "groth16"
        );
        let (key, proof, public) = (
            format!("{out}/verifier.key"),
            format!("{out}/proof.bin"),
            format!("{out}/public.json"),
        );
        let verify = |public: &str| {
            [
                "verify", "--key", &key, "--proof", &proof, "--public", public,
            ]
            .map(str::to_owned)
        };
        let arguments = verify(&public);
        expect(&arguments.each_ref().map(String::as_str), 0);
        // Another class.
        let text = fs::read_to_string(&public).expect("public values");
        let mut values: Value = serde_json::from_str(&text).expect("JSON");
        change_class(&mut values);
        let other = at("other.json");
        fs::write(&other, values.to_string()).expect("written");
        let arguments = verify(&other);
        expect(&arguments.each_ref().map(String::as_str), 1);
    }
}

/// Makes the class 3.
fn change_class(values: &mut Value) {
    let class = &mut values["outputs"][1];
    class["integers"][0] = 3.into();
    class["values"][0] = 3.0.into();
}

#[test]
fn setups_keep_and_check_their_groth16_keys() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (model, input, keys) = (
        lenet5_with_class(folder.path()),
        example("seven.json"),
        at("keys"),
    );
    let setup = |system: &str, code: i32| {
        let choice = format!("arg-max={system}");
        expect(
            &[
                "setup",
                &model,
                "--calibrate",
                &input,
                "--out",
                &keys,
                "--json",
                "--prove-with",
                &choice,
            ],
            code,
        )
    };
    let first = setup("groth16", 0);
    assert!(String::from_utf8_lossy(&first.stderr).contains("local setup"));
    let again = setup("groth16", 0);
    assert!(!String::from_utf8_lossy(&again.stderr).contains("local setup"));
    let digest = |output: &Output| json(output)["key_digest"].clone();
    assert_eq!(digest(&first), digest(&again), "the key was used again");

    let out = at("out");
    let prove = |code: i32, more: &[&str]| {
        let arguments = ["prove", &keys, "--input", &input, "--out", &out];
        expect(&[&arguments[..], more].concat(), code)
    };
    prove(0, &[]);
    prove(2, &["--prove-with", "classify=gkr"]);
    prove(2, &["--objective", "time"]);

    // A damaged key, one of something else, and none.
    let files = fs::read_dir(&keys)
        .expect("the folder")
        .filter_map(Result::ok);
    let path = files
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().contains("groth16-"))
        .expect("a Groth16 key");
    let honest = fs::read(&path).expect("the key");
    for damaged in [
        &honest[..honest.len() / 2],
        &[honest.as_slice(), b"x"].concat(),
        b"",
        b"KWZK",
    ] {
        fs::write(&path, damaged).expect("written");
        let output = prove(2, &[]);
        assert!(String::from_utf8_lossy(&output.stderr).contains("groth16-"));
        setup("groth16", 2);
    }
    let mut altered = honest.clone();
    altered[honest.len() / 2] ^= 1;
    fs::write(&path, &altered).expect("written");
    assert!(String::from_utf8_lossy(&prove(2, &[]).stderr).contains("checksum"));
    fs::remove_file(&path).expect("removed");
    assert!(String::from_utf8_lossy(&prove(2, &[]).stderr).contains("missing"));
    fs::write(&path, &honest).expect("written");
    prove(0, &[]);
    setup("plonk", 2);
}

#[test]
fn plans_choose_by_objective() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (model, input) = (lenet5_with_class(folder.path()), example("seven.json"));
    let plan = |more: &[&str]| {
        let arguments = ["plan", &model, "--calibrate", &input, "--json"];
        json(&expect(&[&arguments[..], more].concat(), 0))
    };
    let kernel = |plan: &Value| {
        let mut steps = plan["steps"].as_array().expect("steps").iter();
        let step = steps.rfind(|step| step["step"] == "classify");
        step.expect("the arg-max")["kernel"].clone()
    };
    assert_eq!(kernel(&plan(&[])), "circuit");
    assert_eq!(
        kernel(&plan(&["--prove-with", "arg-max=groth16"])),
        "groth16"
    );
    let by_size = plan(&["--objective", "proof-size"]);
    let choice = &by_size["choices"][0];
    let (own, other) = (
        choice["predicted"]["proof_bytes"].as_u64(),
        choice["other"]["proof_bytes"].as_u64(),
    );
    assert!(own <= other, "{choice}");
    assert_eq!(by_size["proof_bytes"].as_u64(), own);
    // What is asked for comes before what is planned for.
    let forced = plan(&["--objective", "proof-size", "--prove-with", "classify=gkr"]);
    assert_eq!(kernel(&forced), "circuit");
    let unknown = [
        "plan",
        &model,
        "--calibrate",
        &input,
        "--prove-with",
        "softmax=groth16",
    ];
    let output = expect(&unknown, 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("classify"));
}
