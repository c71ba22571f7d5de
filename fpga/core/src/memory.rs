//! The memory: rows of 256 bits, one read and one write a cycle, whose output register is the block RAM's own.

use std::collections::BTreeMap;

use rust_hdl::prelude::*;

/// Address bits: `2^ROW_BITS` rows.
pub const ROW_BITS: usize = 13;

/// Bits of a row.
const ROW_WIDTH: usize = 256;
/// Bits of a row in one block: at `2^13` rows a block holds two, so that no output needs a multiplexer.
const BLOCK_WIDTH: usize = 2;

/// `2^13` rows of 256 bits.
///
/// A row arrives two cycles after its address. Reading a row in the cycle in which it is written is undefined.
///
/// On ECP5 the primitive is instantiated: inference leaves the output register outside, and a block that answers without
/// it takes most of a cycle. 128 blocks of 16 kbit.
#[derive(LogicBlock, Default)]
pub struct Memory {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// The row to read.
    pub read_address: Signal<In, Bits<13>>,
    /// The row whose address came two cycles before.
    pub read_data: Signal<Out, Bits<256>>,
    /// The row to write.
    pub write_address: Signal<In, Bits<13>>,
    /// What to write.
    pub write_data: Signal<In, Bits<256>>,
    /// Write in this cycle.
    pub write_enable: Signal<In, Bit>,
    _rows: BTreeMap<u16, Bits<256>>,
    _held: Bits<256>,
}

impl Logic for Memory {
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
        // A block of two bits a row takes its address from bit 1 on.
        let address = |signal: &'static str| move |i: usize| format!("{signal}[{}]", i - 1);
        let data =
            |signal: &'static str| move |i: usize| format!("{signal}[{BLOCK_WIDTH} * i + {i}]");
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
   DP16KD #(.DATA_WIDTH_A({BLOCK_WIDTH}), .DATA_WIDTH_B({BLOCK_WIDTH}), .REGMODE_A(\"OUTREG\"), .REGMODE_B(\"OUTREG\"),
      .WRITEMODE_A(\"NORMAL\"), .WRITEMODE_B(\"NORMAL\"), .GSR(\"DISABLED\"))
      ram (.WEA(write_enable), .WEB(1'b0),
         {data_a}{data_b}{data_q}
         .ADA0(1'b0), {address_a}
         .ADB0(1'b0), {address_b}
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
            top = ROW_WIDTH - 1,
            last = (1 << ROW_BITS) - 1,
            blocks = ROW_WIDTH / BLOCK_WIDTH,
            data_a = ports("DIA", 0..BLOCK_WIDTH, &data("write_data")),
            data_b = ports("DIB", 0..BLOCK_WIDTH, &grounded),
            data_q = ports("DOB", 0..BLOCK_WIDTH, &data("q")),
            address_a = ports("ADA", 1..1 + ROW_BITS, &address("write_address")),
            address_b = ports("ADB", 1..1 + ROW_BITS, &address("read_address")),
            control_a = control("A"),
            control_b = control("B"),
        ))
    }
}
