//! Bytes, checksums, frames and requests in rust-hdl's own simulator, with the latencies that their interfaces state.

use kernelwise_fpga_core::crc::{self, Crc32, RESIDUE};
use kernelwise_fpga_core::framer::{self, Framer, MAX_DATA_BYTES};
use kernelwise_fpga_core::host::{DIVIDER, Host, Request, checksum};
use kernelwise_fpga_core::memory;
use kernelwise_fpga_core::trace::Bench;
use kernelwise_fpga_core::uart::{self, Receiver, Transmitter};
use kernelwise_fpga_core::{core, executor};

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
        let sends = line.pulses("send");
        let strobes = heard.pulses("strobe");
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
        assert_eq!(heard.pulses("fault"), []);
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
    assert_eq!(trace.pulses("strobe"), []);
    assert_eq!(
        trace.pulses("fault"),
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
        let cycles = trace.pulses(name);
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
fn half_a_frame_is_dropped_after_a_pause() {
    let mut bench = Bench::<Framer>::new(|uut| &mut uut.clock, &["strobe", "dropped"]);
    for cycle in 0..framer::PAUSE_CYCLES + 40 {
        let octet = if cycle < 14 { b'K' } else { b'W' };
        bench.block.octet.next = u64::from(octet).into();
        bench.block.strobe.next = cycle == 13 || cycle == 27;
        bench.cycle();
    }
    let trace = bench.into_trace();
    assert_eq!(trace.pulses("dropped"), [27 + framer::PAUSE_CYCLES]);
}

#[test]
fn requests() {
    let mut host = Host::new(&["tx", "framer.ready", "transmitter.send", "executor.work.q"]);
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
    let sends = host.bench.trace().pulses("transmitter.send");
    assert_eq!(
        sends[0] - ready,
        executor::LATENCY + executor::write_cycles(2)
    );
    // The magic and four bytes, then a row, which is there before the line is.
    let row = host
        .bench
        .trace()
        .find_state("executor.work.q", "Send", sends[5]);
    assert_eq!(row - sends[5], executor::ROW_CYCLES);
    const { assert!(executor::ROW_CYCLES < uart::byte_cycles(DIVIDER)) };
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
