//! With the feature `hdl-sim`: compiles the core's Verilog with Verilator.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "hdl-sim")]
    verilate();
}

#[cfg(feature = "hdl-sim")]
fn verilate() {
    use std::path::{Path, PathBuf};
    use std::process::Command;

    // The core's own Verilog, or something in its place; or a netlist of it with its cells, which is long and runs a few jobs only.
    println!("cargo::rerun-if-env-changed=KERNELWISE_SIM_VERILOG");
    println!("cargo::rerun-if-env-changed=KERNELWISE_SIM_NETLIST");
    println!("cargo::rerun-if-env-changed=CXX");
    let netlist = std::env::var("KERNELWISE_SIM_NETLIST");
    let short = netlist.is_err();
    let verilog = netlist.or_else(|_| std::env::var("KERNELWISE_SIM_VERILOG"));
    let verilog = verilog.unwrap_or_else(|_| "core/rtl/kernelwise_core.v".to_owned());
    for file in verilog.split(' ').chain(["sim/model.cpp"]) {
        println!("cargo::rerun-if-changed={file}");
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("verilated");
    let verilator = |arguments: &[&str]| -> String {
        let output = Command::new("verilator").args(arguments).output();
        match output {
            Ok(output) if output.status.success() => {
                String::from_utf8_lossy(&output.stdout).trim().to_owned()
            }
            Ok(output) => fail(&String::from_utf8_lossy(&output.stderr)),
            Err(error) => fail(&format!(
                "the feature hdl-sim needs verilator (apt: verilator): {error}"
            )),
        }
    };
    // Whatever an earlier version of the core left would be compiled too.
    let _ = std::fs::remove_dir_all(&out);
    let out_dir = out.to_string_lossy();
    let arguments = [
        "--cc",
        "-O3",
        // Unknown values are what the seed of a model makes of them.
        "--x-assign",
        "unique",
        "--x-initial",
        "unique",
        "--noassert",
        "-Wno-WIDTH",
        "-Wno-fatal",
        "--top-module",
        "kernelwise_core",
        "--prefix",
        "Vcore",
        "--Mdir",
        &out_dir,
    ];
    let files = verilog.split(' ');
    verilator(&arguments.into_iter().chain(files).collect::<Vec<_>>());
    let root = PathBuf::from(verilator(&["--getenv", "VERILATOR_ROOT"])).join("include");
    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++17")
        .opt_level(if short { 3 } else { 1 })
        // Nobody steps through what Verilator writes, and its functions are too long for the compiler to keep track.
        .debug(false)
        .warnings(false)
        .flag_if_supported("-fno-strict-aliasing");
    // A cycle is one function of thousands of statements: what counts is how few instructions they become, and clang finds fewer.
    let chosen = std::env::var_os("CXX").is_some();
    if short && !chosen && Command::new("clang++").arg("--version").output().is_ok() {
        build.compiler("clang++");
        // Verilator's runtime asks whether atomics have locks, which clang leaves to a library.
        println!("cargo::rustc-link-lib=atomic");
    }
    build
        .include(&root)
        .include(root.join("vltstd"))
        .include(&out)
        .file("sim/model.cpp");
    for name in ["verilated.cpp", "verilated_threads.cpp"] {
        build.file(root.join(name));
    }
    let generated = std::fs::read_dir(&out)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect());
    let generated: Vec<PathBuf> = generated.unwrap_or_default();
    let is_source = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "cpp");
    build.files(generated.iter().filter(is_source).map(Path::new));
    build.compile("kernelwise_core");
}

#[cfg(feature = "hdl-sim")]
fn fail(reason: &str) -> ! {
    println!("cargo::error={}", reason.replace('\n', " "));
    std::process::exit(1)
}
