//! Writes Verilog to standard output: of the core, or with the argument `lanes` of four of them. With the argument
//! `waves`, draws the pictures of the documentation into `doc/waves`.

use kernelwise_fpga_core::{core::Single, emit, lanes::Quad, waves};
use rust_hdl::prelude::*;

fn verilog<B: Block + Default>(name: &str) -> String {
    let mut block = B::default();
    block.connect_all();
    emit::verilog(&block, name)
}

fn main() -> std::io::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("waves") => {
            for picture in waves::all() {
                std::fs::write(picture.path(), picture.svg)?;
            }
        }
        Some("lanes") => print!("{}", verilog::<Quad>("kernelwise_lanes")),
        _ => print!("{}", verilog::<Single>("kernelwise_core")),
    }
    Ok(())
}
