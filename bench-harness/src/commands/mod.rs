//! What the commands do, and the exit status that they leave.

mod compare;
mod fpga;
mod groth16;
mod models;
mod output;
mod primitives;

use std::process::ExitCode;

use crate::args::{Cli, Command};
use crate::error::BenchError;
use crate::measure::Sampling;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// As wished.
    Done,
    /// A result was wrong, or something became slower.
    Failed,
}

/// Runs a command: 0 done, 1 a wrong result or a regression, 2 wrong usage or input.
pub fn run(cli: &Cli) -> ExitCode {
    let outcome = match &cli.command {
        Command::Primitives(args) => primitives::run(args),
        Command::Models(args) => models::run(args),
        Command::Fpga(args) => fpga::run(args),
        Command::Groth16(args) => groth16::run(args),
        Command::Compare(args) => compare::run(args),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            let wrong = error.downcast_ref::<BenchError>();
            ExitCode::from(if wrong.is_some_and(BenchError::is_wrong_result) {
                1
            } else {
                2
            })
        }
    }
}

/// A pool of `threads` threads.
fn pool(threads: usize) -> Result<rayon::ThreadPool, BenchError> {
    let builder = rayon::ThreadPoolBuilder::new().num_threads(threads);
    builder.build().map_err(|error| BenchError::Threads {
        threads,
        problem: error.to_string(),
    })
}

fn sampling(samples: usize, threads: usize) -> Sampling {
    if samples < 5 {
        eprintln!("warning: {samples} samples are too few for figures to report");
    }
    Sampling { samples, threads }
}

/// The arguments of this process, to be kept in the report.
fn command_line() -> String {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    arguments.join(" ")
}
