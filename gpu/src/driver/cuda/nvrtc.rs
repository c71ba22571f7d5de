//! Compiles the sources on the machine that runs them.

use std::ffi::{CString, NulError, c_char};

use cudarc::nvrtc::result::{self, NvrtcError};
use cudarc::nvrtc::sys;

use super::super::DriverError;

/// Compiles one source to assembly for cards of this capability.
///
/// # Errors
/// [`DriverError::Unavailable`] if NVRTC is not installed, or with what the compiler says.
pub(super) fn compile(
    name: &str,
    source: &str,
    headers: &[(&str, &str)],
    (major, minor): (u32, u32),
) -> Result<String, DriverError> {
    // SAFETY: looks for a library, whose initialisation has no preconditions.
    if !unsafe { sys::is_culib_present() } {
        let reason = "KERNELWISE_NVRTC is set, and NVRTC is not installed".to_owned();
        return Err(DriverError::Unavailable(reason));
    }
    let failed = |reason: String| DriverError::Unavailable(format!("compiling {name}: {reason}"));
    let text = |text: &str| CString::new(text).map_err(|error: NulError| failed(error.to_string()));
    let (source, title) = (text(source)?, text(name)?);
    let names = headers
        .iter()
        .map(|(name, _)| text(name))
        .collect::<Result<Vec<_>, _>>()?;
    let contents = headers
        .iter()
        .map(|(_, contents)| text(contents))
        .collect::<Result<Vec<_>, _>>()?;
    let pointers = |texts: &[CString]| -> Vec<*const c_char> {
        texts.iter().map(|text| text.as_ptr()).collect()
    };
    let (name_pointers, content_pointers) = (pointers(&names), pointers(&contents));
    let mut program = std::ptr::null_mut();
    // SAFETY: the library is there; all texts end in zero and outlive the program; both tables have `headers.len()` entries.
    let created = unsafe {
        sys::nvrtcCreateProgram(
            &mut program,
            source.as_ptr(),
            title.as_ptr(),
            headers.len() as i32,
            content_pointers.as_ptr(),
            name_pointers.as_ptr(),
        )
    };
    let said = |error: NvrtcError| failed(format!("{:?}", error.0));
    created.result().map_err(said)?;
    let options = [
        format!("--gpu-architecture=compute_{major}{minor}"),
        "-std=c++17".to_owned(),
    ];
    // SAFETY: the program was created above and is destroyed below, once.
    let compiled = unsafe {
        let compiled = match result::compile_program(program, &options) {
            Ok(()) => result::get_ptx(program).map_err(said),
            Err(error) => Err(match result::get_program_log(program) {
                Ok(log) => failed(to_text(&log)),
                Err(_) => said(error),
            }),
        };
        let _ = result::destroy_program(program);
        compiled
    };
    compiled.map(|assembly| to_text(&assembly))
}

/// Characters up to the first zero.
fn to_text(characters: &[c_char]) -> String {
    let bytes: Vec<u8> = characters
        .iter()
        .map(|&character| character as u8)
        .take_while(|&byte| byte != 0)
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
