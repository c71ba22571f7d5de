//! Real snarkjs and we understand each other's files.
//!
//! Needs `node` and the packages of `tests/snarkjs` (`npm ci` there, which `ci/setup` does). Without them the test says that
//! it skips, and fails if `KERNELWISE_REQUIRE_SNARKJS` is set.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failure fails the test"
)]

mod common;

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;

use kernelwise_cpu::CpuDevice;
use kernelwise_groth16::circom::{json, r1cs, wtns, zkey};
use kernelwise_groth16::{Devices, Prover, QuotientForm, setup, verify};

/// snarkjs in a folder of its own.
struct Snarkjs {
    program: PathBuf,
    folder: tempfile::TempDir,
}

impl Snarkjs {
    fn find() -> Option<Self> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/snarkjs/node_modules/snarkjs/build/cli.cjs");
        let node = Command::new("node").arg("--version").output();
        let missing = match node {
            Ok(output) if output.status.success() => {
                (!program.is_file()).then_some("snarkjs is not installed: run ci/setup")
            }
            _ => Some("node is not installed"),
        };
        if let Some(missing) = missing {
            if std::env::var_os("KERNELWISE_REQUIRE_SNARKJS").is_some() {
                panic!("{missing}");
            }
            eprintln!("SKIPPED: {missing}");
            return None;
        }
        Some(Self {
            program,
            folder: tempfile::tempdir().unwrap(),
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `snarkjs` with space-separated arguments; gives what it prints and whether it succeeded.
    fn run(&self, arguments: &str) -> (bool, String) {
        let output = Command::new("node")
            .arg(&self.program)
            .args(arguments.split(' '))
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), text + &errors)
    }

    fn expect(&self, arguments: &str) -> String {
        let (success, text) = self.run(arguments);
        assert!(success, "snarkjs {arguments}: {text}");
        text
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn open(&self, name: &str) -> File {
        File::open(self.path(name)).unwrap()
    }

    fn create(&self, name: &str) -> BufWriter<File> {
        BufWriter::new(File::create(self.path(name)).unwrap())
    }
}

#[test]
fn files_go_both_ways() {
    let Some(snarkjs) = Snarkjs::find() else {
        return;
    };
    let (system, wires) = common::mixed(150, 11);
    let inputs = wires[1..=system.counts().public].to_vec();
    r1cs::write(snarkjs.create("circuit.r1cs"), &system).unwrap();
    wtns::write(snarkjs.create("witness.wtns"), &wires).unwrap();
    snarkjs.expect("wtns check circuit.r1cs witness.wtns");

    // A ceremony in miniature.
    snarkjs.expect("powersoftau new bn128 8 new.ptau");
    snarkjs.expect("powersoftau contribute new.ptau contributed.ptau --name=test -e=entropy");
    snarkjs.expect("powersoftau prepare phase2 contributed.ptau final.ptau");
    snarkjs.expect("groth16 setup circuit.r1cs final.ptau initial.zkey");
    snarkjs.expect("zkey contribute initial.zkey circuit.zkey --name=test -e=more");
    snarkjs.expect("zkey export verificationkey circuit.zkey key.json");

    // Our proof with their key.
    let (key, circuit) = zkey::open(snarkjs.open("circuit.zkey")).unwrap();
    let witness = wtns::read(snarkjs.open("witness.wtns")).unwrap();
    assert_eq!(witness, wires);
    let device = CpuDevice::optimized();
    let devices = Devices::select(&[&device]).unwrap();
    let prover = Prover::load(&key, devices).unwrap();
    let proof = prover.prove_keyed(devices, &circuit, &witness).unwrap();
    fs::write(
        snarkjs.path("proof.json"),
        json::write_proof(&proof).unwrap(),
    )
    .unwrap();
    fs::write(
        snarkjs.path("public.json"),
        json::write_public(&inputs).unwrap(),
    )
    .unwrap();
    let said = snarkjs.expect("groth16 verify key.json public.json proof.json");
    assert!(said.contains("OK!"), "{said}");
    let wrong = json::write_public(&[inputs[1], inputs[0]]).unwrap();
    fs::write(snarkjs.path("wrong.json"), wrong).unwrap();
    let (success, said) = snarkjs.run("groth16 verify key.json wrong.json proof.json");
    assert!(!success && said.contains("Invalid proof"), "{said}");

    // Their proof, with their key in both forms.
    snarkjs.expect("groth16 prove circuit.zkey witness.wtns their-proof.json their-public.json");
    let theirs = json::read_proof(&snarkjs.read("their-proof.json")).unwrap();
    let public = json::read_public(&snarkjs.read("their-public.json")).unwrap();
    assert_eq!(public, inputs);
    let verifying = json::read_key(&snarkjs.read("key.json")).unwrap();
    assert_eq!(&verifying, key.verifying());
    verify(&verifying, &public, &theirs).unwrap();
    let from_zkey = zkey::read_verifying(snarkjs.open("circuit.zkey")).unwrap();
    assert_eq!(from_zkey, verifying);

    // Our key in their hands.
    let own = setup(&system, QuotientForm::OddValues).unwrap();
    zkey::write(snarkjs.create("own.zkey"), &own, &system).unwrap();
    snarkjs.expect("zkey export verificationkey own.zkey own-key.json");
    let exported = json::read_key(&snarkjs.read("own-key.json")).unwrap();
    assert_eq!(&exported, own.verifying());
    snarkjs.expect("groth16 prove own.zkey witness.wtns own-proof.json own-public.json");
    let proof = json::read_proof(&snarkjs.read("own-proof.json")).unwrap();
    verify(own.verifying(), &inputs, &proof).unwrap();
    fs::write(
        snarkjs.path("own-key.json"),
        json::write_key(own.verifying()).unwrap(),
    )
    .unwrap();
    let said = snarkjs.expect("groth16 verify own-key.json own-public.json own-proof.json");
    assert!(said.contains("OK!"), "{said}");

    // A contract that verifies proofs under our key: it has every coordinate of the key.
    snarkjs.expect("zkey export solidityverifier own.zkey verifier.sol");
    let contract = String::from_utf8(snarkjs.read("verifier.sol")).unwrap();
    assert!(contract.contains("contract Groth16Verifier"));
    let points = own.verifying().points();
    let in_g1 = [points.alpha_g1].into_iter().chain(points.input_bases);
    let g2 = [points.beta_g2, points.gamma_g2, points.delta_g2];
    let coordinates = in_g1.flat_map(|point| [point.x, point.y]).chain(
        g2.iter()
            .flat_map(|point| [point.x.c0, point.x.c1, point.y.c0, point.y.c1]),
    );
    for coordinate in coordinates {
        let digits = coordinate.to_string();
        assert!(contract.contains(&digits), "{digits}");
    }
    let call = snarkjs.expect("zkey export soliditycalldata own-public.json own-proof.json");
    assert!(call.trim_start().starts_with("[\"0x"), "{call}");
}
