// The core on a ULX3S: 25 MHz from the oscillator, 1 Mbaud over the USB bridge.
module ulx3s (
    input wire clk_25mhz,
    input wire ftdi_txd,
    output wire ftdi_rxd,
    output wire [1:0] led
);
    kernelwise_core core (
        .clock(clk_25mhz),
        .divider(16'd25),
        .rx(ftdi_txd),
        .tx(ftdi_rxd),
        .running(led[0]),
        .busy(led[1])
    );
endmodule
