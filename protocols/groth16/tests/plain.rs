//! Plain proofs: arkworks verifies ours, we verify theirs, and nobody verifies wrong ones.
#![expect(clippy::unwrap_used, reason = "a failure fails the test")]

mod common;

use ark_groth16::{Groth16, prepare_verifying_key};
use kernelwise_core::groth16::{Groth16Error, KeyPoints, PROOF_BYTES, Statement};
use kernelwise_cpu::CpuDevice;
use kernelwise_field::{AffineRepr, Bn254, CurveGroup, Fr, G1Affine, G2Affine};
use kernelwise_groth16::{
    Devices, Groth16ProveError, Proof, Prover, ProvingKey, QuotientForm, R1cs, VerifyingKey, ark,
    setup, verify, verify_batch,
};
use kernelwise_hal::{Device, DeviceError, NullDevice};

fn prove(key: &ProvingKey, r1cs: &R1cs, wires: &[Fr]) -> Result<Proof, Groth16ProveError> {
    let device = CpuDevice::optimized();
    let devices = Devices::select(&[&device])?;
    Prover::load(key, devices)?.prove(devices, r1cs, wires)
}

fn public<'w>(r1cs: &R1cs, wires: &'w [Fr]) -> &'w [Fr] {
    &wires[1..=r1cs.counts().public]
}

#[test]
fn proofs_of_every_size_are_verified_by_us_and_by_arkworks() {
    for constraints in [4, 5, 60, 61, 62, 63, 64, 300, 2000] {
        let (r1cs, wires) = common::mixed(constraints, 7);
        r1cs.check(&wires).unwrap();
        let key = setup(&r1cs, QuotientForm::Powers).unwrap();
        let proof = prove(&key, &r1cs, &wires).unwrap();
        let inputs = public(&r1cs, &wires);
        verify(key.verifying(), inputs, &proof).unwrap();
        let theirs = prepare_verifying_key(&ark::verifying_to_ark(key.verifying()).unwrap());
        let theirs =
            Groth16::<Bn254>::verify_proof(&theirs, &ark::proof_to_ark(&proof), inputs).unwrap();
        assert!(theirs, "{constraints} constraints");
        // Keys with the other bases of the quotient, another witness.
        let key = setup(&r1cs, QuotientForm::OddValues).unwrap();
        let (_, wires) = common::mixed(constraints, 8);
        let proof = prove(&key, &r1cs, &wires).unwrap();
        verify(key.verifying(), public(&r1cs, &wires), &proof).unwrap();
    }
}

#[test]
fn two_proofs_of_one_witness_differ() {
    let (r1cs, wires) = common::mixed(20, 1);
    let key = setup(&r1cs, QuotientForm::Powers).unwrap();
    let proofs = [(); 2].map(|()| prove(&key, &r1cs, &wires).unwrap());
    assert_ne!(proofs[0].a(), proofs[1].a());
    assert_ne!(proofs[0].b(), proofs[1].b());
    assert_ne!(proofs[0].c(), proofs[1].c());
}

#[test]
fn keys_survive_the_types_of_arkworks() {
    let (r1cs, wires) = common::mixed(50, 3);
    let key = setup(&r1cs, QuotientForm::Powers).unwrap();
    let there = ark::proving_to_ark(&key).unwrap();
    let back = ark::proving_from_ark(&there).unwrap();
    assert_eq!(back.points(), key.points());
    let proof = prove(&back, &r1cs, &wires).unwrap();
    let round = ark::proof_from_ark(&ark::proof_to_ark(&proof)).unwrap();
    verify(key.verifying(), public(&r1cs, &wires), &round).unwrap();
}

#[test]
fn both_tiers_of_the_cpu_give_valid_proofs() {
    let (r1cs, wires) = common::mixed(30, 5);
    let key = setup(&r1cs, QuotientForm::Powers).unwrap();
    let device = CpuDevice::reference();
    let devices = Devices::select(&[&device]).unwrap();
    let prover = Prover::load(&key, devices).unwrap();
    let proof = prover.prove(devices, &r1cs, &wires).unwrap();
    verify(key.verifying(), public(&r1cs, &wires), &proof).unwrap();
}

#[test]
fn an_unsatisfied_constraint_is_named() {
    let (r1cs, mut wires) = common::mixed(40, 2);
    let key = setup(&r1cs, QuotientForm::Powers).unwrap();
    wires[10] += Fr::from(1u64);
    let error = prove(&key, &r1cs, &wires).unwrap_err();
    assert!(
        matches!(error, Groth16ProveError::Unsatisfied { .. }),
        "{error}"
    );
    let error = prove(&key, &r1cs, &wires[1..]).unwrap_err();
    assert!(matches!(error, Groth16ProveError::Shape { .. }), "{error}");
    let (other, wires) = common::mixed(90, 2);
    let error = prove(&key, &other, &wires).unwrap_err();
    assert!(matches!(error, Groth16ProveError::Shape { .. }), "{error}");
}

#[test]
fn what_no_device_offers_is_a_typed_error() {
    let null = NullDevice::new();
    let devices: [&dyn Device; 1] = [&null];
    let error = Devices::select(&devices).err().unwrap();
    assert!(matches!(error, DeviceError::Unsupported { .. }));
}

#[test]
fn every_altered_part_of_a_statement_is_rejected() {
    let (r1cs, wires) = common::mixed(30, 4);
    let key = setup(&r1cs, QuotientForm::Powers).unwrap();
    let proof = prove(&key, &r1cs, &wires).unwrap();
    let inputs = public(&r1cs, &wires).to_vec();
    let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
    let shifted = |p: &G1Affine| (*p + g1).into_affine();
    let (a, b, c) = (*proof.a(), *proof.b(), *proof.c());
    for altered in [
        Proof::new(shifted(&a), b, c).unwrap(),
        Proof::new(a, (b + g2).into_affine(), c).unwrap(),
        Proof::new(a, b, shifted(&c)).unwrap(),
        Proof::new(c, b, a).unwrap(),
        Proof::new(-a, b, c).unwrap(),
        Proof::new(G1Affine::zero(), G2Affine::zero(), G1Affine::zero()).unwrap(),
    ] {
        assert_eq!(
            verify(key.verifying(), &inputs, &altered),
            Err(Groth16Error::Pairing)
        );
    }
    for place in 0..inputs.len() {
        let mut altered = inputs.clone();
        altered[place] += Fr::from(1u64);
        let outcome = verify(key.verifying(), &altered, &proof);
        assert_eq!(outcome, Err(Groth16Error::Pairing));
    }
    let outcome = verify(key.verifying(), &inputs[1..], &proof);
    assert!(matches!(outcome, Err(Groth16Error::InputCount { .. })));
    let other = setup(&r1cs, QuotientForm::Powers).unwrap();
    let outcome = verify(other.verifying(), &inputs, &proof);
    assert_eq!(outcome, Err(Groth16Error::Pairing));
}

#[test]
fn a_batch_is_valid_only_if_every_proof_is() {
    let sizes = [20, 20, 33];
    let keys: Vec<ProvingKey> = [20, 33]
        .map(|size| setup(&common::mixed(size, 0).0, QuotientForm::OddValues).unwrap())
        .into();
    let proved: Vec<(&VerifyingKey, Vec<Fr>, Proof)> = sizes
        .iter()
        .enumerate()
        .map(|(index, &size)| {
            let (r1cs, wires) = common::mixed(size, index as u64);
            let key = &keys[usize::from(size == 33)];
            let proof = prove(key, &r1cs, &wires).unwrap();
            (key.verifying(), public(&r1cs, &wires).to_vec(), proof)
        })
        .collect();
    let statements = || -> Vec<Statement<'_>> {
        proved
            .iter()
            .map(|(key, inputs, proof)| Statement {
                key,
                inputs,
                commitment: None,
                proof,
            })
            .collect()
    };
    verify_batch(&[]).unwrap();
    verify_batch(&statements()).unwrap();
    // Proofs swapped between statements, even under one key, are not proofs of these.
    let mut swapped = statements();
    (swapped[0].proof, swapped[1].proof) = (swapped[1].proof, swapped[0].proof);
    assert_eq!(verify_batch(&swapped), Err(Groth16Error::Pairing));
    let mut twice = statements();
    twice[1] = twice[0];
    verify_batch(&twice).unwrap();
    let one = Fr::from(1u64);
    for index in 0..3 {
        let mut altered = statements();
        let wrong: Vec<Fr> = altered[index].inputs.iter().map(|x| *x + one).collect();
        altered[index].inputs = &wrong;
        assert_eq!(verify_batch(&altered), Err(Groth16Error::Pairing));
    }
    let mut with_commitment = statements();
    with_commitment[0].commitment = Some(G1Affine::generator());
    let outcome = verify_batch(&with_commitment);
    assert!(matches!(outcome, Err(Groth16Error::Commitment { .. })));
}

#[test]
fn proofs_have_one_encoding() {
    let (r1cs, wires) = common::mixed(10, 4);
    let key = setup(&r1cs, QuotientForm::Powers).unwrap();
    let proof = prove(&key, &r1cs, &wires).unwrap();
    let bytes = proof.to_bytes();
    assert_eq!(Proof::from_bytes(&bytes).unwrap(), proof);
    assert!(Proof::from_bytes(&bytes[..PROOF_BYTES - 1]).is_err());
    assert!(Proof::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
    for place in 0..PROOF_BYTES {
        for bit in 0..8 {
            let mut altered = bytes;
            altered[place] ^= 1 << bit;
            // Some flips give other points; none may give the same proof again.
            if let Ok(other) = Proof::from_bytes(&altered) {
                assert_ne!(other, proof);
            }
        }
    }
    let key_bytes = key.verifying().encode();
    assert_eq!(&VerifyingKey::decode(&key_bytes).unwrap(), key.verifying());
    for cut in 0..key_bytes.len() {
        assert!(VerifyingKey::decode(&key_bytes[..cut]).is_err());
    }
}

#[test]
fn points_outside_the_groups_are_refused() {
    let (r1cs, wires) = common::mixed(10, 4);
    let key = setup(&r1cs, QuotientForm::Powers).unwrap();
    let proof = prove(&key, &r1cs, &wires).unwrap();
    let off_curve = G1Affine::new_unchecked(1u64.into(), 1u64.into());
    let refused = Err(Groth16Error::Point { what: "A" });
    assert_eq!(Proof::new(off_curve, *proof.b(), *proof.c()), refused);
    // On the curve over Fq2, which has points outside the subgroup of prime order.
    let outside = (1u64..)
        .filter_map(|x| G2Affine::get_point_from_x_unchecked(x.into(), true))
        .find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
        .unwrap();
    let refused = Err(Groth16Error::Point { what: "B" });
    assert_eq!(Proof::new(*proof.a(), outside, *proof.c()), refused);
    let points = || key.verifying().points();
    let identity = KeyPoints {
        delta_g2: G2Affine::zero(),
        ..points()
    };
    let refused = Err(Groth16Error::Identity { what: "delta" });
    assert_eq!(VerifyingKey::new(identity), refused);
    let wrong = KeyPoints {
        gamma_g2: outside,
        ..points()
    };
    let refused = Err(Groth16Error::Point { what: "gamma" });
    assert_eq!(VerifyingKey::new(wrong), refused);
}
