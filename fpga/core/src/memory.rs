//! Block RAM, one read and one write a cycle, with its own output register: rows of 256 bits for the sequencer, bytes for the framer.

use std::collections::BTreeMap;

use rust_hdl::prelude::*;

/// Address bits of the core's memory: `2^ROW_BITS` rows.
pub const ROW_BITS: usize = 13;

/// Cycles from an address to its row.
pub const LATENCY: usize = 2;

/// `2^A` rows of `W` bits, `B` of which lie in one block.
///
/// A row arrives [`LATENCY`] cycles after its address. Reading a row in the cycle in which it is written is undefined.
///
/// On ECP5 the primitive is instantiated: inference leaves the output register outside, and a block that answers without
/// it takes most of a cycle. `B · 2^A` is the 16 kbit of a block, so that no output needs a multiplexer.
#[derive(LogicBlock, Default)]
pub struct Memory<const A: usize, const W: usize, const B: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// The row to read.
    pub read_address: Signal<In, Bits<A>>,
    /// The row whose address came two cycles before.
    pub read_data: Signal<Out, Bits<W>>,
    /// The row to write.
    pub write_address: Signal<In, Bits<A>>,
    /// What to write.
    pub write_data: Signal<In, Bits<W>>,
    /// Write in this cycle.
    pub write_enable: Signal<In, Bit>,
    _rows: BTreeMap<u16, Bits<W>>,
    _held: Bits<W>,
}

impl<const A: usize, const W: usize, const B: usize> Memory<A, W, B> {
    /// Puts a row there before a simulation begins.
    pub fn preload(&mut self, row: u16, value: Bits<W>) {
        self._rows.insert(row, value);
    }
}

impl<const A: usize, const W: usize, const B: usize> Logic for Memory<A, W, B> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.read_data.next = self._held;
            let row = self.read_address.val().to_u16();
            self._held = self._rows.get(&row).copied().unwrap_or_default();
            if self.write_enable.val() {
                let row = self.write_address.val().to_u16();
                self._rows.insert(row, self.write_data.val());
            }
        }
    }

    fn connect(&mut self) {
        self.read_data.connect();
    }

    fn hdl(&self) -> Verilog {
        let ports = |name: &str, bits: std::ops::Range<usize>, value: &dyn Fn(usize) -> String| {
            bits.map(|i| format!(".{name}{i}({}), ", value(i)))
                .collect::<String>()
        };
        let grounded = |_: usize| "1'b0".to_owned();
        // A block of `B` bits a row takes its address from bit `log2 B` on.
        let low = B.ilog2() as usize;
        let address = |signal: &'static str| move |i: usize| format!("{signal}[{}]", i - low);
        let data = |signal: &'static str| move |i: usize| format!("{signal}[{B} * i + {i}]");
        let control = |port: &str| {
            format!(
                ".CLK{port}(clock), .CE{port}(1'b1), .OCE{port}(1'b1), .RST{port}(1'b0), \
                 .CS{port}0(1'b0), .CS{port}1(1'b0), .CS{port}2(1'b0)"
            )
        };
        Verilog::Custom(format!(
            "\
`ifdef ECP5
wire [{top}:0] q;
genvar i;
generate
for (i = 0; i < {blocks}; i = i + 1) begin: block
   DP16KD #(.DATA_WIDTH_A({B}), .DATA_WIDTH_B({B}), .REGMODE_A(\"OUTREG\"), .REGMODE_B(\"OUTREG\"),
      .WRITEMODE_A(\"NORMAL\"), .WRITEMODE_B(\"NORMAL\"), .GSR(\"DISABLED\"))
      ram (.WEA(write_enable), .WEB(1'b0),
         {data_a}{data_b}{data_q}
         {low_a}{address_a}
         {low_b}{address_b}
         {control_a}, {control_b});
end
endgenerate
always @(*) read_data = q;
`else
reg [{top}:0] mem[{last}:0];
reg [{top}:0] held;
initial begin
   held = 0;
   read_data = 0;
end
always @(posedge clock) begin
   held <= mem[read_address];
   read_data <= held;
   if (write_enable) mem[write_address] <= write_data;
end
`endif",
            top = W - 1,
            last = (1 << A) - 1,
            blocks = W / B,
            data_a = ports("DIA", 0..B, &data("write_data")),
            data_b = ports("DIB", 0..B, &grounded),
            data_q = ports("DOB", 0..B, &data("q")),
            address_a = ports("ADA", low..low + A, &address("write_address")),
            address_b = ports("ADB", low..low + A, &address("read_address")),
            low_a = ports("ADA", 0..low, &grounded),
            low_b = ports("ADB", 0..low, &grounded),
            control_a = control("A"),
            control_b = control("B"),
        ))
    }
}
