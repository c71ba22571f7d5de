//! `kernelwise groth16`.

mod info;
mod prove;
mod setup;
mod verify;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use kernelwise_groth16::circom::CircomError;

use crate::args::Groth16Command;
use crate::error::Failure;
use crate::output::Format;

/// Runs one of the commands.
pub fn run(command: &Groth16Command, format: Format, quiet: bool) -> Result<(), Failure> {
    match command {
        Groth16Command::Info { file } => info::run(file, format),
        Groth16Command::Setup { circuit, out } => setup::run(circuit, out, format, quiet),
        Groth16Command::Prove {
            key,
            witness,
            proof,
            public,
        } => prove::run(
            &prove::Paths {
                key,
                witness,
                proof,
                public,
            },
            format,
            quiet,
        ),
        Groth16Command::Verify { key, proof, public } => verify::run(key, proof, public, format),
        Groth16Command::ExportVk { key, out } => verify::export(key, out, format),
    }
}

/// Reads a binary file of circom or snarkjs.
fn read<T>(
    path: &Path,
    read: impl FnOnce(BufReader<File>) -> Result<T, CircomError>,
) -> Result<T, Failure> {
    let file = File::open(path).map_err(|source| Failure::Read {
        path: path.to_owned(),
        source,
    })?;
    read(BufReader::new(file)).map_err(at(path))
}

/// Names the file of an error.
fn at(path: &Path) -> impl Fn(CircomError) -> Failure + '_ {
    move |source| Failure::Circom {
        path: path.to_owned(),
        source,
    }
}
