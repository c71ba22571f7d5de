//! Writes the Verilog of the core to standard output.

use kernelwise_fpga_core::{core::Core, emit};
use rust_hdl::prelude::*;

fn main() {
    let mut core = Core::default();
    core.connect_all();
    print!("{}", emit::verilog(&core, "kernelwise_core"));
}
