//! Leaves written as Verilog with a model of their own, because synthesis wants exact primitives.

use rust_hdl::prelude::*;

/// A 16 by 16 multiplier with registered inputs and a registered product: one DSP slice.
///
/// Latency: 2 cycles. On ECP5 the primitive is instantiated, because inference leaves its registers outside.
#[derive(LogicBlock, Default)]
pub struct Multiplier {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// First factor.
    pub a: Signal<In, Bits<16>>,
    /// Second factor.
    pub b: Signal<In, Bits<16>>,
    /// `a * b` of two cycles before.
    pub product: Signal<Out, Bits<32>>,
    _held: (u32, u32),
}

impl Logic for Multiplier {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.product.next = u64::from(self._held.0 * self._held.1).into();
            self._held = (self.a.val().to_u16().into(), self.b.val().to_u16().into());
        }
    }

    fn connect(&mut self) {
        self.product.connect();
    }

    fn hdl(&self) -> Verilog {
        let port = |name: &str, signal: &str, width: usize| -> String {
            (0..width)
                .map(|i| format!(".{name}{i}({signal}[{i}]), "))
                .collect()
        };
        let grounded = |names: &[&str]| -> String {
            names
                .iter()
                .map(|name| format!(".{name}(1'b0), "))
                .collect()
        };
        let padding: Vec<String> = ["A", "B"]
            .iter()
            .flat_map(|name| [format!("{name}16"), format!("{name}17")])
            .collect();
        let padding: Vec<&str> = padding.iter().map(String::as_str).collect();
        Verilog::Custom(format!(
            "\
`ifdef ECP5
wire [31:0] p;
MULT18X18D #(.REG_INPUTA_CLK(\"CLK0\"), .REG_INPUTA_CE(\"CE0\"), .REG_INPUTA_RST(\"RST0\"),
   .REG_INPUTB_CLK(\"CLK0\"), .REG_INPUTB_CE(\"CE0\"), .REG_INPUTB_RST(\"RST0\"),
   .REG_OUTPUT_CLK(\"CLK0\"), .REG_OUTPUT_CE(\"CE0\"), .REG_OUTPUT_RST(\"RST0\"),
   .REG_PIPELINE_CLK(\"NONE\"), .GSR(\"DISABLED\"))
   dsp ({a}{b}{p}{zeros}.CLK0(clock), .CE0(1'b1), .RST0(1'b0));
always @(*) product = p;
`else
reg [15:0] a_held;
reg [15:0] b_held;
initial begin
   a_held = 0;
   b_held = 0;
   product = 0;
end
always @(posedge clock) begin
   a_held <= a;
   b_held <= b;
   product <= a_held * b_held;
end
`endif",
            a = port("A", "a", 16),
            b = port("B", "b", 16),
            p = port("P", "p", 32),
            zeros =
                grounded(&[&padding[..], &["SIGNEDA", "SIGNEDB", "SOURCEA", "SOURCEB"]].concat()),
        ))
    }
}

/// A word delayed by `N` cycles, 2 to 16, in a small memory that is written and read in turn.
///
/// `N` registers would be what a chip has fewest of: in lookup tables used as memory, a delay takes one register a bit.
#[derive(LogicBlock)]
pub struct Delay<const W: usize, const N: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Counts cycles.
    pub at: Signal<In, Bits<4>>,
    /// The word.
    pub data_in: Signal<In, Bits<W>>,
    /// The word of `N` cycles before.
    pub data_out: Signal<Out, Bits<W>>,
    _line: [Bits<W>; 16],
}

impl<const W: usize, const N: usize> Default for Delay<W, N> {
    fn default() -> Self {
        const { assert!(2 <= N && N <= 16) };
        Self {
            clock: Default::default(),
            at: Default::default(),
            data_in: Default::default(),
            data_out: Default::default(),
            _line: [Bits::default(); 16],
        }
    }
}

impl<const W: usize, const N: usize> Logic for Delay<W, N> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let at = self.at.val().index();
            self.data_out.next = self._line[(at + 17 - N) % 16];
            self._line[at] = self.data_in.val();
        }
    }

    fn connect(&mut self) {
        self.data_out.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "\
reg [{top}:0] line[15:0];
wire [3:0] from;
assign from = at - 4'd{behind};
integer i;
initial begin
   data_out = 0;
   for (i = 0; i < 16; i = i + 1) line[i] = 0;
end
always @(posedge clock) begin
   data_out <= line[from];
   // verilator lint_off BLKSEQ
   line[at] = data_in;
   // verilator lint_on BLKSEQ
end",
            top = W - 1,
            behind = N - 1,
        ))
    }
}

/// A word delayed by `N` cycles, in registers.
#[derive(LogicBlock)]
pub struct Shift<const W: usize, const N: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// The word.
    pub data_in: Signal<In, Bits<W>>,
    /// The word of `N` cycles before.
    pub data_out: Signal<Out, Bits<W>>,
    _line: [Bits<W>; N],
    _at: usize,
}

impl<const W: usize, const N: usize> Default for Shift<W, N> {
    fn default() -> Self {
        const { assert!(N >= 2) };
        Self {
            clock: Default::default(),
            data_in: Default::default(),
            data_out: Default::default(),
            _line: [Bits::default(); N],
            _at: 0,
        }
    }
}

impl<const W: usize, const N: usize> Logic for Shift<W, N> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self._line[self._at] = self.data_in.val();
            self._at = (self._at + 1) % N;
            self.data_out.next = self._line[self._at];
        }
    }

    fn connect(&mut self) {
        self.data_out.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "\
reg [{top}:0] stages;
initial begin
   data_out = 0;
   stages = 0;
end
always @(posedge clock) begin
   {{data_out, stages}} <= {{stages, data_in}};
end",
            top = W * (N - 1) - 1,
        ))
    }
}
