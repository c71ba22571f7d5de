//! A prover of false fractions who fits its answers to every challenge.

use kernelwise_core::PublicTensors;
use kernelwise_core::field::{AdditiveGroup, Field, Fr};
use kernelwise_core::lookup::verify_fractions;
use kernelwise_core::poly::{eq_eval, eq_table};
use kernelwise_core::program::Digest;
use kernelwise_core::transcript::{Instance, ProverTranscript, VerifierTranscript};
use kernelwise_cpu::CpuDevice;
use kernelwise_hal::{Device, SumcheckRequest, Table, Term};
use kernelwise_tests::graphs::Numbers;
use kernelwise_tests::sumcheck;

const DIGEST: Digest = Digest([7; 32]);

/// One layer: numerators and denominators.
type Layer = (Vec<Fr>, Vec<Fr>);

/// Layers from the leaves up to the root.
fn tree(leaves: Layer) -> Vec<Layer> {
    let mut layers = vec![leaves];
    while layers[layers.len() - 1].0.len() > 1 {
        let (p, q) = &layers[layers.len() - 1];
        let half = p.len() / 2;
        let tops = (0..half).map(|x| p[x] * q[x + half] + p[x + half] * q[x]);
        let bottoms = (0..half).map(|x| q[x] * q[x + half]);
        layers.push((tops.collect(), bottoms.collect()));
    }
    layers
}

/// Proves that the fractions add up to zero, whether or not they do: in every layer the first child's numerator is what makes
/// the layer's equation hold.
fn forge(transcript: &mut ProverTranscript, leaves: Layer) {
    let device = CpuDevice::reference();
    let device = device.sumcheck().expect("offered");
    let mut layers = tree(leaves);
    let (_, root) = layers.pop().expect("a root");
    transcript.append_scalars(&root);
    let (mut point, mut numerator, mut denominator) = (Vec::new(), Fr::ZERO, root[0]);
    for (vars, (p, q)) in layers.iter().rev().enumerate() {
        let lambda = transcript.challenge();
        let half = 1 << vars;
        let table = |values: &[Fr]| Table::Fr(values.to_vec().into());
        let tables = vec![
            Table::Eq(point.clone().into()),
            table(&p[..half]),
            table(&p[half..]),
            table(&q[..half]),
            table(&q[half..]),
        ];
        let term = |coefficient, factors: &[usize]| Term {
            coefficient,
            factors: factors.into(),
        };
        let terms = vec![
            term(Fr::ONE, &[0, 1, 4]),
            term(Fr::ONE, &[0, 2, 3]),
            term(lambda, &[0, 3, 4]),
        ];
        let request = SumcheckRequest::new(vars, tables, terms).expect("valid");
        let claim = numerator + lambda * denominator;
        let finished = sumcheck::prove(device, transcript, request, claim);
        let &[_, _, p1, q0, q1] = finished.evals.as_slice() else {
            unreachable!("five tables")
        };
        let node = finished.claim
            * eq_eval(&point, &finished.point)
                .inverse()
                .expect("a random point");
        let p0 = (node - p1 * q0 - lambda * q0 * q1) * q1.inverse().expect("a random value");
        transcript.append_scalars(&[p0, p1, q0, q1]);
        let mu = transcript.challenge();
        numerator = p0 + mu * (p1 - p0);
        denominator = q0 + mu * (q1 - q0);
        point = [vec![mu], finished.point].concat();
    }
}

/// What the verifier is left with: claimed and true numerator, claimed and true denominator at the point of the leaves.
fn claimed_and_true(leaves: Layer, num_vars: usize) -> [(Fr, Fr); 2] {
    let public = PublicTensors::default();
    let instance = Instance {
        program: DIGEST,
        key: DIGEST,
        public: &public,
    };
    let mut transcript = ProverTranscript::new(&instance);
    forge(&mut transcript, leaves.clone());
    let proof = transcript.finish();
    let mut transcript = VerifierTranscript::new(&instance, &proof);
    let claim = verify_fractions(&mut transcript, num_vars).expect("every layer's equation holds");
    transcript.finish().expect("nothing is left");
    let at = |values: &[Fr]| -> Fr {
        let weights = eq_table(&claim.point);
        weights.iter().zip(values).map(|(w, v)| *w * v).sum()
    };
    [
        (claim.numerator, at(&leaves.0)),
        (claim.denominator, at(&leaves.1)),
    ]
}

/// Random leaves; the last numerator makes the sum zero, plus `excess`.
fn leaves(num_vars: usize, excess: Fr) -> Layer {
    let mut numbers = Numbers::new(num_vars as u64);
    let mut random = || Fr::from(numbers.next_u64());
    let count = 1 << num_vars;
    let bottoms: Vec<Fr> = (0..count).map(|_| random()).collect();
    let mut tops: Vec<Fr> = (0..count).map(|_| random()).collect();
    let inverse = |q: &Fr| q.inverse().expect("a random value");
    let sum: Fr = tops
        .iter()
        .zip(&bottoms)
        .skip(1)
        .map(|(p, q)| *p * inverse(q))
        .sum();
    tops[0] = (excess - sum) * bottoms[0];
    (tops, bottoms)
}

#[test]
fn true_fractions_leave_true_claims() {
    for num_vars in 1..6 {
        for (claimed, truth) in claimed_and_true(leaves(num_vars, Fr::ZERO), num_vars) {
            assert_eq!(claimed, truth);
        }
    }
}

/// No answer to the challenges saves a false sum: it ends as a false claim on the leaves, which the verifier compares with
/// tensors and tables.
#[test]
fn false_fractions_leave_a_false_claim() {
    for num_vars in 1..6 {
        let [numerator, _] = claimed_and_true(leaves(num_vars, Fr::ONE), num_vars);
        assert_ne!(numerator.0, numerator.1);
    }
}
