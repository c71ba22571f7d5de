// What the recoder offers was there two cycles before, for the scoreboard to compare, and stays until it is taken.
module offer (
    input clock,
    input reset,
    input start,
    input [15:0] scalars,
    input [15:0] bucket_row,
    input [15:0] base_row,
    input [15:0] base_rows,
    input [15:0] scalar_row,
    input [7:0] windows,
    input [3:0] window_bits,
    input [15:0] window_rows,
    input [15:0] window_mask,
    input [255:0] row,
    input fetched,
    input take
);
    wire have;
    wire [15:0] bucket;

    kernelwise_recoder recoder (
        .clock(clock), .reset(reset), .start(start), .scalars(scalars), .bucket_row(bucket_row), .base_row(base_row),
        .base_rows(base_rows), .scalar_row(scalar_row), .windows(windows), .window_bits(window_bits),
        .window_rows(window_rows), .window_mask(window_mask), .row(row), .fetched(fetched), .take(take), .have(have),
        .bucket(bucket)
    );

    reg started = 0;
    reg started_before = 0;
    reg [15:0] bucket_before;
    reg [15:0] bucket_long_before;
    reg waited;
    always @(posedge clock) begin
        started <= 1;
        started_before <= started;
        bucket_before <= bucket;
        bucket_long_before <= bucket_before;
        waited <= have && !take && !reset;
        if (have && started) assert (bucket == bucket_before);
        if (have && started_before) assert (bucket == bucket_long_before);
        if (waited && started) assert (have);
    end
endmodule
