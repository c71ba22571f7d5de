// The framer never waits forever: in every state but the first, each cycle without a byte brings it closer to giving up, and it
// does give up.
module framer (
    input clock,
    input strobe,
    input [7:0] octet,
    input idle,
    input [11:0] read_address
);
    wire [2:0] state;
    wire [18:0] silence;

    kernelwise_framer dut (
        .clock(clock), .strobe(strobe), .octet(octet), .idle(idle), .read_address(read_address),
        .\state$q (state), .\silence$q (silence)
    );

    reg started = 0;
    reg [2:0] state_before;
    reg [18:0] silence_before;
    reg strobe_before;
    always @(posedge clock) begin
        started <= 1;
        state_before <= state;
        silence_before <= silence;
        strobe_before <= strobe;
        assert (silence <= 1 << 18);
        if (started && state_before != 0 && state != 0 && !strobe_before) assert (silence == silence_before + 1);
        if (started && silence_before == 1 << 18) assert (state == 0);
    end
endmodule
