//! The kernels as they are loaded: machine code where there is some for the card, else the assembly that the driver compiles.

use std::ffi::CString;

use cudarc::driver::{result, sys};

use super::super::DriverError;
use super::{describe, nvrtc};

include!(concat!(env!("OUT_DIR"), "/images.rs"));

/// Makes the driver compile the sources with NVRTC instead of loading what was compiled ahead.
const RECOMPILE: &str = "KERNELWISE_NVRTC";

/// Loads all kernels into the current context.
///
/// # Errors
/// [`DriverError::Unavailable`] if the driver takes no image of some source, or the compiler fails.
pub(super) fn load(capability: (u32, u32)) -> Result<Vec<sys::CUmodule>, DriverError> {
    let mut modules = Vec::new();
    let loaded = SOURCES.iter().try_for_each(|(name, source)| {
        let stem = name.trim_end_matches(".cu");
        let module = if std::env::var_os(RECOMPILE).is_some_and(|value| value == "1") {
            assembly(stem, &nvrtc::compile(name, source, HEADERS, capability)?)
        } else {
            compiled(stem, capability)
        };
        modules.push(module?);
        Ok(())
    });
    if let Err(error) = loaded {
        for module in modules {
            // SAFETY: loaded above, and used by nothing.
            let _ = unsafe { result::module::unload(module) };
        }
        return Err(error);
    }
    Ok(modules)
}

/// Loads what was compiled ahead from the source called `stem`.
fn compiled(stem: &str, (major, minor): (u32, u32)) -> Result<sys::CUmodule, DriverError> {
    // Machine code runs on its own generation, and on later minor revisions of it.
    let code = (0..=minor).rev().find_map(|minor| {
        let wanted = format!("{stem}.sm_{major}{minor}.cubin");
        CUBINS.iter().find(|(name, _)| *name == wanted)
    });
    if let Some((_, code)) = code {
        // SAFETY: the image is complete machine code, which carries its own length.
        if let Ok(module) = unsafe { result::module::load_data(code.as_ptr().cast()) } {
            return Ok(module);
        }
    }
    let wanted = format!("{stem}.ptx");
    match PTX.iter().find(|(name, _)| *name == wanted) {
        Some((_, text)) => assembly(stem, text),
        None => Err(DriverError::Unavailable(format!(
            "this build has no compiled kernels of {stem}"
        ))),
    }
}

/// Has the driver compile assembly.
fn assembly(stem: &str, text: &str) -> Result<sys::CUmodule, DriverError> {
    let rejected =
        |reason: String| DriverError::Unavailable(format!("kernels of {stem}: {reason}"));
    let image = CString::new(text).map_err(|error| rejected(error.to_string()))?;
    // SAFETY: the image is text that ends in zero.
    unsafe { result::module::load_data(image.as_ptr().cast()) }
        .map_err(|failure| rejected(describe(failure)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_compiled_ahead() {
        for (name, _) in SOURCES {
            let stem = name.trim_end_matches(".cu");
            for file in [format!("{stem}.sm_80.cubin"), format!("{stem}.sm_90.cubin")] {
                assert!(CUBINS.iter().any(|(name, _)| *name == file), "{file}");
            }
            let file = format!("{stem}.ptx");
            assert!(PTX.iter().any(|(name, _)| *name == file), "{file}");
        }
    }
}
