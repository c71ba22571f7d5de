//! `kernelwise groth16` as a user of circom meets it.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use kernelwise_groth16::circom::{r1cs, wtns};
use kernelwise_groth16::r1cs::R1csBuilder;
use kernelwise_hal::field::Fr;

fn groth16(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kernelwise"))
        .arg("groth16")
        .args(args)
        .current_dir(folder)
        .output()
        .expect("the program runs")
}

fn expect(output: &Output, code: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    let got = output.status.code();
    assert_eq!(got, Some(code), "stdout: {stdout}\nstderr: {stderr}");
    (stdout, stderr)
}

/// A folder with a circuit for `x · x = y`, `y` public, a witness, and one that is wrong.
fn circuit() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut builder = R1csBuilder::new();
    let (y, x) = (builder.public(), builder.private());
    builder.constrain(x, x, y);
    let system = builder.build().expect("a valid system");
    let create = |name: &str| File::create(folder.path().join(name)).expect("a new file");
    r1cs::write(create("square.r1cs"), &system).expect("written");
    let values = |values: [u64; 3]| values.map(Fr::from);
    wtns::write(create("right.wtns"), &values([1, 49, 7])).expect("written");
    wtns::write(create("wrong.wtns"), &values([1, 50, 7])).expect("written");
    folder
}

#[test]
fn a_circuit_goes_from_setup_to_verification() {
    let folder = circuit();
    let run = |args: &[&str]| groth16(folder.path(), args);
    let (stdout, _) = expect(&run(&["info", "square.r1cs"]), 0);
    assert_eq!(
        stdout,
        "constraint system: 1 constraints over 3 wires, 1 public inputs, 3 terms\n"
    );
    // The warning about a local setup cannot be silenced.
    let setup = ["setup", "square.r1cs", "--out", "square.zkey", "--quiet"];
    let (_, stderr) = expect(&run(&setup), 0);
    assert!(
        stderr.contains("warning: this is a local setup"),
        "{stderr}"
    );
    let (stdout, _) = expect(&run(&["prove", "square.zkey", "right.wtns", "--json"]), 0);
    let report: serde_json::Value = serde_json::from_str(&stdout).expect("one JSON object");
    assert_eq!(report["wires"], 3);
    expect(&run(&["export-vk", "square.zkey"]), 0);
    for key in ["square.zkey", "verification_key.json"] {
        let verify = ["verify", "--key", key, "--proof", "proof.json", "--public"];
        let (stdout, _) = expect(&run(&[&verify[..], &["public.json"]].concat()), 0);
        assert!(stdout.starts_with("valid: 1 public inputs"), "{stdout}");
        fs::write(folder.path().join("other.json"), "[\"50\"]").expect("written");
        let other = [&verify[..], &["other.json", "--json"]].concat();
        let (stdout, stderr) = expect(&run(&other), 1);
        let report: serde_json::Value = serde_json::from_str(&stdout).expect("one JSON object");
        assert_eq!(report["verified"], false);
        assert!(stderr.contains("the proof is invalid"), "{stderr}");
    }
    let left = fs::read_dir(folder.path()).expect("a folder");
    let temporary = left.flatten().filter(|entry| {
        let name = entry.file_name();
        name.to_string_lossy().ends_with(".tmp")
    });
    assert_eq!(temporary.count(), 0);
}

#[test]
fn a_wrong_witness_writes_nothing() {
    let folder = circuit();
    let run = |args: &[&str]| groth16(folder.path(), args);
    expect(&run(&["setup", "square.r1cs", "--out", "square.zkey"]), 0);
    let (_, stderr) = expect(&run(&["prove", "square.zkey", "wrong.wtns"]), 2);
    assert!(stderr.contains("nothing was written"), "{stderr}");
    assert!(stderr.contains("hint: "), "{stderr}");
    assert!(!folder.path().join("proof.json").exists());
}

#[test]
fn malformed_files_name_the_section() {
    let folder = circuit();
    let run = |args: &[&str]| groth16(folder.path(), args);
    let path = folder.path().join("right.wtns");
    let bytes = fs::read(&path).expect("the witness");
    fs::write(&path, &bytes[..bytes.len() - 1]).expect("written");
    let (_, stderr) = expect(&run(&["info", "right.wtns"]), 2);
    assert_eq!(
        stderr,
        "error: right.wtns: section 1 reaches past the end of the file\n"
    );
    let (_, stderr) = expect(&run(&["info", "missing.zkey"]), 2);
    assert!(stderr.contains("cannot read missing.zkey"), "{stderr}");
}
