//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::compare::Measure;
use crate::isolated::Prover;
use crate::ops::Op;

/// Measures Kernelwise against references of the same run; records nothing that was not verified.
#[derive(Debug, Parser)]
#[command(
    name = "kernelwise-bench",
    version,
    after_help = "Data goes to standard output, progress to standard error.\n\
                  Exit status: 0 done, 1 a wrong result or a regression, 2 wrong usage or input.\n\n\
                  Examples:\n  \
                  kernelwise-bench primitives --ops msm,sumcheck --log-sizes 12..16\n  \
                  kernelwise-bench primitives --threads 1,2 --json > new.json\n  \
                  kernelwise-bench models --models examples/digits --html report.html\n  \
                  kernelwise-bench compare old.json new.json --threshold 10"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Measure single operations of the hardware layer.
    Primitives(Primitives),
    /// Prove and verify every model of a folder.
    Models(Models),
    /// Count what the FPGA core does, and project times with and without its serial line.
    Fpga(Fpga),
    /// Measure Groth16 proofs from files, each contender in a process of its own, so that peak memory is its own.
    Groth16(Groth16),
    /// Show what changed between two JSON reports; exit status 1 if something became slower.
    Compare(Compare),
}

/// Where reports go.
#[derive(Debug, Args, Clone)]
pub struct Output {
    /// Print the report as JSON instead of a table.
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Print the report as comma-separated values instead of a table.
    #[arg(long)]
    pub csv: bool,
    /// Also write a self-contained page with plots.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// What is measured on what.
#[derive(Debug, Args, Clone)]
pub struct Runs {
    /// Thread counts, each measured by itself.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "1", value_parser = parse_threads)]
    pub threads: Vec<usize>,
    /// Devices by name.
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "cpu"
    )]
    pub devices: Vec<String>,
    /// Samples per contender, apart from warm-up; at least 5 for figures to report.
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = parse_samples)]
    pub samples: usize,
}

/// Arguments of `primitives`.
#[derive(Debug, Args, Clone)]
#[command(after_help = "Examples:\n  \
    kernelwise-bench primitives --ops field --log-sizes 20\n  \
    kernelwise-bench primitives --ops msm-small --kinds i8,bits --log-sizes 12,16,20 --csv\n  \
    kernelwise-bench primitives --ops contract,sumcheck --log-sizes 12..20 --html report.html")]
pub struct Primitives {
    /// Operations; all that are offered by default.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub ops: Vec<Op>,
    /// Kinds of numbers, such as i8 or fr-fr; all of each operation by default.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub kinds: Vec<String>,
    /// Binary logarithms of sizes: a range with both ends, as 12..20, or a list.
    #[arg(long, value_name = "SIZES", default_value = "12..16", value_parser = parse_log_sizes)]
    pub log_sizes: LogSizes,
    /// Threads, devices and samples.
    #[command(flatten)]
    pub runs: Runs,
    /// Output.
    #[command(flatten)]
    pub output: Output,
}

/// Arguments of `models`.
#[derive(Debug, Args, Clone)]
#[command(
    after_help = "The input of NAME.onnx is NAME.input.json or NAME.input.npy beside it; without one, noise.\n\n\
    Examples:\n  \
    kernelwise-bench models --models examples/digits\n  \
    kernelwise-bench models --models examples/digits --only lenet5 --threads 1,2 --json"
)]
pub struct Models {
    /// Folder of ONNX models.
    #[arg(long, value_name = "DIR", default_value = "examples/digits")]
    pub models: PathBuf,
    /// Models by name; all by default.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Bits per activation.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(4..=16))]
    pub activation_bits: u32,
    /// Measure in this process instead of one process per model; peak memory is then that of all of them.
    #[arg(long)]
    pub in_process: bool,
    /// Threads, devices and samples.
    #[command(flatten)]
    pub runs: Runs,
    /// Output.
    #[command(flatten)]
    pub output: Output,
}

/// Arguments of `fpga`.
#[derive(Debug, Args, Clone)]
#[command(
    after_help = "Cycles and bytes are counted; times are projected from them, and are no measurement of a board.\n\n\
    Examples:\n  \
    kernelwise-bench fpga\n  \
    kernelwise-bench fpga --log-sizes 8,10 --baud 3000000 --json\n  \
    kernelwise-bench fpga --core fpga-model+fpga-model"
)]
pub struct Fpga {
    /// The core: fpga-model, or fpga-sim in builds with the feature hdl-sim. Cores whose names are joined by `+` share each operation.
    #[arg(long, value_name = "NAME", default_value = "fpga-model")]
    pub core: String,
    /// Binary logarithms of sizes: a range with both ends, or a list.
    #[arg(long, value_name = "SIZES", default_value = "6,8,10", value_parser = parse_log_sizes)]
    pub log_sizes: LogSizes,
    /// Clock of the core in Hz; that of place and route by default.
    #[arg(long, value_name = "HZ", default_value_t = kernelwise_fpga::device::ROUTED_HZ, value_parser = clap::value_parser!(u64).range(1..))]
    pub clock: u64,
    /// Bits a second of the serial line; that of the board by default.
    #[arg(long, value_name = "BAUD", default_value_t = u64::from(kernelwise_fpga::device::BAUD), value_parser = clap::value_parser!(u64).range(1..))]
    pub baud: u64,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `groth16`.
#[derive(Debug, Args, Clone)]
#[command(
    after_help = "Example:\n  kernelwise-bench groth16 --log-sizes 16,18 --threads 2 --samples 5 --json"
)]
pub struct Groth16 {
    /// Binary logarithms of numbers of constraints, from 3 to 22.
    #[arg(long, value_name = "SIZES", default_value = "16", value_parser = parse_log_sizes)]
    pub log_sizes: LogSizes,
    /// Threads of each process.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = parse_threads)]
    pub threads: usize,
    /// Samples per contender, apart from warm-up; at least 5 for figures to report.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = parse_samples)]
    pub samples: usize,
    /// Measure this contender in this process, from the files in a folder: what the processes of the command do.
    #[arg(long, value_enum, requires = "files", hide = true)]
    pub contender: Option<Prover>,
    /// The folder.
    #[arg(long, value_name = "DIR", requires = "contender", hide = true)]
    pub files: Option<PathBuf>,
    /// Output.
    #[command(flatten)]
    pub output: Output,
}

/// Arguments of `compare`.
#[derive(Debug, Args, Clone)]
#[command(
    after_help = "Example:\n  kernelwise-bench compare old.json new.json --threshold 10 --by time"
)]
pub struct Compare {
    /// The earlier report.
    pub old: PathBuf,
    /// The later report.
    pub new: PathBuf,
    /// Changes up to this many percent are none.
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0, value_parser = parse_threshold)]
    pub threshold: f64,
    /// What to compare; records without a common reference are compared by time.
    #[arg(long, value_enum, default_value_t = Measure::Ratio)]
    pub by: Measure,
}

/// Binary logarithms of sizes, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSizes(pub Vec<u32>);

/// The largest size that fits any machine in reach.
const MAX_LOG_SIZE: u32 = 30;

fn parse_log_sizes(text: &str) -> Result<LogSizes, String> {
    let number = |word: &str| {
        let parsed = word.trim().parse::<u32>();
        parsed
            .ok()
            .filter(|&size| (1..=MAX_LOG_SIZE).contains(&size))
            .ok_or_else(|| format!("expected sizes from 1 to {MAX_LOG_SIZE}, got `{word}`"))
    };
    let mut sizes = Vec::new();
    for part in text.split(',') {
        match part.split_once("..") {
            Some((low, high)) => {
                let high = high.strip_prefix('=').unwrap_or(high);
                let (low, high) = (number(low)?, number(high)?);
                if low > high {
                    return Err(format!("expected an ascending range, got `{part}`"));
                }
                sizes.extend(low..=high);
            }
            None => sizes.push(number(part)?),
        }
    }
    sizes.sort_unstable();
    sizes.dedup();
    Ok(LogSizes(sizes))
}

fn positive(text: &str, max: usize) -> Result<usize, String> {
    let parsed = text.parse::<usize>().ok();
    parsed
        .filter(|value| (1..=max).contains(value))
        .ok_or_else(|| format!("expected 1 to {max}"))
}

fn parse_threads(text: &str) -> Result<usize, String> {
    positive(text, 4096)
}

fn parse_samples(text: &str) -> Result<usize, String> {
    positive(text, 100_000)
}

fn parse_threshold(text: &str) -> Result<f64, String> {
    let parsed = text.parse::<f64>().ok();
    parsed
        .filter(|percent| percent.is_finite() && *percent >= 0.0)
        .ok_or_else(|| "expected a percentage of at least 0".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_are_ranges_and_lists() {
        let sizes = |text| parse_log_sizes(text).map(|sizes| sizes.0);
        assert_eq!(sizes("12..14"), Ok(vec![12, 13, 14]));
        assert_eq!(sizes("12..=13"), Ok(vec![12, 13]));
        assert_eq!(sizes("16,10,16"), Ok(vec![10, 16]));
        assert_eq!(sizes("4..5,9"), Ok(vec![4, 5, 9]));
        for wrong in ["", "0", "31", "5..4", "a..b", "-1"] {
            assert!(sizes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn percentages_are_not_negative() {
        assert!(parse_threshold("-1").is_err());
        assert!(parse_threshold("nan").is_err());
        assert_eq!(parse_threshold("2.5"), Ok(2.5));
    }
}
