//! The core's Verilog, compiled by Verilator.

#![expect(unsafe_code, reason = "the compiled model is C++")]

use std::ffi::c_void;

use super::LineCore;

unsafe extern "C" {
    fn kernelwise_model_new(divider: u32, host_bit_256ths: u32, seed: u32) -> *mut c_void;
    fn kernelwise_model_free(model: *mut c_void);
    fn kernelwise_model_run(
        model: *mut c_void,
        cycles: u64,
        input: *const u8,
        input_len: usize,
        taken: *mut usize,
        output: *mut u8,
        output_len: usize,
    ) -> usize;
    fn kernelwise_model_busy(model: *const c_void) -> u32;
}

/// A simulated core with a serial line.
#[derive(Debug)]
pub struct Verilated {
    model: *mut c_void,
    divider: u16,
}

// SAFETY: the model is owned by this value alone and keeps nothing in thread-local storage.
unsafe impl Send for Verilated {}

impl Verilated {
    /// A core after power-up, at `divider` cycles a bit. `seed` chooses what memory
    /// holds; 0 for zeros.
    pub fn new(divider: u16, seed: u32) -> Self {
        Self::with_host_rate(divider, 1.0, seed)
    }

    /// As [`new`](Self::new), with a host whose bits are longer than the core's by `factor`.
    pub fn with_host_rate(divider: u16, factor: f64, seed: u32) -> Self {
        let bit = (f64::from(divider) * 256.0 * factor) as u32;
        // SAFETY: no precondition; the result is owned here and freed in `drop`.
        let model = unsafe { kernelwise_model_new(u32::from(divider), bit, seed) };
        Self { model, divider }
    }
}

impl Drop for Verilated {
    fn drop(&mut self) {
        // SAFETY: `model` came from `kernelwise_model_new` and is freed once.
        unsafe { kernelwise_model_free(self.model) }
    }
}

impl LineCore for Verilated {
    fn advance(&mut self, cycles: u64, input: &[u8], output: &mut Vec<u8>) -> (usize, bool) {
        // At most one byte every ten bits, and one that was under way.
        let most = (cycles / (10 * u64::from(self.divider.max(1))) + 2) as usize;
        let start = output.len();
        output.resize(start + most, 0);
        let mut taken = 0;
        // SAFETY: both slices are valid for the lengths given, and `model` is alive and used by nobody else.
        let (sent, busy) = unsafe {
            let sent = kernelwise_model_run(
                self.model,
                cycles,
                input.as_ptr(),
                input.len(),
                &mut taken,
                output[start..].as_mut_ptr(),
                most,
            );
            (sent, kernelwise_model_busy(self.model) != 0)
        };
        output.truncate(start + sent.min(most));
        (taken.min(input.len()), busy)
    }
}
