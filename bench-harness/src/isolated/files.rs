//! The files that all contenders read.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use ark_groth16::ProvingKey as ArkProvingKey;
use kernelwise_field::{Bn254, CanonicalDeserialize, CanonicalSerialize};
use kernelwise_groth16::circom::{CircomError, r1cs, wtns, zkey};
use kernelwise_groth16::{QuotientForm, ark, setup};

use crate::error::BenchError;
use crate::ops::groth16::chain;
use crate::reference::ARK;

pub(super) const ARK_KEY: &str = "ark.key";
pub(super) const ZKEY: &str = "circuit.zkey";
pub(super) const R1CS: &str = "circuit.r1cs";
pub(super) const WTNS: &str = "witness.wtns";

/// Makes keys for `2^log_size` constraints, and writes everything to `folder`.
///
/// # Errors
/// What setup or writing reports.
pub fn write(folder: &Path, log_size: u32) -> Result<(), BenchError> {
    // The domain also has a point for the constant one and for the public input.
    let (system, wires) = chain((1 << log_size) - 2)?;
    r1cs::write(create(folder, R1CS)?, &system)?;
    wtns::write(create(folder, WTNS)?, &wires)?;
    let key = setup(&system, QuotientForm::OddValues)?;
    zkey::write(create(folder, ZKEY)?, &key, &system)?;
    let key = ark::proving_to_ark(&setup(&system, QuotientForm::Powers)?)?;
    let mut out = create(folder, ARK_KEY)?;
    key.serialize_uncompressed(&mut out)
        .map_err(|error| BenchError::Reference {
            library: ARK,
            problem: error.to_string(),
        })?;
    out.flush().map_err(CircomError::Io)?;
    Ok(())
}

fn create(folder: &Path, name: &str) -> Result<BufWriter<File>, BenchError> {
    let file = File::create(folder.join(name)).map_err(CircomError::Io)?;
    Ok(BufWriter::new(file))
}

pub(super) fn open(folder: &Path, name: &str) -> Result<BufReader<File>, BenchError> {
    let file = File::open(folder.join(name)).map_err(CircomError::Io)?;
    Ok(BufReader::new(file))
}

pub(super) fn ark_key(folder: &Path) -> Result<ArkProvingKey<Bn254>, BenchError> {
    let key = ArkProvingKey::deserialize_uncompressed_unchecked(open(folder, ARK_KEY)?);
    key.map_err(|error| BenchError::Reference {
        library: ARK,
        problem: error.to_string(),
    })
}
