// No two additions to one bucket are under way together: an item that enters names another bucket than the items that
// entered with the last seven iterations. The recoder is any circuit that keeps what offer.sv proves of it.
module scoreboard (
    input clock,
    input reset,
    input [255:0] descriptor,
    input load,
    input [15:0] first_a,
    input [15:0] first_b,
    input clear,
    input boundary,
    input [255:0] row,
    input fetched
);
    wire enters;
    wire [39:0] item;
    wire [111:0] recent;
    wire [7:0] recent_valid;
    wire have;
    wire [15:0] offered;

    kernelwise_items items (
        .clock(clock), .reset(reset), .descriptor(descriptor), .load(load), .first_a(first_a), .first_b(first_b),
        .clear(clear), .boundary(boundary), .row(row), .fetched(fetched), .enters(enters), .item(item),
        .\recent$q (recent), .\recent_valid$q (recent_valid), .\recoder$have (have), .\recoder$bucket (offered)
    );

    reg started = 0;
    reg [3:0] since = 0;
    reg started_before = 0;
    reg [15:0] offered_before;
    reg [15:0] offered_long_before;
    reg waited;
    reg reset_before;
    always @(posedge clock) begin
        started <= 1;
        since <= boundary ? 0 : since == 15 ? 15 : since + 1;
        started_before <= started;
        offered_before <= offered;
        offered_long_before <= offered_before;
        waited <= have && !boundary && !reset;
        reset_before <= reset;
        // An iteration is at least a frame of 17 cycles; the job, one that recodes, holds still; no iteration ends with a reset.
        assume (!boundary || (since == 15 && started && !reset_before));
        assume (descriptor[177]);
        // The sequencer clears before it runs, never while it does.
        assume (!clear || !boundary);
        // What is proved of the recoder.
        if (started) assume (!have || offered == offered_before);
        if (started_before) assume (!have || offered == offered_long_before);
        if (started) assume (!waited || have);
    end

    // Any bucket, and the iterations with which an item for it entered.
    (* anyconst *) reg [15:0] watched;
    reg [6:0] seen = 0;
    integer i;
    always @(posedge clock) begin
        if (boundary) seen <= {seen[5:0], enters && item[15:0] == watched};
        if (clear) seen <= 0;
        // The scoreboard remembers what happened, and nobody enters against it.
        for (i = 0; i < 7; i = i + 1) assert (seen[i] == (recent_valid[i] && recent[16 * i +: 16] == watched));
        if (enters && item[15:0] == watched) assert (seen == 0);
    end
endmodule
