//! The kernels that are shipped, on public vectors: through the layered circuit, and as rank-one constraints.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use common::{advise, evaluate, fr, run_circuit};
use kernelwise_core::field::{AdditiveGroup, BigInteger, Field, Fr, PrimeField};
use kernelwise_language::kernels::{Encoding, keccak, merkle, poseidon2, sha256, words};
use kernelwise_language::{CircuitKernel, KernelError};

fn field(values: Vec<i64>) -> Vec<Fr> {
    values.into_iter().map(fr).collect()
}

fn hex(text: &str) -> Vec<Fr> {
    let byte = |i| i64::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap();
    (0..text.len() / 2).map(byte).map(fr).collect()
}

fn hash(kernel: &CircuitKernel, message: &[u8], encoding: Encoding) -> Vec<Fr> {
    run_circuit(kernel, &[field(encoding.encode(message))]).remove(0)
}

/// The permutation of the zero state, as published with Keccak's reference code: its first and last lanes.
#[test]
fn keccak_f1600() {
    let kernel = keccak::permutation().unwrap();
    let state = &run_circuit(&kernel, &[vec![Fr::ZERO; 1600]])[0];
    let lane = |i: usize| {
        (0..64).fold(0u64, |lane, z| {
            lane | u64::from(state[64 * i + z] == Fr::ONE) << z
        })
    };
    assert_eq!(lane(0), 0xF125_8F79_40E1_DDE7);
    assert_eq!(lane(1), 0x84D5_CCF9_33C0_478A);
    assert_eq!(lane(24), 0xEAF1_FF7B_5CEC_A249);
    let report = kernel.report();
    // Three layers a round, and linear ones from bits to signs and back.
    assert_eq!(report.levels.len(), 24 * 3 + 2, "{report}");
    assert!(report.products <= 24 * 1600 * 7, "{report}");
    // Parities and θ are the same in all rounds.
    assert!(report.layers < 24 + 8, "{report}");
}

#[test]
fn keccak_256_as_in_ethereum() {
    let kernel = keccak::keccak256(3, Encoding::Bytes).unwrap();
    let digest = hash(&kernel, b"abc", Encoding::Bytes);
    assert_eq!(
        digest,
        hex("4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")
    );
}

/// FIPS 202's examples, and two blocks.
#[test]
fn sha3_256() {
    let kernel = keccak::sha3_256(3, Encoding::Bits).unwrap();
    let digest = hash(&kernel, b"abc", Encoding::Bits);
    assert_eq!(
        digest,
        hex("3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532")
    );
    let message = [0xA3; 200];
    let kernel = keccak::sha3_256(200, Encoding::Bits).unwrap();
    let digest = hash(&kernel, &message, Encoding::Bits);
    assert_eq!(
        digest,
        hex("79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787")
    );
}

/// FIPS 180-4's examples of one and two blocks.
#[test]
fn sha_256() {
    for (message, expected) in [
        (
            "abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
    ] {
        let kernel = sha256::sha256(message.len(), Encoding::Bits).unwrap();
        assert_eq!(
            hash(&kernel, message.as_bytes(), Encoding::Bits),
            hex(expected)
        );
        let report = kernel.report();
        assert!(report.levels.len() <= 4, "{report}");
    }
}

#[test]
fn rank_one_constraints_of_sha_256() {
    let kernel = sha256::sha256(3, Encoding::Bytes).unwrap();
    let relation = kernel.relation().unwrap();
    let r1cs = relation.r1cs();
    let mut wires = kernel
        .wires(&[field(Encoding::Bytes.encode(b"abc"))])
        .unwrap();
    assert_eq!(r1cs.check(&wires), Ok(()));
    assert_eq!(wires[1 + 3], fr(0xba));
    assert!(
        r1cs.num_constraints() < 40_000,
        "{}",
        r1cs.num_constraints()
    );
    wires[1 + 3] += Fr::ONE;
    assert!(r1cs.check(&wires).is_err());
}

/// Bits of hints, each of a few changed: the circuit's assertions notice every one.
#[test]
fn hints_of_sha_256_are_bound() {
    let kernel = sha256::sha256(3, Encoding::Bits).unwrap();
    let circuit = kernel.circuit();
    let inputs = field(Encoding::Bits.encode(b"abc"));
    let mut bottom = inputs.clone();
    bottom.extend(advise(&kernel, &inputs));
    for wire in (inputs.len()..bottom.len()).step_by(311) {
        let mut wrong = bottom.clone();
        wrong[wire] = Fr::ONE - wrong[wire];
        assert!(!evaluate(circuit, wrong).failed.is_empty(), "wire {wire}");
    }
}

#[test]
fn arithmetic_on_words() {
    let kernel = words::arithmetic().unwrap();
    for (a, b) in [
        (0u32, 0u32),
        (1, u32::MAX),
        (u32::MAX, u32::MAX),
        (0x1234_5678, 0x9ABC_DEF0),
        (7, 7),
    ] {
        let outputs = run_circuit(&kernel, &[vec![fr(a.into())], vec![fr(b.into())]]);
        let expected = [
            a.wrapping_add(b),
            a.wrapping_sub(b),
            a.wrapping_mul(b),
            a & b,
            a | b,
            a ^ b,
            a.rotate_right(7),
            u32::from(a < b),
            u32::from(a == b),
        ];
        assert_eq!(
            outputs.concat(),
            expected.map(|value| fr(value.into())),
            "{a} {b}"
        );
    }
}

/// The permutation of `[0, 1, 2]`, as published with Poseidon2's reference code.
#[test]
fn poseidon2_permutation() {
    let kernel = poseidon2::permutation().unwrap();
    let inputs = [vec![fr(0), fr(1), fr(2)]];
    let outputs = kernel.run(&inputs).unwrap();
    let expected = [
        "0bb61d24daca55eebcb1929a82650f328134334da98ea4f847f760054f4a3033",
        "303b6f7c86d043bfcbcc80214f26a30277a15d3f74ca654992defe7ff8d03570",
        "1ed25194542b12eef8617361c3ba7c52e660b145994427cc86296242cf766ec8",
    ];
    let written = |value: &Fr| {
        let bytes = value.into_bigint().to_bytes_be();
        bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()
    };
    assert_eq!(outputs[0].iter().map(written).collect::<Vec<_>>(), expected);
    assert_eq!(run_circuit(&kernel, &inputs), outputs);
    let report = kernel.report();
    // Two layers for each round, and the linear one before the first.
    assert_eq!(report.levels.len(), 2 * 64 + 1, "{report}");
    let relation = kernel.relation().unwrap();
    let r1cs = relation.r1cs();
    assert_eq!(r1cs.check(&kernel.wires(&inputs).unwrap()), Ok(()));
    // Three for each of the 24 + 56 S-boxes, and one for each output.
    assert_eq!(r1cs.num_constraints(), 3 * 80 + 3);
    let state = |left, right| vec![left, right, Fr::ZERO];
    let compression = poseidon2::compression().unwrap();
    assert_eq!(
        run_circuit(&compression, &[vec![fr(7)], vec![fr(-1)]])[0][0],
        kernel.run(&[state(fr(7), fr(-1))]).unwrap()[0][0]
    );
}

#[test]
fn merkle_paths() {
    let kernel = merkle::path(4).unwrap();
    let compression = poseidon2::compression().unwrap();
    let (leaf, siblings) = (fr(-3), [5, -7, 0, 11].map(fr));
    for directions in [[0, 0, 0, 0], [1, 0, 1, 1], [0, 1, 0, 1]] {
        let path = siblings.iter().zip(directions);
        let root = path.fold(leaf, |node, (&sibling, direction)| {
            let (left, right) = [(node, sibling), (sibling, node)][direction];
            compression.run(&[vec![left], vec![right]]).unwrap()[0][0]
        });
        let directions = directions.map(|bit| fr(bit as i64)).to_vec();
        let inputs = [vec![leaf], siblings.to_vec(), directions];
        assert_eq!(run_circuit(&kernel, &inputs), [[root]]);
    }
    // All hashes lie side by side.
    let report = kernel.report();
    assert!(report.levels.len() <= 2 * 64 + 2, "{report}");
    assert!(matches!(
        merkle::path(0).unwrap_err(),
        KernelError::Misuse { .. }
    ));
}

/// Directions that are no bits, and nodes that are no hashes: the assertions notice each.
#[test]
fn directions_and_nodes_of_merkle_paths_are_bound() {
    let kernel = merkle::path(3).unwrap();
    let path = |directions: [i64; 3]| {
        let siblings = [5, 6, 7].map(fr).to_vec();
        [vec![fr(4)], siblings, directions.map(fr).to_vec()]
    };
    for level in 0..3 {
        let mut directions = [1, 0, 1];
        directions[level] = 2;
        assert!(matches!(
            kernel.run(&path(directions)),
            Err(KernelError::Violated { .. })
        ));
    }
    let (circuit, inputs) = (kernel.circuit(), path([1, 0, 1]).concat());
    let mut bottom = inputs.clone();
    bottom.extend(advise(&kernel, &inputs));
    assert_eq!(bottom.len(), inputs.len() + 2);
    assert_eq!(evaluate(circuit, bottom.clone()).failed, []);
    for wire in inputs.len()..bottom.len() {
        let mut wrong = bottom.clone();
        wrong[wire] += Fr::ONE;
        assert!(!evaluate(circuit, wrong).failed.is_empty(), "wire {wire}");
    }
    // The directions of a circuit's inputs, whatever the kernel's run in the clear refuses.
    let mut wrong = bottom;
    wrong[4] = fr(2);
    assert!(!evaluate(circuit, wrong).failed.is_empty());
}
