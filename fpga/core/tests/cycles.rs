//! rust-hdl's own simulator against the compiled Verilog, cycle by cycle: both go through the requests in `trace/everything.txt`, and
//! a hash of their pins after every request must be the one there, which the driver's test of the same name compares too.

use kernelwise_fpga_core::host::Host;
use kernelwise_fpga_core::trace::Trace;

const PINS: [&str; 4] = ["rx", "tx", "running", "busy"];

/// FNV-1a, continued with a byte for every cycle from `from` on.
fn hash(hash: u64, trace: &Trace, from: usize) -> u64 {
    (from..trace.cycles()).fold(hash, |hash, cycle| {
        let bit = |(i, path)| u64::from(trace.bit(path, cycle)) << i;
        let byte: u64 = PINS.into_iter().enumerate().map(bit).sum();
        (hash ^ byte).wrapping_mul(0x0100_0000_01b3)
    })
}

fn octets(hex: &str) -> Vec<u8> {
    let octet = |i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(octet).collect()
}

#[test]
fn everything_happens_in_the_cycle_in_which_it_does_in_compiled_verilog() {
    let mut host = Host::new(&PINS);
    let (mut sum, mut done) = (0xcbf2_9ce4_8422_2325, 0);
    for (i, line) in include_str!("../trace/everything.txt").lines().enumerate() {
        let words: Vec<&str> = line.split(' ').collect();
        let [request, cycles, expected] = words[..] else {
            panic!("line {i}: {line}");
        };
        host.send(&octets(request));
        let trace = host.bench.trace();
        sum = hash(sum, trace, done);
        done = trace.cycles();
        assert_eq!(
            (done.to_string(), format!("{sum:016x}")),
            (cycles.to_owned(), expected.to_owned()),
            "cycles and hash after request {i}"
        );
    }
}
