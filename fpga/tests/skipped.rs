//! Says what a build without the compiled Verilog leaves out.
#![cfg(not(feature = "hdl-sim"))]
#![allow(
    clippy::panic,
    reason = "asking for what is not there must fail, not pass"
)]

#[test]
#[ignore = "needs --features hdl-sim and verilator: the model against the Verilog, every row and every cycle"]
fn lockstep() {
    panic!("not in this build; cargo test -p kernelwise-fpga --features hdl-sim --test lockstep");
}

#[test]
#[ignore = "needs --features hdl-sim and verilator: whole operations on the Verilog over a pseudo-terminal"]
fn simulation() {
    panic!("not in this build; cargo test -p kernelwise-fpga --features hdl-sim --test simulation");
}

#[test]
#[ignore = "needs --features hdl-sim and verilator: a wrong baud rate, broken bytes and resets on the Verilog's serial line"]
fn line() {
    panic!("not in this build; cargo test -p kernelwise-fpga --features hdl-sim --test line");
}

#[test]
#[ignore = "needs --features hdl-sim and verilator: short cases of the hardware abstraction layer on the Verilog, alone and shared by two cores"]
fn compiled() {
    panic!("not in this build; cargo test -p kernelwise-fpga --features hdl-sim --test compiled");
}

#[test]
#[ignore = "needs --features hdl-sim and verilator: frames of every kind, the model's answers against the Verilog's"]
fn frames() {
    panic!("not in this build; cargo test -p kernelwise-fpga --features hdl-sim --test frames");
}
