//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use kernelwise_core::kernels::ProofSystem;

/// Prove machine-learning inference, one kernel at a time.
#[derive(Debug, Parser)]
#[command(
    name = "kernelwise",
    version,
    after_help = "Data goes to standard output, messages to standard error.\n\
                  Exit status: 0 valid, 1 the proof is invalid, 2 wrong usage or input.\n\n\
                  Examples:\n  \
                  kernelwise prove examples/digits/lenet5.onnx --input examples/digits/seven.json --out target/seven\n  \
                  kernelwise verify --key target/seven/verifier.key --proof target/seven/proof.bin --public target/seven/public.json"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Print one JSON object on standard output instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// Show no progress.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Worker threads; all cores by default.
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<usize>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what a model is made of, how it is quantised, and how far that is from the float model.
    Inspect(Inspect),
    /// Compile a model and commit to its parameters, once for any number of proofs.
    Setup(Setup),
    /// Predict time, memory and size of a proof, step by step, without making it.
    Plan(Plan),
    /// Run a model on an input and prove the run.
    Prove(Prove),
    /// Check a proof. Needs the verifier key, the proof and the public values; nothing else of the prover's.
    Verify(Verify),
    /// Groth16 proofs of circom circuits: the files of snarkjs, proved on these devices.
    Groth16(Groth16),
    /// List the devices that can prove.
    Devices,
    /// Simulate, identify and check FPGA boards.
    #[command(subcommand)]
    Fpga(Fpga),
}

/// Which devices prove.
#[derive(Debug, Args, Clone)]
pub struct DeviceChoice {
    /// Devices in order of preference, separated by commas (`kernelwise devices` lists them); a CUDA card if there is one, unless
    /// named. Names joined by `+` share each large operation by measured speed. An FPGA gets the requests that are small enough for it,
    /// and if others are named with it, of these what it estimates to do sooner; the CPU gets what no other takes.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub devices: Vec<String>,
}

/// The commands for FPGAs.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "A core is `fpga-model` (software), `fpga-sim` (compiled Verilog, in builds with the feature hdl-sim), `fpga:` and the path \
                  of a serial port, or `replay:` and the path of a recorded trace."
)]
pub enum Fpga {
    /// Run a core behind a pseudo-terminal that opens like a board, and print its path.
    Sim {
        /// Stop after this many seconds; run until killed by default.
        #[arg(long, value_name = "N")]
        seconds: Option<u64>,
    },
    /// Show what a core says of itself; changes nothing on it.
    Info(Core),
    /// Run a sumcheck and a multi-scalar multiplication whose answers are known.
    Selftest {
        /// The core.
        #[command(flatten)]
        core: Core,
        /// Write the traffic to this file, for `--core replay:FILE`.
        #[arg(long, value_name = "FILE")]
        record: Option<PathBuf>,
    },
    /// Show what a core has counted since its last reset; changes nothing on it.
    Counters(Core),
}

/// Which core.
#[derive(Debug, Args)]
pub struct Core {
    /// The core.
    #[arg(long, value_name = "NAME", default_value = "fpga-model")]
    pub core: String,
}

/// How circuits of a model are proved.
#[derive(Debug, Args, Clone)]
pub struct Systems {
    /// Prove a kernel of gates by sumchecks (`gkr`, the default) or by Groth16, whose key is made here: whoever runs the setup could forge
    /// its proofs. Names a launch or its circuit; may be repeated.
    #[arg(long, value_name = "KERNEL=SYSTEM", value_parser = choice)]
    pub prove_with: Vec<(String, ProofSystem)>,
    /// Plan, and prove by Groth16 what is better proved so; --prove-with comes first.
    #[arg(long, value_enum)]
    pub objective: Option<Goal>,
}

/// What a plan makes small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Goal {
    /// Predicted time of the proof.
    Time,
    /// Bytes of the proof.
    ProofSize,
    /// Predicted peak memory.
    Memory,
}

/// How a model is quantised.
#[derive(Debug, Args, Clone)]
pub struct Quantisation {
    /// Sample inputs that set the activation scales: JSON or .npy files; may be repeated.
    #[arg(long, value_name = "FILE")]
    pub calibrate: Vec<PathBuf>,
    /// Bits per activation, 4 to 16.
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u32).range(4..=16))]
    pub activation_bits: u32,
}

/// Arguments of `inspect`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  kernelwise inspect examples/digits/lenet5.onnx --input examples/digits/seven.json"
)]
pub struct Inspect {
    /// The ONNX model.
    pub model: PathBuf,
    /// An input (JSON as EZKL has it, or .npy) on which to compare with the float model, layer by layer.
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Quantisation.
    #[command(flatten)]
    pub quantisation: Quantisation,
}

/// Arguments of `setup`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  kernelwise setup examples/digits/lenet5.onnx --calibrate examples/digits/seven.json --out target/lenet5"
)]
pub struct Setup {
    /// The ONNX model.
    pub model: PathBuf,
    /// Quantisation.
    #[command(flatten)]
    pub quantisation: Quantisation,
    /// Proof systems.
    #[command(flatten)]
    pub systems: Systems,
    /// Folder for model.kw, prover.key and verifier.key; keys of Groth16 launches that it holds are used again.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Devices.
    #[command(flatten)]
    pub devices: DeviceChoice,
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    kernelwise plan examples/digits/lenet5.onnx --calibrate examples/digits/seven.json\n  \
    kernelwise plan target/lenet5 --memory-budget 64MiB")]
pub struct Plan {
    /// An ONNX model, or a folder that `setup` wrote.
    pub model: PathBuf,
    /// Plan for no more memory than this, such as 64MiB or 2GB, or fail, naming the step and the missing bytes.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub memory_budget: Option<u64>,
    /// Devices to plan for. An FPGA is planned beside the others: how long it would take for what is small enough for it.
    #[command(flatten)]
    pub devices: DeviceChoice,
    /// Quantisation, when the model is an ONNX file.
    #[command(flatten)]
    pub quantisation: Quantisation,
    /// Proof systems, when the model is an ONNX file.
    #[command(flatten)]
    pub systems: Systems,
}

/// Arguments of `prove`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    kernelwise prove examples/digits/lenet5.onnx --input examples/digits/seven.json --out target/seven\n  \
    kernelwise prove target/lenet5 --input examples/digits/seven.json --out target/seven --json")]
pub struct Prove {
    /// An ONNX model, or a folder that `setup` wrote.
    pub model: PathBuf,
    /// The input: JSON `{"input_data": [[...], ...]}`, flat or nested, or .npy.
    #[arg(long, value_name = "FILE")]
    pub input: PathBuf,
    /// Folder for proof.bin, public.json and verifier.key.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Plan first, and show predicted and actual times side by side.
    #[arg(long)]
    pub plan: bool,
    /// Plan first, and prove within this much memory, such as 64MiB or 2GB, or not at all if that cannot be.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub memory_budget: Option<u64>,
    /// Quantisation, when the model is an ONNX file.
    #[command(flatten)]
    pub quantisation: Quantisation,
    /// Proof systems, when the model is an ONNX file.
    #[command(flatten)]
    pub systems: Systems,
    /// Devices.
    #[command(flatten)]
    pub devices: DeviceChoice,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  kernelwise verify --key target/seven/verifier.key --proof target/seven/proof.bin --public target/seven/public.json"
)]
pub struct Verify {
    /// The verifier key, from someone you trust to have set up the right model.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The proof.
    #[arg(long, value_name = "FILE")]
    pub proof: PathBuf,
    /// The public inputs and outputs.
    #[arg(long, value_name = "FILE")]
    pub public: PathBuf,
}

/// Arguments of `groth16`.
#[derive(Debug, Args)]
pub struct Groth16 {
    /// What to do.
    #[command(subcommand)]
    pub command: Groth16Command,
}

/// The commands of `groth16`.
#[derive(Debug, Subcommand)]
pub enum Groth16Command {
    /// Show what a .r1cs, .wtns or .zkey file holds.
    #[command(after_help = "Example:\n  kernelwise groth16 info circuit.zkey --json")]
    Info {
        /// The file.
        file: PathBuf,
    },
    /// Make a key from local randomness. Whoever runs this could forge proofs: for a key that others rely on, use a ceremony's.
    #[command(after_help = "Example:\n  kernelwise groth16 setup circuit.r1cs --out circuit.zkey")]
    Setup {
        /// The circuit, from `circom --r1cs`.
        circuit: PathBuf,
        /// The key to write, in the format of snarkjs.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Prove a witness with the key of a ceremony or of `setup`; the proof is checked before it is written.
    #[command(
        after_help = "Example:\n  kernelwise groth16 prove circuit.zkey witness.wtns --proof proof.json --public public.json"
    )]
    Prove {
        /// The key, with its circuit.
        key: PathBuf,
        /// The witness.
        witness: PathBuf,
        /// The proof to write, as snarkjs has it.
        #[arg(long, value_name = "FILE", default_value = "proof.json")]
        proof: PathBuf,
        /// The public inputs to write.
        #[arg(long, value_name = "FILE", default_value = "public.json")]
        public: PathBuf,
    },
    /// Check a proof of this program or of snarkjs.
    #[command(
        after_help = "Example:\n  kernelwise groth16 verify --key verification_key.json --proof proof.json --public public.json"
    )]
    Verify {
        /// The verification key, JSON or .zkey.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The proof.
        #[arg(long, value_name = "FILE")]
        proof: PathBuf,
        /// The public inputs.
        #[arg(long, value_name = "FILE")]
        public: PathBuf,
    },
    /// Write the verification key of a .zkey as JSON. For a Solidity verifier: `snarkjs zkey export solidityverifier`.
    #[command(
        after_help = "Example:\n  kernelwise groth16 export-vk circuit.zkey --out verification_key.json"
    )]
    ExportVk {
        /// The key.
        key: PathBuf,
        /// The file to write.
        #[arg(long, value_name = "FILE", default_value = "verification_key.json")]
        out: PathBuf,
    },
}

/// A kernel and the system that proves it.
fn choice(text: &str) -> Result<(String, ProofSystem), String> {
    let (kernel, system) = text
        .rsplit_once('=')
        .ok_or("expected KERNEL=gkr or KERNEL=groth16")?;
    match ProofSystem::from_name(system) {
        Some(system) => Ok((kernel.to_owned(), system)),
        None => Err(format!(
            "unknown system `{system}`, expected gkr or groth16"
        )),
    }
}

/// A number of bytes with an optional unit.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "" | "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        other => {
            return Err(format!(
                "unknown unit `{other}`, expected B, kB, MB, GB, KiB, MiB or GiB"
            ));
        }
    };
    let count: u64 = digits
        .trim()
        .parse()
        .map_err(|_| format!("`{digits}` is no number of bytes"))?;
    count
        .checked_mul(unit)
        .ok_or_else(|| "more than 2^64 bytes".to_owned())
}

#[cfg(test)]
mod tests {
    use kernelwise_core::kernels::ProofSystem;

    use super::{choice, size};

    #[test]
    fn choices_name_a_kernel_and_a_system() {
        let chosen = Ok(("/head/a=b".to_owned(), ProofSystem::Groth16));
        assert_eq!(choice("/head/a=b=groth16"), chosen);
        assert_eq!(choice("x=gkr"), Ok(("x".to_owned(), ProofSystem::Gkr)));
        for wrong in ["x", "x=", "x=plonk", "gkr"] {
            assert!(choice(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("64MiB"), Ok(64 << 20));
        assert_eq!(size("2GB"), Ok(2_000_000_000));
        assert_eq!(size("123"), Ok(123));
        for wrong in ["", "MiB", "12 parsecs", "-1", "99999999999GiB", "1.5MB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
