//! Files of circom and snarkjs.

use std::io::Cursor;
use std::sync::LazyLock;

use kernelwise_cpu::CpuDevice;
use kernelwise_field::{Field, Fr};
use kernelwise_groth16::circom::{json, r1cs, wtns, zkey};
use kernelwise_groth16::r1cs::{Linear, R1csBuilder};
use kernelwise_groth16::{Devices, Prover, QuotientForm, R1cs, setup};

/// More wires are not proved with: that would take all the time.
const MAX_WIRES: usize = 256;

static DEVICE: LazyLock<CpuDevice> = LazyLock::new(CpuDevice::optimized);

/// Powers of a public value, and all wires.
fn powers(count: u64) -> (R1cs, Vec<Fr>) {
    let mut builder = R1csBuilder::new();
    let base = builder.public();
    let mut wires = vec![Fr::ONE, Fr::from(3u64)];
    let mut last = base;
    for index in 0..count {
        let next = builder.private();
        let sum = Linear::from(next) + Linear::constant(Fr::from(index));
        builder.constrain(last, base, sum);
        wires.push(wires[wires.len() - 1] * wires[1] - Fr::from(index));
        last = next;
    }
    (builder.build().expect("a valid system"), wires)
}

/// Both files of some systems, and their keys.
fn files() -> Vec<[Vec<u8>; 3]> {
    [1, 4, 20]
        .map(|count| {
            let (system, wires) = powers(count);
            let key = setup(&system, QuotientForm::OddValues).expect("a key");
            let mut files = [const { Vec::new() }; 3];
            r1cs::write(&mut files[0], &system).expect("written");
            wtns::write(&mut files[1], &wires).expect("written");
            zkey::write(&mut files[2], &key, &system).expect("written");
            files
        })
        .into()
}

fn seeds_of(kind: usize) -> Vec<Vec<u8>> {
    let files = files();
    files.iter().map(|files| files[kind].clone()).collect()
}

/// Seeds of [`r1cs`](fn@r1cs).
pub fn r1cs_seeds() -> Vec<Vec<u8>> {
    seeds_of(0)
}

/// A constraint system.
pub fn r1cs(bytes: &[u8]) {
    let Ok(system) = r1cs::read(Cursor::new(bytes)) else {
        return;
    };
    let mut written = Vec::new();
    r1cs::write(&mut written, &system).expect("what was read has no boundary wires");
    let again = r1cs::read(Cursor::new(&written)).expect("what was written is read");
    assert_eq!(again, system);
    if system.counts().total <= MAX_WIRES {
        let _ = system.check(&vec![Fr::ONE; system.counts().total]);
    }
}

/// Seeds of [`wtns`](fn@wtns).
pub fn wtns_seeds() -> Vec<Vec<u8>> {
    seeds_of(1)
}

/// A witness.
pub fn wtns(bytes: &[u8]) {
    let Ok(wires) = wtns::read(Cursor::new(bytes)) else {
        return;
    };
    let mut written = Vec::new();
    wtns::write(&mut written, &wires).expect("written");
    assert_eq!(wtns::read(Cursor::new(&written)).ok(), Some(wires));
}

/// Seeds of [`zkey`](fn@zkey).
pub fn zkey_seeds() -> Vec<Vec<u8>> {
    seeds_of(2)
}

/// A key, by both readers; small ones are proved with, whatever their points are.
pub fn zkey(bytes: &[u8]) {
    let verifying = zkey::read_verifying(Cursor::new(bytes));
    let Ok((key, circuit)) = zkey::open(Cursor::new(bytes.to_vec())) else {
        return;
    };
    assert_eq!(verifying.ok().as_ref(), Some(key.verifying()));
    let points = key.points();
    let wires = vec![Fr::ONE; key.counts().total];
    if wires.len() > MAX_WIRES || key.domain_len() > MAX_WIRES {
        return;
    }
    let devices = Devices::select(&[&*DEVICE]).expect("the CPU offers everything");
    let streamed = Prover::streamed(&key).prove_keyed(devices, &circuit, &wires);
    assert!(points.is_ok() || streamed.is_err());
    match Prover::load(&key, devices) {
        Ok(prover) => {
            let proof = prover.prove_keyed(devices, &circuit, &wires);
            // A point outside of the subgroup may, or may not, reach the proof.
            assert_eq!(proof.is_ok(), streamed.is_ok());
        }
        Err(_) => assert!(points.is_err()),
    }
}

/// Seeds of [`snarkjs_json`].
pub fn json_seeds() -> Vec<Vec<u8>> {
    let (system, wires) = powers(3);
    let key = setup(&system, QuotientForm::OddValues).expect("a key");
    let devices = Devices::select(&[&*DEVICE]).expect("the CPU offers everything");
    let prover = Prover::load(&key, devices).expect("loaded");
    let proof = prover.prove(devices, &system, &wires).expect("a proof");
    [
        json::write_proof(&proof),
        json::write_public(&wires[1..2]),
        json::write_key(key.verifying()),
    ]
    .map(|text| text.expect("written").into_bytes())
    .into()
}

/// A proof, public inputs or a key as JSON.
pub fn snarkjs_json(bytes: &[u8]) {
    if let Ok(proof) = json::read_proof(bytes) {
        let text = json::write_proof(&proof).expect("written");
        assert_eq!(json::read_proof(text.as_bytes()).ok(), Some(proof));
    }
    if let Ok(inputs) = json::read_public(bytes) {
        let text = json::write_public(&inputs).expect("written");
        assert_eq!(json::read_public(text.as_bytes()).ok(), Some(inputs));
    }
    if let Ok(key) = json::read_key(bytes) {
        let text = json::write_key(&key).expect("written");
        assert_eq!(json::read_key(text.as_bytes()).ok(), Some(key));
    }
}
