//! What the fuzz targets run: readers of bytes from strangers, and what is done with what they give.
//!
//! | target | reads | checks besides that nothing panics, hangs or takes memory without bound |
//! |---|---|---|
//! | `r1cs`, `wtns` | files of circom | what was read is written and read as the same |
//! | `zkey` | keys of snarkjs | both readers give one key; resident or streamed, its proofs are values or errors |
//! | `snarkjs_json` | proofs, public inputs and keys of snarkjs | what was read is written and read as the same |
//! | `launch_key` | Groth16 keys of a setup folder | what was read is written and read as the same |
//! | `verifier_key` | verifier keys, files, programs | there is one encoding; nothing verifies under a strange key |
//! | `proof` | proofs: any bytes, and honest ones with edits | only the honest proof verifies |
//! | `public` | public inputs and outputs | only the honest statement verifies |
//! | `frame` | frames and recorded traffic of the FPGA's link | found frames encode to what was found; answers have the right shape |
//!
//! Every target writes its own seeds: see [`write_seeds`].

pub mod circom;
pub mod frames;
pub mod keys;
pub mod proofs;

/// The folder that seeds go to.
const FOLDER: &str = "KERNELWISE_FUZZ_SEEDS";

/// Writes valid inputs to the folder that the environment variable `KERNELWISE_FUZZ_SEEDS` names, if there is one.
///
/// # Panics
/// If they cannot be written.
pub fn write_seeds(seeds: impl FnOnce() -> Vec<Vec<u8>>) {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let folder = std::path::PathBuf::from(folder);
    for (index, seed) in seeds().iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{index}")), seed).expect("a seed is written");
    }
}
