//! Tells the program which compiler built it.

fn main() {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = std::process::Command::new(rustc)
        .arg("--version")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned());
    let level = std::env::var("OPT_LEVEL").unwrap_or_default();
    let features = std::env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    environment("KERNELWISE_BENCH_RUSTC", &version);
    environment("KERNELWISE_BENCH_OPT_LEVEL", &level);
    environment("KERNELWISE_BENCH_TARGET_FEATURES", &features);
    directive("rerun-if-changed=build.rs");
}

fn environment(name: &str, value: &str) {
    directive(&format!("rustc-env={name}={value}"));
}

fn directive(text: &str) {
    use std::io::Write;
    // A build script that cannot talk to cargo fails by the missing variables.
    let _ = writeln!(std::io::stdout().lock(), "cargo::{text}");
}
