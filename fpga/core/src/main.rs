//! Writes Verilog to standard output: of the core, or with the argument `lanes` of four of them.

use kernelwise_fpga_core::{core::Single, emit, lanes::Quad};
use rust_hdl::prelude::*;

fn verilog<B: Block + Default>(name: &str) -> String {
    let mut block = B::default();
    block.connect_all();
    emit::verilog(&block, name)
}

fn main() {
    let text = match std::env::args().nth(1).as_deref() {
        Some("lanes") => verilog::<Quad>("kernelwise_lanes"),
        _ => verilog::<Single>("kernelwise_core"),
    };
    print!("{text}");
}
