//! The `kernelwise` program.
#![deny(unsafe_code)]

mod args;
mod commands;
mod devices;
mod error;
mod files;
mod mapped;
mod output;
mod progress;
mod public;
mod rates;

use std::process::ExitCode;

use args::{Cli, Command};
use clap::Parser;
use error::Failure;
use output::Format;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            if let Some(hint) = failure.hint() {
                eprintln!("hint: {hint}");
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

fn run(cli: &Cli) -> Result<(), Failure> {
    if let Some(threads) = cli.threads {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build_global();
        pool.map_err(|error| Failure::Threads {
            threads,
            problem: error.to_string(),
        })?;
    }
    let format = if cli.json { Format::Json } else { Format::Text };
    match &cli.command {
        Command::Inspect(args) => commands::inspect::run(args, format),
        Command::Setup(args) => commands::setup::run(args, format, cli.quiet),
        Command::Plan(args) => commands::plan::run(args, format),
        Command::Prove(args) => commands::prove::run(args, format, cli.quiet),
        Command::Verify(args) => commands::verify::run(args, format),
        Command::Groth16(args) => commands::groth16::run(&args.command, format, cli.quiet),
        Command::Devices => commands::devices::run(format),
        Command::Fpga(command) => commands::fpga::run(command, format),
    }
}
