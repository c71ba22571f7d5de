// Four lanes that hear the same line, in place of one core: what they say must be the same in every cycle, or nothing more is said.
module kernelwise_core(
    input wire clock,
    input wire [15:0] divider,
    input wire rx,
    output wire tx,
    output wire running,
    output wire busy
);
    wire [3:0] line, runs, works;
    kernelwise_lanes lanes(
        .clock(clock),
        .divider(divider),
        .rx$0(rx), .rx$1(rx), .rx$2(rx), .rx$3(rx),
        .tx$0(line[0]), .tx$1(line[1]), .tx$2(line[2]), .tx$3(line[3]),
        .running$0(runs[0]), .running$1(runs[1]), .running$2(runs[2]), .running$3(runs[3]),
        .busy$0(works[0]), .busy$1(works[1]), .busy$2(works[2]), .busy$3(works[3])
    );
    reg apart;
    initial apart = 0;
    always @(posedge clock)
        if ((line != 0 && line != 4'hf) || (runs != 0 && runs != 4'hf) || (works != 0 && works != 4'hf))
            apart <= 1;
    assign tx = line[0] | apart;
    assign running = runs[0];
    assign busy = works[0];
endmodule
