//! `kernelwise groth16 info`.

use std::path::Path;

use kernelwise_groth16::circom::{r1cs, wtns, zkey};
use serde::Serialize;

use super::read;
use crate::error::Failure;
use crate::output::{Format, Report, count, print};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Info {
    R1cs {
        constraints: usize,
        wires: usize,
        public_inputs: usize,
        terms: usize,
    },
    Wtns {
        wires: usize,
    },
    Zkey {
        wires: usize,
        public_inputs: usize,
        domain: usize,
        terms: usize,
        verifying_key: String,
    },
}

impl Report for Info {
    fn text(&self) -> String {
        let of = |number: usize| count(number as u64);
        match self {
            Self::R1cs {
                constraints,
                wires,
                public_inputs,
                terms,
            } => format!(
                "constraint system: {} constraints over {} wires, {} public inputs, {} terms",
                of(*constraints),
                of(*wires),
                of(*public_inputs),
                of(*terms)
            ),
            Self::Wtns { wires } => format!("witness: {} wires", of(*wires)),
            Self::Zkey {
                wires,
                public_inputs,
                domain,
                terms,
                verifying_key,
            } => format!(
                "proving key: {} wires, {} public inputs, a domain of {} points, {} terms\nverifying key {verifying_key}",
                of(*wires),
                of(*public_inputs),
                of(*domain),
                of(*terms)
            ),
        }
    }
}

/// Says what a file holds.
pub fn run(file: &Path, format: Format) -> Result<(), Failure> {
    let extension = file.extension().and_then(|extension| extension.to_str());
    let info = match extension {
        Some("wtns") => Info::Wtns {
            wires: read(file, wtns::read)?.len(),
        },
        Some("zkey") => {
            let (key, circuit) = read(file, zkey::open)?;
            Info::Zkey {
                wires: key.counts().total,
                public_inputs: key.counts().public,
                domain: key.domain_len(),
                terms: circuit.matrices().iter().map(|matrix| matrix.len()).sum(),
                verifying_key: key.verifying().digest().to_string(),
            }
        }
        _ => {
            let system = read(file, r1cs::read)?;
            Info::R1cs {
                constraints: system.num_constraints(),
                wires: system.counts().total,
                public_inputs: system.counts().public,
                terms: system.matrices().iter().map(|matrix| matrix.len()).sum(),
            }
        }
    };
    print(format, &info);
    Ok(())
}
