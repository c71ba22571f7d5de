//! The `kernelwise-bench` program.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use kernelwise_bench::args::Cli;
use kernelwise_bench::commands;

fn main() -> ExitCode {
    commands::run(&Cli::parse())
}
