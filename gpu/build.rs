//! Embeds the kernels: their sources, and what was compiled from them. With the feature `host-shim`: compiles them for the host,
//! or, with `KERNELWISE_TRANSLATED`, what `ptx/translate.py` made of them.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    for watched in ["build.rs", "kernels", "ptx"] {
        println!("cargo::rerun-if-changed={watched}");
    }
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let mut tables = String::new();
    let mut sources = files(&root.join("kernels"), "cu");
    // Tests of the launcher and of fields run on the host only.
    sources.retain(|source| !source.to_string_lossy().ends_with("_test.cu"));
    table(&mut tables, "SOURCES", &sources, "str");
    table(
        &mut tables,
        "HEADERS",
        &files(&root.join("kernels"), "cuh"),
        "str",
    );
    table(&mut tables, "PTX", &files(&root.join("ptx"), "ptx"), "str");
    table(
        &mut tables,
        "CUBINS",
        &files(&root.join("ptx"), "cubin"),
        "bytes",
    );
    if let Err(error) = std::fs::write(out.join("images.rs"), tables) {
        fail(&format!("cannot write to {}: {error}", out.display()));
    }
    #[cfg(feature = "host-shim")]
    host(&root);
}

/// The files in `folder` with this extension, in order of their names.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => fail(&format!("cannot read {}: {error}", folder.display())),
    };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

/// A table of names and contents.
fn table(out: &mut String, name: &str, files: &[PathBuf], kind: &str) {
    let contents = if kind == "str" { "str" } else { "[u8]" };
    let _ = writeln!(out, "static {name}: &[(&str, &{contents})] = &[");
    for file in files {
        let stem = file.file_name().unwrap_or_default().to_string_lossy();
        let _ = writeln!(out, "    ({stem:?}, include_{kind}!({file:?})),");
    }
    let _ = writeln!(out, "];");
}

#[cfg(feature = "host-shim")]
fn host(root: &Path) {
    println!("cargo::rerun-if-changed=shim");
    println!("cargo::rerun-if-env-changed=KERNELWISE_SANITIZE");
    println!("cargo::rerun-if-env-changed=KERNELWISE_TRANSLATED");
    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++17")
        .opt_level(2)
        .include(root.join("kernels"))
        .include(root.join("shim"))
        .flag("-Wno-unknown-pragmas");
    if std::env::var_os("KERNELWISE_SANITIZE").is_some() {
        for flag in ["-fsanitize=address", "-fno-omit-frame-pointer", "-g1"] {
            build.flag(flag);
        }
        // Tests link the runtime themselves: Rust's linker is told to take no default libraries.
        println!("cargo::rustc-link-arg=-Wl,--no-as-needed,-lasan");
    }
    build.files(files(&root.join("shim"), "cpp"));
    // Kernels are C++ under another extension.
    let units = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("units");
    // Kernels translated back from what was compiled for cards, instead of their sources.
    let translated = std::env::var_os("KERNELWISE_TRANSLATED").map(PathBuf::from);
    let mut sources = files(&root.join("kernels"), "cu");
    if let Some(folder) = &translated {
        println!("cargo::rerun-if-changed={}", folder.display());
        build.opt_level(1).warnings(false);
        sources.retain(|source| source.ends_with("shim_test.cu"));
        build.files(files(folder, "cpp"));
    }
    for source in sources {
        let unit = units
            .join(source.file_stem().unwrap_or_default())
            .with_extension("cpp");
        let text = format!("#include {source:?}\n");
        let written = std::fs::create_dir_all(&units).and_then(|()| std::fs::write(&unit, text));
        if let Err(error) = written {
            fail(&format!("cannot write {}: {error}", unit.display()));
        }
        build.file(unit);
    }
    build.compile("kernelwise_kernels");
}

fn fail(reason: &str) -> ! {
    println!("cargo::error={}", reason.replace('\n', " "));
    std::process::exit(1)
}
