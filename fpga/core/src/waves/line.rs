//! The serial line: a byte, a request with its answer, and what lies between them.

use super::Picture;
use super::session::{Session, VALUES};
use crate::host::{DIVIDER, bytes};
use crate::waveform::Waveform;
use crate::{executor, framer, uart};

/// The receiver on the first byte of a request.
pub(super) fn byte(session: &Session) -> Picture {
    let trace = &session.trace;
    let start = trace.find("rx", 0, session.short);
    let strobe = trace.find("receiver.strobe", 1, start);
    assert_eq!(trace.word("receiver.octet", strobe), u64::from(b'K'));
    let shown = start - 2..start + 10 * DIVIDER + 2;
    let picture = Waveform::new(trace, "Receiver: 'K' at 4 cycles a bit", 20.0, shown)
        .axis(start, DIVIDER)
        .clock()
        .level("rx", "rx")
        .level("level", "receiver.level.q")
        .bus("state", "receiver.state.q")
        .level("strobe", "receiver.strobe")
        .bus_when("octet", "receiver.octet", |cycle| cycle == strobe)
        .latency(
            "start bit to strobe",
            start,
            strobe,
            uart::receive_cycles(DIVIDER),
        );
    Picture {
        name: "receiver",
        svg: picture.svg(),
    }
}

/// All bytes of the shortest request and its answer.
pub(super) fn exchange(session: &Session) -> Picture {
    let trace = &session.trace;
    let request = bytes(trace, "rx", session.short);
    let answer = bytes(trace, "tx", session.short);
    assert_eq!(
        (request.len(), answer.len()),
        (24, 10),
        "bytes of the frames"
    );
    let shown = session.short..answer[9].0 + 10 * DIVIDER + 8;
    let picture = Waveform::new(
        trace,
        "The shortest request and its answer, byte by byte",
        0.6,
        shown,
    )
    .axis(session.short, 200)
    .level("rx", "rx")
    .bus_at("received", "receiver.octet", "receiver.strobe")
    .bus("framer", "framer.state.q")
    .level("ready", "framer.ready")
    .level("busy", "busy")
    .bus_at("sent", "transmitter.octet", "transmitter.send")
    .level("tx", "tx");
    Picture {
        name: "exchange",
        svg: picture.svg(),
    }
}

/// From the last byte of the request to the first of the answer.
pub(super) fn request(session: &Session) -> Picture {
    let trace = &session.trace;
    let (last, _) = bytes(trace, "rx", session.short)[23];
    let (answer, _) = bytes(trace, "tx", session.short)[0];
    let strobe = trace.find("receiver.strobe", 1, last + DIVIDER);
    let ready = trace.find("framer.ready", 1, strobe);
    let send = trace.find("transmitter.send", 1, ready);
    // The first request wrote rows before it was answered.
    let written = trace.find("framer.ready", 1, session.values);
    assert_eq!(
        trace.find("transmitter.send", 1, written) - written,
        executor::LATENCY + executor::write_cycles(VALUES.len()),
    );
    let decide = trace.find_state("executor.work.q", "Decide", ready);
    let header = |cycle: usize| (ready + 1..decide - 1).contains(&cycle);
    let shown = strobe - 3..answer + 10;
    let picture = Waveform::new(
        trace,
        "From the last byte of a request to the first of its answer",
        9.0,
        shown,
    )
    .axis(strobe, 10)
    .level("strobe", "receiver.strobe")
    .level("crc.busy", "framer.crc.busy")
    .bus("framer", "framer.state.q")
    .level("ready", "framer.ready")
    .number_when("header byte", "executor.count.q", header)
    .level("send", "transmitter.send")
    .level("tx", "tx")
    .latency("strobe to ready", strobe, ready, framer::LATENCY)
    .latency("ready to the first byte", ready, send, executor::LATENCY)
    .latency("send to start bit", send, answer, uart::SEND_CYCLES);
    Picture {
        name: "request",
        svg: picture.svg(),
    }
}
