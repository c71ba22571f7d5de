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
    fn kernelwise_model_cycle(model: *mut c_void, rx: u32) -> u32;
    fn kernelwise_model_busy(model: *const c_void) -> u32;
}

/// What the core's outputs are in a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pins {
    /// The line to the host.
    pub tx: bool,
    /// Jobs are running.
    pub running: bool,
    /// A request is being carried out or answered.
    pub busy: bool,
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

    /// One cycle in which the line from the host is at `rx`, and the outputs before the edge of the clock that ends it.
    pub fn cycle(&mut self, rx: bool) -> Pins {
        // SAFETY: `model` is alive and used by nobody else.
        let pins = unsafe { kernelwise_model_cycle(self.model, rx.into()) };
        let pin = |bit: u32| pins >> bit & 1 == 1;
        Pins {
            tx: pin(0),
            running: pin(1),
            busy: pin(2),
        }
    }

    /// A request is being carried out or answered, or a byte is on a line.
    pub fn busy(&self) -> bool {
        // SAFETY: `model` is alive and used by nobody else.
        unsafe { kernelwise_model_busy(self.model) != 0 }
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
        let sent = unsafe {
            kernelwise_model_run(
                self.model,
                cycles,
                input.as_ptr(),
                input.len(),
                &mut taken,
                output[start..].as_mut_ptr(),
                most,
            )
        };
        output.truncate(start + sent.min(most));
        (taken.min(input.len()), self.busy())
    }
}
