//! All rounds of a sumcheck, with fixed challenges.
//!
//! | kind | `g(x)` |
//! |---|---|
//! | `fr-fr` | `a(x)·b(x)`, both of field elements |
//! | `i8-fr` | `w(x)·b(x)`, `w` of bytes |
//! | `eq-abc` | `eq(τ, x)·(a(x)·b(x) − c(x))` |

use std::sync::Arc;

use kernelwise_cpu::CpuDevice;
use kernelwise_field::{Field, Fr, evaluate_from_points};
use kernelwise_hal::{Device, DeviceError, IntSlice, SumcheckDevice, SumcheckRequest, Table, Term};

use super::{Setting, contenders, offered};
use crate::case::{Case, Contender, task};
use crate::error::BenchError;
use crate::inputs::Rng;
use crate::reference::{TEXTBOOK, ark, textbook};

const OPERATION: &str = "sumcheck";

/// Tables, challenges and the claims that they lead to.
pub(crate) struct Instance {
    kind: &'static str,
    num_vars: usize,
    fields: Vec<Vec<Fr>>,
    bytes: Vec<i8>,
    tau: Vec<Fr>,
    challenges: Vec<Fr>,
    claims: Vec<Fr>,
}

impl Instance {
    /// One of the kinds above, over `2^num_vars` entries.
    pub(crate) fn new(kind: &str, num_vars: usize) -> Result<Self, BenchError> {
        let mut rng = Rng::new(5);
        let len = 1usize << num_vars;
        let (kind, tables, bytes) = match kind {
            "i8-fr" => ("i8-fr", 1, len),
            "eq-abc" => ("eq-abc", 3, 0),
            _ => ("fr-fr", 2, 0),
        };
        let mut instance = Self {
            kind,
            num_vars,
            fields: (0..tables).map(|_| rng.fields(len)).collect(),
            bytes: rng.integers(bytes, |bits| (bits >> 56) as i8),
            tau: rng.fields(num_vars),
            challenges: rng.fields(num_vars),
            claims: Vec::new(),
        };
        let request = instance.request()?;
        let points = request.degree() + 1;
        let transcript = textbook::prove(request, &instance.challenges);
        let rounds = transcript.chunks(points).zip(&instance.challenges);
        let mut next = None;
        let mut claims = Vec::with_capacity(num_vars);
        for (evaluations, &challenge) in rounds {
            let sum = || evaluations.iter().take(2).sum();
            claims.push(next.unwrap_or_else(sum));
            next = Some(evaluate_from_points(evaluations, challenge));
        }
        instance.claims = claims;
        Ok(instance)
    }

    /// What a device is asked.
    pub(crate) fn request(&self) -> Result<SumcheckRequest<'_>, DeviceError> {
        let mut tables: Vec<Table<'_>> = Vec::new();
        if !self.bytes.is_empty() {
            tables.push(Table::Int(IntSlice::I8(&self.bytes)));
        }
        tables.extend(
            self.fields
                .iter()
                .map(|values| Table::Fr(values[..].into())),
        );
        let mut terms = vec![Term {
            coefficient: Fr::ONE,
            factors: [0, 1].into(),
        }];
        if self.kind == "eq-abc" {
            tables.push(Table::Eq(self.tau[..].into()));
            terms = vec![
                Term {
                    coefficient: Fr::ONE,
                    factors: [0, 1, 3].into(),
                },
                Term {
                    coefficient: -Fr::ONE,
                    factors: [2, 3].into(),
                },
            ];
        }
        SumcheckRequest::new(self.num_vars, tables, terms)
    }

    /// Plays all rounds; the evaluations of every round, then the final value of each table.
    pub(crate) fn play(&self, device: &dyn SumcheckDevice) -> Result<Vec<Fr>, DeviceError> {
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

/// One case: tables of `2^log_size` entries.
pub(super) fn case(setting: &Setting, kind: &str, log_size: u32) -> Result<Case, BenchError> {
    let instance = Arc::new(Instance::new(kind, log_size as usize)?);
    let canonical = |transcript: Vec<Fr>| ark::field_bytes(&transcript);
    let own = Arc::clone(&instance);
    let textbook = move || Ok(textbook::prove(own.request()?, &own.challenges));
    let (own, tier) = (Arc::clone(&instance), CpuDevice::reference());
    let info = tier.info().clone();
    let reference = move || {
        let sumcheck = tier.sumcheck().ok_or_else(|| BenchError::Unsupported {
            operation: OPERATION,
            devices: Vec::new(),
        })?;
        Ok(own.play(sumcheck)?)
    };
    let references = vec![
        Contender::reference(
            TEXTBOOK,
            "linear-time prover over arkworks, one thread",
            task(textbook, canonical),
        ),
        Contender::reference(&info.name, &info.description, task(reference, canonical)),
    ];
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
    let tables = instance.request()?.tables().len();
    let terms = match instance.kind {
        "eq-abc" => "eq(a b - c)",
        "i8-fr" => "bytes by field",
        _ => "field by field",
    };
    Ok(Case {
        op: "sumcheck",
        log_size,
        scalar_kind: instance.kind,
        shape: format!("{terms}, {tables} tables of 2^{log_size}"),
        contenders: contenders(references, devices),
    })
}

#[cfg(test)]
mod tests {
    use kernelwise_field::AdditiveGroup;

    use super::*;

    #[test]
    fn claims_are_consistent_with_the_rounds() {
        for kind in ["fr-fr", "i8-fr", "eq-abc"] {
            let instance = Instance::new(kind, 4).unwrap();
            let points = instance.request().unwrap().degree() + 1;
            let transcript = instance
                .play(CpuDevice::reference().sumcheck().unwrap())
                .unwrap();
            for (evaluations, &claim) in transcript.chunks(points).zip(&instance.claims) {
                assert_eq!(evaluations[0] + evaluations[1], claim, "{kind}");
            }
            assert_ne!(instance.claims[0], Fr::ZERO);
        }
    }
}
