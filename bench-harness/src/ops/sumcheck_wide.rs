//! All rounds of a sumcheck over one layer of a data-parallel circuit, with fixed challenges.
//!
//! ```text
//! Σ_n eq(τ, n) · (L(n) + Σ_t c_t · Π_j V_tj(n))      n over the instances
//! ```
//! | kind | wires | terms |
//! |---|---|---|
//! | `keccak-chi` | 1600 signs | `ac`, `ab` and `abc` for each of 1600 outputs |
//! | `keccak-theta` | 1920 signs | 1600 exclusive ors of three, `abc` |
//! | `sha256` | 6000 bits | `ab`, `ac`, `bc` and `abc` for 10250 triples |

use std::sync::Arc;

use kernelwise_cpu::CpuDevice;
use kernelwise_field::{Field, Fr, evaluate_from_points};
use kernelwise_hal::{
    Device, DeviceError, Factors, IntSlice, SumcheckDevice, SumcheckRequest, Table, Term,
};

use super::{Setting, contenders, offered};
use crate::case::{Case, Contender, task};
use crate::error::BenchError;
use crate::inputs::Rng;
use crate::reference::{ark, textbook};

const OPERATION: &str = "sumcheck";

pub(super) const KINDS: &[&str] = &["keccak-chi", "keccak-theta", "sha256"];

/// Tables before the wires: `eq` and the linear part.
const FIRST_WIRE: usize = 2;

/// Wires, terms, challenges and the claims that they lead to.
struct Instance {
    kind: &'static str,
    wires: Vec<Vec<i8>>,
    linear: Vec<Fr>,
    tau: Vec<Fr>,
    terms: Vec<Term>,
    challenges: Vec<Fr>,
    claims: Vec<Fr>,
}

/// Factors of the terms of `kind`, as indices of wires.
fn products(kind: &str) -> Vec<Vec<usize>> {
    match kind {
        "keccak-chi" => (0..1600)
            .flat_map(|a| {
                let next = |step: usize| a / 5 * 5 + (a + step) % 5;
                let (b, c) = (next(1), next(2));
                [vec![a, c], vec![a, b], vec![a, b, c]]
            })
            .collect(),
        "keccak-theta" => (0..1600)
            .map(|a| vec![a, 1600 + a % 320, 1600 + (7 * a + 1) % 320])
            .collect(),
        _ => (0..10250)
            .flat_map(|i| {
                let [a, b, c] = [i, i + 13, 3 * i + 7].map(|wire| wire % 6000);
                [vec![a, b], vec![a, c], vec![b, c], vec![a, b, c]]
            })
            .collect(),
    }
}

impl Instance {
    fn new(kind: &'static str, num_vars: usize) -> Result<Self, BenchError> {
        let mut rng = Rng::new(7);
        let len = 1usize << num_vars;
        let wires = match kind {
            "keccak-chi" => 1600,
            "keccak-theta" => 1920,
            _ => 6000,
        };
        let value = |bits: u64| {
            let bit = (bits >> 63) as i8;
            if kind == "sha256" { bit } else { 1 - 2 * bit }
        };
        let products = products(kind);
        let coefficients = rng.fields(products.len());
        let linear = Term {
            coefficient: Fr::ONE,
            factors: [0, 1].into(),
        };
        let term = |(coefficient, wires): (Fr, Vec<usize>)| {
            let wires = wires.into_iter().map(|wire| FIRST_WIRE + wire);
            let factors: Factors = std::iter::once(0).chain(wires).collect();
            Term {
                coefficient,
                factors,
            }
        };
        let terms = coefficients.into_iter().zip(products).map(term);
        let mut instance = Self {
            kind,
            wires: (0..wires).map(|_| rng.integers(len, value)).collect(),
            linear: rng.fields(len),
            tau: rng.fields(num_vars),
            terms: std::iter::once(linear).chain(terms).collect(),
            challenges: rng.fields(num_vars),
            claims: Vec::new(),
        };
        let request = instance.request()?;
        let points = request.degree() + 1;
        let transcript = textbook::prove(request, &instance.challenges);
        let mut next = None;
        for (round, &challenge) in transcript.chunks(points).zip(&instance.challenges) {
            let sum = || round.iter().take(2).sum();
            instance.claims.push(next.unwrap_or_else(sum));
            next = Some(evaluate_from_points(round, challenge));
        }
        Ok(instance)
    }

    fn request(&self) -> Result<SumcheckRequest<'_>, DeviceError> {
        let first = [
            Table::Eq(self.tau[..].into()),
            Table::Fr(self.linear[..].into()),
        ];
        let wires = self.wires.iter().map(|w| Table::Int(IntSlice::I8(w)));
        let tables = first.into_iter().chain(wires).collect();
        SumcheckRequest::new(self.tau.len(), tables, self.terms.clone())
    }

    /// Plays all rounds; the evaluations of every round, then the final value of each table.
    fn play(&self, device: &dyn SumcheckDevice) -> Result<Vec<Fr>, DeviceError> {
        let mut rounds = device.prepare(self.request()?)?;
        let mut transcript = Vec::new();
        let mut bind = None;
        for (&claim, &challenge) in self.claims.iter().zip(&self.challenges) {
            transcript.extend(rounds.prove_round(bind, claim)?.0);
            bind = Some(challenge);
        }
        transcript.extend(rounds.finish(bind)?);
        Ok(transcript)
    }
}

/// One case: `2^log_size` instances.
pub(super) fn case(setting: &Setting, kind: &str, log_size: u32) -> Result<Case, BenchError> {
    let kind = KINDS.iter().find(|known| **known == kind);
    let kind = kind.copied().unwrap_or("keccak-chi");
    let instance = Arc::new(Instance::new(kind, log_size as usize)?);
    let canonical = |transcript: Vec<Fr>| ark::field_bytes(&transcript);
    let (own, tier) = (Arc::clone(&instance), CpuDevice::reference());
    let info = tier.info().clone();
    let reference = move || {
        let sumcheck = tier.sumcheck().ok_or_else(|| BenchError::Unsupported {
            operation: OPERATION,
            devices: Vec::new(),
        })?;
        Ok(own.play(sumcheck)?)
    };
    let references = vec![Contender::reference(
        &info.name,
        &info.description,
        task(reference, canonical),
    )];
    let devices = setting.device_contenders(
        OPERATION,
        |device| device.sumcheck().is_some(),
        |device| {
            let instance = Arc::clone(&instance);
            let run = move || {
                let sumcheck = offered(&device, OPERATION, Device::sumcheck)?;
                Ok(instance.play(sumcheck)?)
            };
            Ok(task(run, canonical))
        },
    )?;
    Ok(Case {
        op: "sumcheck-wide",
        log_size,
        scalar_kind: instance.kind,
        shape: format!(
            "{} wires, {} terms, 2^{log_size} instances",
            instance.wires.len(),
            instance.terms.len() - 1
        ),
        contenders: contenders(references, devices),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_consistent_with_the_rounds() {
        let instance = Instance::new("keccak-theta", 2).unwrap();
        let points = instance.request().unwrap().degree() + 1;
        let transcript = instance
            .play(CpuDevice::optimized().sumcheck().unwrap())
            .unwrap();
        for (evaluations, &claim) in transcript.chunks(points).zip(&instance.claims) {
            assert_eq!(evaluations[0] + evaluations[1], claim);
        }
        assert_eq!(instance.terms.len(), 1601);
    }
}
