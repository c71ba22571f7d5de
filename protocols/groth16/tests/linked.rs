//! Kernels that share vectors with other proofs: honest flows verify, cheating provers do not.
//!
//! The kernel is an arg-max: `y` is one-hot, and the maximum it selects is at least every entry of `x`, by the bits of
//! the differences. The neighbours are the tests themselves, which know what `x` and `y` should be.
#![expect(clippy::unwrap_used, reason = "a failure fails the test")]

use kernelwise_core::groth16::linked::{LinkedKey, LinkedStatement, VectorClaim, verify_linked};
use kernelwise_core::groth16::{Groth16Error, VerifyingKey};
use kernelwise_core::key::PublicTensors;
use kernelwise_core::poly::eq_table;
use kernelwise_core::program::Digest;
use kernelwise_core::transcript::{Instance, ProverTranscript, VerifierTranscript};
use kernelwise_cpu::CpuDevice;
use kernelwise_field::{AdditiveGroup, CurveGroup, Field, Fr, G1Affine};
use kernelwise_groth16::linked::{LinkedCircuit, LinkedProver, linked_setup};
use kernelwise_groth16::r1cs::{Linear, R1csBuilder, Wire};
use kernelwise_groth16::{
    Devices, Groth16ProveError, Proof, Prover, ProvingKey, QuotientForm, setup,
};

/// Entries of `x` and `y`; not a power of two.
const LEN: usize = 10;

/// Bits of a difference of two 8-bit integers.
const BITS: u32 = 9;

fn arg_max() -> LinkedCircuit {
    let mut builder = R1csBuilder::new();
    let x: Vec<Wire> = (0..LEN).map(|_| builder.boundary()).collect();
    let y: Vec<Wire> = (0..LEN).map(|_| builder.boundary()).collect();
    let one = || Linear::constant(Fr::ONE);
    let sum = |wires: &[Wire]| {
        wires
            .iter()
            .fold(Linear::zero(), |sum, &wire| sum + wire.into())
    };
    for &y in &y {
        builder.constrain(y, Linear::from(y) - one(), Linear::zero());
    }
    builder.constrain(sum(&y), Wire::ONE, one());
    let selected: Vec<Wire> = (0..LEN).map(|_| builder.private()).collect();
    for ((&x, &y), &selected) in x.iter().zip(&y).zip(&selected) {
        builder.constrain(x, y, selected);
    }
    for &x in &x {
        let mut difference = Linear::zero();
        for bit in 0..BITS {
            let wire = builder.private();
            builder.constrain(wire, Linear::from(wire) - one(), Linear::zero());
            difference = difference + Linear::from(wire) * Fr::from(1u64 << bit);
        }
        builder.constrain(difference + x.into(), Wire::ONE, sum(&selected));
    }
    LinkedCircuit::new(builder.build().unwrap(), vec![vec![LEN], vec![2, LEN / 2]]).unwrap()
}

/// The wires of the relation for an `x` whose first maximum is taken.
fn relation(x: &[i64; LEN]) -> Vec<Fr> {
    let place = (0..LEN).max_by_key(|&i| (x[i], LEN - i)).unwrap();
    let lift = |value: i64| Fr::from(value);
    let mut wires = vec![Fr::ONE];
    wires.extend(x.map(lift));
    wires.extend((0..LEN).map(|i| Fr::from(i == place)));
    wires.extend((0..LEN).map(|i| if i == place { lift(x[i]) } else { Fr::ZERO }));
    for entry in x {
        let difference = (x[place] - entry) as u64;
        wires.extend((0..BITS).map(|bit| Fr::from(difference >> bit & 1)));
    }
    wires
}

/// The shared vectors among the wires.
fn shared(x: &[i64; LEN]) -> Vec<Fr> {
    relation(x)[1..=2 * LEN].to_vec()
}

const X: [i64; LEN] = [3, -7, 40, 12, 0, 39, -128, 40, 1, 2];
const OTHER: [i64; LEN] = [3, -7, 40, 13, 0, 39, -128, 40, 1, 2];

struct Setup {
    circuit: LinkedCircuit,
    key: ProvingKey,
    linked: LinkedKey,
    device: CpuDevice,
}

impl Setup {
    fn new() -> Self {
        let circuit = arg_max();
        let (key, linked) = linked_setup(&circuit).unwrap();
        Self {
            circuit,
            key,
            linked,
            device: CpuDevice::optimized(),
        }
    }

    fn devices(&self) -> Devices<'_> {
        Devices::select(&[&self.device]).unwrap()
    }

    fn prover(&self) -> LinkedProver<'_> {
        LinkedProver::load(&self.circuit, &self.key, self.devices()).unwrap()
    }

    fn instance<'p>(&self, public: &'p PublicTensors) -> Instance<'p> {
        Instance {
            program: Digest([7; 32]),
            key: self.linked.key().digest(),
            public,
        }
    }

    /// What a verifier of one launch does: read `D`, draw points, read values, verify.
    fn verify(&self, sent: &Sent) -> Result<Vec<VectorClaim>, Groth16Error> {
        let public = PublicTensors::default();
        let mut transcript = VerifierTranscript::new(&self.instance(&public), &sent.messages);
        let commitment = transcript.read_points("boundary", 1).unwrap()[0];
        let points: Vec<Vec<Fr>> = self
            .linked
            .num_vars()
            .iter()
            .map(|&vars| transcript.challenges(vars))
            .collect();
        let values = transcript.read_scalars("values", points.len()).unwrap();
        let claims: Vec<VectorClaim> = points
            .into_iter()
            .zip(values)
            .map(|(point, value)| VectorClaim { point, value })
            .collect();
        verify_linked(&[LinkedStatement {
            key: &self.linked,
            commitment,
            public: &[],
            claims: &claims,
            proof: &sent.proof,
        }])?;
        Ok(claims)
    }
}

/// A proof of one launch as it travels.
struct Sent {
    messages: Vec<u8>,
    proof: Proof,
}

/// What a prover may do against the rules.
struct Cheat {
    /// Proves for these values in the end.
    proves: [i64; LEN],
    /// Sends this instead of its commitment.
    commitment: Option<G1Affine>,
    /// Adds to the value of the first claim.
    shift: Fr,
}

fn prove(setup: &Setup, committed: &[i64; LEN], cheat: Option<Cheat>) -> Sent {
    let public = PublicTensors::default();
    let mut transcript = ProverTranscript::new(&setup.instance(&public));
    let prover = setup.prover();
    let (own, opening) = prover.commit(setup.devices(), &shared(committed)).unwrap();
    let cheat = cheat.unwrap_or(Cheat {
        proves: *committed,
        commitment: None,
        shift: Fr::ZERO,
    });
    transcript.append_points(&[cheat.commitment.unwrap_or(own)]);
    let points: Vec<Vec<Fr>> = setup
        .linked
        .num_vars()
        .iter()
        .map(|&vars| transcript.challenges(vars))
        .collect();
    let (claims, proof) = prover
        .prove(setup.devices(), &relation(&cheat.proves), &points, opening)
        .unwrap();
    let mut values: Vec<Fr> = claims.iter().map(|claim| claim.value).collect();
    values[0] += cheat.shift;
    transcript.append_scalars(&values);
    Sent {
        messages: transcript.finish(),
        proof,
    }
}

/// The extension of a vector, padded to 16 entries.
fn extension(values: &[Fr], point: &[Fr]) -> Fr {
    let table = eq_table(point);
    values
        .iter()
        .zip(table)
        .map(|(v, weight)| *v * weight)
        .sum()
}

#[test]
fn claims_of_an_honest_launch_are_those_of_its_vectors() {
    let setup = Setup::new();
    let claims = setup.verify(&prove(&setup, &X, None)).unwrap();
    let wires = relation(&X);
    assert_eq!(
        claims[0].value,
        extension(&wires[1..1 + LEN], &claims[0].point)
    );
    // y has shape [2, 5], padded to [2, 8].
    let y = &wires[1 + LEN..1 + 2 * LEN];
    let mut padded = y[..5].to_vec();
    padded.extend([Fr::ZERO; 3]);
    padded.extend_from_slice(&y[5..]);
    assert_eq!(claims[1].value, extension(&padded, &claims[1].point));
}

#[test]
fn evaluation_costs_about_one_constraint_per_element() {
    let circuit = arg_max();
    let elements = 2 * LEN;
    let own = LEN + 1 + LEN + LEN * (BITS as usize + 1);
    let evaluation = circuit.r1cs().num_constraints() - own;
    assert!(evaluation <= elements + 4, "{evaluation} for {elements}");
}

#[test]
fn values_changed_after_the_challenge_are_rejected() {
    let setup = Setup::new();
    let cheat = Cheat {
        proves: OTHER,
        commitment: None,
        shift: Fr::ZERO,
    };
    let sent = prove(&setup, &X, Some(cheat));
    assert_eq!(setup.verify(&sent), Err(Groth16Error::Pairing));
    // The same with the commitment to the new values put in afterwards: the challenge is another.
    let mut honest = prove(&setup, &X, None);
    let (late, _) = setup
        .prover()
        .commit(setup.devices(), &shared(&OTHER))
        .unwrap();
    let mut bytes = Vec::new();
    kernelwise_field::CanonicalSerialize::serialize_compressed(&late, &mut bytes).unwrap();
    honest.messages[..32].copy_from_slice(&bytes);
    assert_eq!(setup.verify(&honest), Err(Groth16Error::Pairing));
}

#[test]
fn a_commitment_to_other_values_is_rejected() {
    let setup = Setup::new();
    let (other, _) = setup
        .prover()
        .commit(setup.devices(), &shared(&OTHER))
        .unwrap();
    let cheat = Cheat {
        proves: X,
        commitment: Some(other),
        shift: Fr::ZERO,
    };
    let sent = prove(&setup, &X, Some(cheat));
    assert_eq!(setup.verify(&sent), Err(Groth16Error::Pairing));
}

#[test]
fn the_commitment_of_another_proof_is_rejected_even_for_equal_values() {
    let setup = Setup::new();
    let (other, _) = setup.prover().commit(setup.devices(), &shared(&X)).unwrap();
    let cheat = Cheat {
        proves: X,
        commitment: Some(other),
        shift: Fr::ZERO,
    };
    let sent = prove(&setup, &X, Some(cheat));
    assert_eq!(setup.verify(&sent), Err(Groth16Error::Pairing));
}

#[test]
fn a_claim_shifted_by_a_base_of_the_inputs_is_rejected() {
    // With the commitment on the side of the public inputs, D + K_value would be a commitment for x and a proof that the
    // extension of x is one more than it is.
    let setup = Setup::new();
    let points = setup.linked.key().points();
    let value_base = points.input_bases[1 + setup.linked.num_vars()[0]];
    for (shift, base) in [(Fr::ONE, -value_base), (-Fr::ONE, value_base)] {
        let public = PublicTensors::default();
        let mut transcript = ProverTranscript::new(&setup.instance(&public));
        let prover = setup.prover();
        let (own, opening) = prover.commit(setup.devices(), &shared(&X)).unwrap();
        let moved = (own + base).into_affine();
        transcript.append_points(&[moved]);
        let vars = setup.linked.num_vars().to_vec();
        let points: Vec<Vec<Fr>> = vars.iter().map(|&v| transcript.challenges(v)).collect();
        let (claims, proof) = prover
            .prove(setup.devices(), &relation(&X), &points, opening)
            .unwrap();
        let mut values: Vec<Fr> = claims.iter().map(|claim| claim.value).collect();
        values[0] += shift;
        transcript.append_scalars(&values);
        let messages = transcript.finish();
        let outcome = setup.verify(&Sent { messages, proof });
        assert_eq!(outcome, Err(Groth16Error::Pairing));
    }
}

#[test]
fn a_wrong_value_is_rejected() {
    let setup = Setup::new();
    let cheat = Cheat {
        proves: X,
        commitment: None,
        shift: Fr::ONE,
    };
    let sent = prove(&setup, &X, Some(cheat));
    assert_eq!(setup.verify(&sent), Err(Groth16Error::Pairing));
}

#[test]
fn launches_are_verified_together_and_cannot_be_swapped() {
    let setup = Setup::new();
    let prover = setup.prover();
    let points: Vec<Vec<Fr>> = setup
        .linked
        .num_vars()
        .iter()
        .map(|&vars| (0..vars as u64).map(|i| Fr::from(i + 11)).collect())
        .collect();
    let launches: Vec<(G1Affine, Vec<VectorClaim>, Proof)> = [X, OTHER, X]
        .iter()
        .map(|x| {
            let (commitment, opening) = prover.commit(setup.devices(), &shared(x)).unwrap();
            let (claims, proof) = prover
                .prove(setup.devices(), &relation(x), &points, opening)
                .unwrap();
            (commitment, claims, proof)
        })
        .collect();
    let statements = || -> Vec<LinkedStatement<'_>> {
        launches
            .iter()
            .map(|(commitment, claims, proof)| LinkedStatement {
                key: &setup.linked,
                commitment: *commitment,
                public: &[],
                claims,
                proof,
            })
            .collect()
    };
    verify_linked(&statements()).unwrap();
    for (i, j) in [(0, 1), (1, 2), (0, 2)] {
        let mut swapped = statements();
        let commitment = swapped[i].commitment;
        swapped[i].commitment = swapped[j].commitment;
        swapped[j].commitment = commitment;
        assert_eq!(verify_linked(&swapped), Err(Groth16Error::Pairing));
        let mut swapped = statements();
        (swapped[i].proof, swapped[j].proof) = (swapped[j].proof, swapped[i].proof);
        assert_eq!(verify_linked(&swapped), Err(Groth16Error::Pairing));
    }
    let mut short = statements();
    short[0].claims = &short[0].claims[1..];
    let outcome = verify_linked(&short);
    assert!(matches!(outcome, Err(Groth16Error::InputCount { .. })));
    let mut moved = launches[0].1.clone();
    let coordinate = moved[0].point.pop().unwrap();
    moved[1].point.push(coordinate);
    let mut altered = statements();
    altered[0].claims = &moved;
    let outcome = verify_linked(&altered);
    assert!(matches!(outcome, Err(Groth16Error::ClaimShape { .. })));
}

#[test]
fn there_is_no_way_around_the_commitment() {
    let setup_of = Setup::new();
    // A plain proof of a circuit with boundary wires.
    let devices = Devices::select(&[&setup_of.device]).unwrap();
    let plain = Prover::load(&setup_of.key, devices).unwrap();
    let points = vec![vec![Fr::ONE; 4]; 2];
    let (wires, _) = setup_of.circuit.assign(&relation(&X), &points).unwrap();
    let error = plain
        .prove(devices, setup_of.circuit.r1cs(), &wires)
        .unwrap_err();
    assert!(matches!(error, Groth16ProveError::Unsupported { .. }));
    // A linked key without a base for the commitment.
    let mut points = setup_of.linked.key().points();
    points.boundary_g2 = None;
    let without = VerifyingKey::new(points).unwrap();
    let refused = LinkedKey::new(without, 0, vec![4, 4]);
    assert!(matches!(refused, Err(Groth16Error::Commitment { .. })));
    // A relation without shared vectors.
    let mut builder = R1csBuilder::new();
    let wire = builder.private();
    builder.constrain(wire, wire, wire);
    let relation = builder.build().unwrap();
    setup(&relation, QuotientForm::Powers).unwrap();
    let refused = LinkedCircuit::new(relation, Vec::new());
    assert!(matches!(refused, Err(Groth16ProveError::Shape { .. })));
}
