//! Memory and the digits of scalars in rust-hdl's own simulator, with the latencies that their interfaces state.

use kernelwise_fpga_core::memory::{self, Memory};
use kernelwise_fpga_core::recoder::{self, Recoder};
use kernelwise_fpga_core::trace::Bench;
use rust_hdl::prelude::Bits;

#[test]
fn rows_of_memory() {
    const ROWS: u64 = 16;
    let mut bench = Bench::<Memory<12, 8, 4>>::new(
        |uut| &mut uut.clock,
        &["read_address", "read_data", "write_enable"],
    );
    let mut rows = vec![vec![0u64; ROWS as usize]];
    for cycle in 0..200u64 {
        let (read, write) = (cycle * 7 % ROWS, (cycle * 5 + 3) % ROWS);
        let uut = &mut bench.block;
        let enable = cycle % 3 != 0 && write != read;
        uut.read_address.next = read.into();
        uut.write_address.next = write.into();
        uut.write_data.next = (cycle & 0xff).into();
        uut.write_enable.next = enable;
        bench.cycle();
        let mut after = rows[rows.len() - 1].clone();
        if enable {
            after[write as usize] = cycle & 0xff;
        }
        rows.push(after);
    }
    let trace = bench.into_trace();
    for (asked, rows) in rows.iter().enumerate().take(200 - memory::LATENCY) {
        let row = trace.word("read_address", asked) as usize;
        assert_eq!(
            trace.word("read_data", asked + memory::LATENCY),
            rows[row],
            "cycle {asked}"
        );
    }
}

/// The digits of scalars: `(scalar, window, digit)` of every item on offer, each taken at once.
fn digits(scalars: &[i128], windows: u64, bits: u64) -> Vec<(u64, u64, i128)> {
    const BUCKETS: u64 = 1000;
    let per_window = 3 << (bits - 1);
    let mut bench = Bench::<Recoder>::new(
        |uut| &mut uut.clock,
        &[
            "step.q", "have", "bucket", "base", "negative", "finished", "fetched",
        ],
    );
    let uut = &mut bench.block;
    uut.scalars.next = (scalars.len() as u64).into();
    uut.scalar_row.next = 500.into();
    uut.windows.next = windows.into();
    uut.window_bits.next = bits.into();
    uut.window_mask.next = ((1 << bits) - 1).into();
    uut.window_rows.next = per_window.into();
    uut.bucket_row.next = BUCKETS.into();
    uut.base_rows.next = 2.into();
    uut.take.next = true;
    uut.start.next = true;
    let digits = scalars.len() * windows as usize;
    let mut fetching = 0;
    for _ in 0..digits * recoder::digit_cycles(bits as usize) + 20 * scalars.len() + 20 {
        let uut = &mut bench.block;
        fetching = if uut.fetch.val() { fetching + 1 } else { 0 };
        uut.fetched.next = fetching == 5;
        if fetching == 5 {
            let scalar = scalars[uut.fetch_row.val().to_u16() as usize - 500];
            let negative = scalar < 0;
            uut.row.next = (0..256).fold(Bits::default(), |row: Bits<256>, bit| {
                row.replace_bit(
                    bit,
                    if bit < 128 {
                        scalar >> bit & 1 == 1
                    } else {
                        negative
                    },
                )
            });
        }
        bench.cycle();
        bench.block.start.next = false;
    }
    let trace = bench.into_trace();
    let mut begins = Vec::new();
    for _ in 0..digits {
        let from = begins.last().map_or(0, |last| last + 1);
        begins.push(trace.find_state("step.q", "Digit", from));
    }
    // Within a scalar digits follow each other at the rate that the interface states.
    for pair in begins
        .chunks(windows as usize)
        .flat_map(|of_one| of_one.windows(2))
    {
        assert_eq!(pair[1] - pair[0], recoder::digit_cycles(bits as usize));
    }
    let last = begins[digits - 1];
    trace.find("finished", 1, last);
    trace
        .pulses("have")
        .into_iter()
        .map(|cycle| {
            assert!(
                begins.contains(&(cycle - recoder::OFFER_CYCLES)),
                "offer in cycle {cycle}"
            );
            let row = trace.word("bucket", cycle) - BUCKETS;
            let magnitude = i128::from(row % per_window / 3) + 1;
            let sign = if trace.bit("negative", cycle) { -1 } else { 1 };
            (
                trace.word("base", cycle) / 2,
                row / per_window,
                sign * magnitude,
            )
        })
        .collect()
}

#[test]
fn digits_of_scalars() {
    for (windows, bits) in [(7, 2), (5, 5), (3, 12)] {
        let width = windows * bits;
        let scalars = [
            0,
            1,
            -1,
            0x5a_f0f0_1234,
            -0x1234_5678_9abc_def0,
            1 << (width - 1),
        ];
        let items = digits(&scalars, windows, bits);
        for (i, scalar) in (0..).zip(scalars) {
            let digits = items.iter().filter(|(index, ..)| *index == i);
            let sum: i128 = digits
                .map(|(_, window, digit)| digit << (window * bits))
                .sum();
            assert_eq!(
                (sum - scalar) & ((1 << width) - 1),
                0,
                "{scalar} in windows of {bits} bits"
            );
        }
        let most = 1 << (bits - 1);
        assert!(
            items
                .iter()
                .all(|(.., digit)| digit.abs() <= most && *digit != 0)
        );
    }
}
