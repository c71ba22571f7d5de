//! Line, frames, digits and memory in rust-hdl's own simulator, with the latencies that their interfaces state.

use kernelwise_fpga_core::crc::{self, Crc32, RESIDUE};
use kernelwise_fpga_core::framer::{self, Framer, MAX_DATA_BYTES};
use kernelwise_fpga_core::host::{Host, Request, checksum};
use kernelwise_fpga_core::memory::{self, Memory};
use kernelwise_fpga_core::recoder::{self, Recoder};
use kernelwise_fpga_core::trace::{Bench, Trace};
use kernelwise_fpga_core::uart::{self, Receiver, Transmitter};
use kernelwise_fpga_core::{core, executor};
use rust_hdl::prelude::Bits;

/// Cycles in which a bit is set.
fn pulses(trace: &Trace, path: &str) -> Vec<usize> {
    let cycles = 0..trace.cycles();
    cycles.filter(|&cycle| trace.bit(path, cycle)).collect()
}

#[test]
fn bytes_on_the_line() {
    for divider in [4, 5, 16, 25] {
        let sent = [0x4b, 0x00, 0xff, 0xa5];
        let mut transmitter =
            Bench::<Transmitter>::new(|uut| &mut uut.clock, &["line", "ready", "send"]);
        let mut receiver =
            Bench::<Receiver>::new(|uut| &mut uut.clock, &["strobe", "octet", "fault"]);
        transmitter.block.divider.next = (divider as u64).into();
        receiver.block.divider.next = (divider as u64).into();
        let (mut left, mut idle) = (sent.iter(), divider);
        for _ in 0..sent.len() * uart::byte_cycles(divider) + 4 * divider {
            let uut = &mut transmitter.block;
            uut.send.next = false;
            // The line is idle for a bit first, as the receiver's registers take it for low at power-up.
            if idle == 0
                && uut.ready.val()
                && let Some(octet) = left.next()
            {
                uut.send.next = true;
                uut.octet.next = (*octet).into();
            }
            idle = idle.saturating_sub(1);
            transmitter.cycle();
            let now = transmitter.trace().cycles() - 1;
            receiver.block.line.next = transmitter.trace().bit("line", now);
            receiver.cycle();
        }
        let (line, heard) = (transmitter.into_trace(), receiver.into_trace());
        let sends = pulses(&line, "send");
        let strobes = pulses(&heard, "strobe");
        assert_eq!(strobes.len(), sent.len(), "divider {divider}");
        for (i, octet) in sent.into_iter().enumerate() {
            assert_eq!(sends[i] - sends[0], i * uart::byte_cycles(divider));
            let start = sends[i] + uart::SEND_CYCLES;
            assert_eq!(line.find("line", 0, sends[i]), start, "start bit {i}");
            assert_eq!(
                strobes[i] - start,
                uart::receive_cycles(divider),
                "byte {i}"
            );
            assert_eq!(heard.word("octet", strobes[i]), octet, "byte {i}");
        }
        assert_eq!(pulses(&heard, "fault"), []);
    }
}

#[test]
fn a_byte_without_stop_bit_is_a_fault() {
    let divider = 4;
    let mut bench = Bench::<Receiver>::new(|uut| &mut uut.clock, &["strobe", "fault"]);
    bench.block.divider.next = (divider as u64).into();
    for cycle in 0..200 {
        // A line held low for two bytes, then high.
        bench.block.line.next = !(10..90).contains(&cycle);
        bench.cycle();
    }
    let trace = bench.into_trace();
    assert_eq!(pulses(&trace, "strobe"), []);
    assert_eq!(
        pulses(&trace, "fault"),
        [10 + uart::receive_cycles(divider)],
        "one fault until the line is high again"
    );
}

#[test]
fn checksums() {
    let message = b"123456789";
    let mut bench = Bench::<Crc32>::new(|uut| &mut uut.clock, &["feed", "busy", "register"]);
    let sum = checksum(message).to_le_bytes();
    for octet in message.iter().chain(&sum) {
        bench.block.feed.next = true;
        bench.block.octet.next = u64::from(*octet).into();
        bench.cycle();
        bench.block.feed.next = false;
        for _ in 1..crc::LATENCY {
            bench.cycle();
        }
    }
    bench.cycle();
    let trace = bench.into_trace();
    let value = |bytes: usize| trace.word("register", bytes * crc::LATENCY);
    // The check value of CRC-32/ISO-HDLC.
    assert_eq!(value(message.len()) ^ 0xffff_ffff, 0xcbf4_3926);
    assert_eq!(value(message.len() + 4), RESIDUE);
    for byte in 0..message.len() + 4 {
        let fed = byte * crc::LATENCY;
        assert_eq!(
            trace.find("busy", 0, fed + 1),
            fed + crc::LATENCY,
            "byte {byte}"
        );
    }
}

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
    pulses(&trace, "have")
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

/// What the framer makes of bytes that come 14 cycles apart: events by cycles after the strobe of the last byte.
fn judged(bytes: &[u8], idle: bool) -> Vec<(&'static str, usize)> {
    const EVENTS: [&str; 3] = ["ready", "reset", "dropped"];
    let mut bench = Bench::<Framer>::new(|uut| &mut uut.clock, &EVENTS);
    bench.block.idle.next = idle;
    let mut last = 0;
    for octet in bytes {
        bench.block.octet.next = u64::from(*octet).into();
        bench.cycle();
        last = bench.trace().cycles();
        bench.block.strobe.next = true;
        bench.cycle();
        bench.block.strobe.next = false;
        for _ in 0..12 {
            bench.cycle();
        }
    }
    for _ in 0..4 {
        bench.cycle();
    }
    let trace = bench.into_trace();
    let events = EVENTS.into_iter().flat_map(|name| {
        let cycles = pulses(&trace, name);
        cycles.into_iter().map(move |cycle| (name, cycle - last))
    });
    events.collect()
}

#[test]
fn frames() {
    let good = Request::default().bytes(7);
    let reset = Request {
        flags: 1,
        ..Request::default()
    }
    .bytes(7);
    let mut damaged = good.clone();
    damaged[9] ^= 4;
    // A false start, then a frame.
    let late = [b"KKxKKW", &good[2..]].concat();
    let done = framer::LATENCY;
    assert_eq!(judged(&good, true), [("ready", done)]);
    assert_eq!(judged(&late, true), [("ready", done)]);
    assert_eq!(judged(&damaged, true), [("dropped", done)]);
    assert_eq!(judged(&reset, true), [("ready", done + 1), ("reset", done)]);
    // While a request is carried out, only a reset has an effect.
    assert_eq!(judged(&good, false), [("dropped", done)]);
    assert_eq!(judged(&reset, false), [("reset", done)]);
    // Too long, as soon as the length is known.
    let mut long = good[..6].to_vec();
    long[4..6].copy_from_slice(&(MAX_DATA_BYTES as u16 + 1).to_le_bytes());
    assert_eq!(judged(&long, true), [("dropped", 1)]);
    assert_eq!(judged(&good[..20], true), [], "half a frame");
}

#[test]
fn requests() {
    let mut host = Host::new(&["tx", "framer.ready", "transmitter.send"]);
    let write = Request {
        write_row: 40,
        write_rows: 2,
        row_bytes: 2,
        flags: 2,
        data: &[1, 0x80, 2, 0x70],
        read_row: 40,
        read_rows: 2,
        ..Request::default()
    };
    let answer = host.request(9, &write);
    assert_eq!(answer.status, 2, "no reset since power-up");
    let mut negative = [0xff; 32];
    negative[0] = 1;
    negative[1] = 0x80;
    let mut positive = [0; 32];
    positive[..2].copy_from_slice(&[2, 0x70]);
    assert_eq!(answer.rows, [negative, positive]);
    let ready = host.bench.trace().find("framer.ready", 1, 0);
    let sends = pulses(host.bench.trace(), "transmitter.send");
    assert_eq!(
        sends[0] - ready,
        executor::LATENCY + executor::write_cycles(2)
    );
    // The same sequence number: answered, not carried out.
    let other = Request {
        data: &[5, 5, 5, 5],
        ..write
    };
    let answer = host.request(9, &other);
    assert_eq!(answer.status, 2);
    assert_eq!(answer.rows, [negative, positive]);
    // A reset forgets the number and not the memory.
    let reset = Request {
        flags: 1,
        read_row: 0x8000,
        read_rows: 2,
        ..Request::default()
    };
    let answer = host.request(9, &reset);
    assert_eq!(answer.status, 0);
    assert_eq!(answer.rows[0][..12], core::identity(memory::ROW_BITS));
    assert_eq!(answer.rows[0][12..14], [4, 0], "divider");
    assert_eq!(
        answer.rows[1][24..],
        [1, 0, 0, 0, 0, 0, 0, 0],
        "only the reset itself was counted"
    );
    let mut damaged = reset.bytes(10);
    damaged[20] ^= 1;
    assert_eq!(host.send(&damaged), []);
    let read = Request {
        read_row: 40,
        read_rows: 1,
        ..Request::default()
    };
    let counters = Request {
        read_row: 0x8001,
        read_rows: 1,
        ..Request::default()
    };
    assert_eq!(host.request(10, &read).rows, [negative]);
    let answer = host.request(10, &counters);
    assert_eq!(answer.status, 1, "a repetition");
    let counts = answer.rows[0][24..].chunks(4).map(|bytes| bytes[0]);
    assert!(counts.eq([3, 1]), "requests and drops");
}
