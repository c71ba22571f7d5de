//! Running the program on the examples.

use std::path::Path;
use std::process::{Command, Output};

/// What the program answers to these arguments.
pub fn kernelwise(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kernelwise"))
        .args(args)
        .output()
        .expect("the program runs")
}

/// The path of an example.
pub fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples/digits")
        .join(name);
    path.to_str().expect("a UTF-8 path").to_owned()
}
