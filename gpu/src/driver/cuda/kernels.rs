//! The kernels that were loaded, by name.

use std::collections::HashMap;
use std::ffi::CString;
use std::sync::{Mutex, PoisonError};

use cudarc::driver::{result, sys};

use super::super::DriverError;
use super::images;

/// Modules of a context, and the functions that were asked for.
#[derive(Default)]
pub(super) struct Kernels {
    modules: Vec<sys::CUmodule>,
    functions: Mutex<HashMap<String, sys::CUfunction>>,
}

impl Kernels {
    /// Loads all kernels into the current context.
    ///
    /// # Errors
    /// As [`images::load`].
    pub(super) fn load(capability: (u32, u32)) -> Result<Self, DriverError> {
        Ok(Self {
            modules: images::load(capability)?,
            functions: Mutex::default(),
        })
    }

    /// The kernel of this name.
    ///
    /// # Errors
    /// [`DriverError::Launch`] if there is none.
    pub(super) fn function(&self, kernel: &str) -> Result<sys::CUfunction, DriverError> {
        let mut functions = self
            .functions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(&function) = functions.get(kernel) {
            return Ok(function);
        }
        let missing = |reason: String| DriverError::Launch {
            kernel: kernel.to_owned(),
            reason,
        };
        for &module in &self.modules {
            let name = CString::new(kernel).map_err(|error| missing(error.to_string()))?;
            // SAFETY: modules are loaded until `unload`.
            if let Ok(function) = unsafe { result::module::get_function(module, name) } {
                functions.insert(kernel.to_owned(), function);
                return Ok(function);
            }
        }
        Err(missing("no such kernel".to_owned()))
    }

    /// Gives the modules back.
    ///
    /// # Safety
    /// Nothing of them runs, and no function of theirs is used again.
    pub(super) unsafe fn unload(&mut self) {
        for module in self.modules.drain(..) {
            // SAFETY: by the contract of this function.
            let _ = unsafe { result::module::unload(module) };
        }
    }
}
