//! Whatever happens on the line: a right answer or a typed error, in bounded time.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a broken helper must fail the test"
)]

mod common;

use std::time::{Duration, Instant};

use common::{Played, Sum};
use kernelwise_cpu::CpuDevice;
use kernelwise_fpga::device::FpgaDevice;
use kernelwise_fpga::frame::{Frame, Request, Response, Scanner};
use kernelwise_fpga::model::Core;
use kernelwise_fpga::transport::{
    Direct, Event, Recorder, Replay, Sim, Timing, Trace, Transport, TransportError,
};
use kernelwise_hal::{Device, DeviceError, ErrorKind, conformance};

/// What a line does to bytes.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Drop,
    Flip,
    Double,
}

/// A line that damages one byte in `period`, in both directions, from a fixed seed.
struct Noisy {
    inner: Direct,
    fault: Fault,
    period: u64,
    state: u64,
}

impl Noisy {
    fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for &byte in bytes {
            self.state ^= self.state << 13;
            self.state ^= self.state >> 7;
            self.state ^= self.state << 17;
            match self.fault {
                _ if !self.state.is_multiple_of(self.period) => out.push(byte),
                Fault::Drop => {}
                Fault::Flip => out.push(byte ^ (1 << (self.state >> 32 & 7))),
                Fault::Double => out.extend([byte, byte]),
            }
        }
        out
    }
}

impl Transport for Noisy {
    fn send(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), TransportError> {
        let damaged = self.damage(bytes);
        self.inner.send(&damaged, deadline)
    }

    fn receive(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        let mut clean = vec![0; buffer.len() / 2];
        let count = self.inner.receive(&mut clean, deadline)?;
        let damaged = self.damage(&clean[..count]);
        buffer[..damaged.len()].copy_from_slice(&damaged);
        Ok(damaged.len())
    }

    fn timing(&self) -> Timing {
        self.inner.timing()
    }
}

/// A sumcheck of some rounds.
fn sumcheck(device: &dyn Device) -> Result<Played, DeviceError> {
    Sum::new(5, 2, &[&[0, 1]]).play(device, false)
}

#[test]
fn noise_is_overcome_or_reported() {
    let expected = sumcheck(&CpuDevice::reference()).unwrap();
    let mut overcome = 0;
    for fault in [Fault::Drop, Fault::Flip, Fault::Double] {
        for seed in 1..=20 {
            let line = Noisy {
                inner: Direct::new(),
                fault,
                period: 6000,
                state: seed * 0x9e37_79b9,
            };
            let result = FpgaDevice::open("noisy", Box::new(line)).and_then(|d| sumcheck(&d));
            match result {
                Ok(got) => {
                    overcome += 1;
                    assert_eq!(got, expected, "{fault:?}, seed {seed}");
                }
                Err(error) => {
                    assert!(
                        matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Lost),
                        "{error}"
                    );
                }
            }
        }
    }
    assert!(overcome >= 50, "only {overcome} of 60 runs got through");
}

#[test]
fn a_hopeless_line_times_out() {
    let line = Noisy {
        inner: Direct::new(),
        fault: Fault::Flip,
        period: 4,
        state: 1,
    };
    let error = FpgaDevice::open("hopeless", Box::new(line)).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[test]
fn hostile_bytes_are_skipped() {
    let mut core = Core::new(4);
    let mut scanner: Scanner<Response> = Scanner::new();
    let mut state = 1u64;
    for length in 0..400usize {
        let mut bytes: Vec<u8> = (0..length)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                // Often the beginnings of frames.
                b"KWkw\0\xff"[state as usize % 6]
            })
            .collect();
        scanner.push(&bytes);
        assert_eq!(scanner.frame(), None);
        let request = Request {
            sequence: length as u8,
            ..Request::default()
        };
        bytes.extend(vec![0; 5000]);
        bytes.extend(request.encode());
        let answer = core.exchange(&bytes);
        let mut answers: Scanner<Response> = Scanner::new();
        answers.push(&answer);
        let sequence = std::iter::from_fn(|| answers.frame())
            .last()
            .unwrap()
            .sequence;
        assert_eq!(sequence, length as u8);
    }
}

#[test]
fn a_recorded_session_replays() {
    let (line, trace) = Recorder::new(Direct::new());
    let device = FpgaDevice::open("recorded", Box::new(line)).unwrap();
    let expected = sumcheck(&device).unwrap();
    let text = trace.lock().unwrap().to_text();
    let trace = Trace::parse(&text).unwrap();
    assert_eq!(trace.to_text(), text);
    let replayed = FpgaDevice::open("replayed", Box::new(Replay::new(trace.clone()))).unwrap();
    assert_eq!(sumcheck(&replayed).unwrap(), expected);
    // Another session than the recorded one ends in an error.
    let replayed = FpgaDevice::open("replayed", Box::new(Replay::new(trace.clone()))).unwrap();
    assert_eq!(
        conformance::run(&replayed)
            .err()
            .map(|failure| failure.device)
            .unwrap(),
        "replayed"
    );
    // A cut trace ends in an error, too.
    let mut cut = trace;
    cut.events.truncate(10);
    assert!(matches!(cut.events[0], Event::Sent(_)));
    let result = FpgaDevice::open("cut", Box::new(Replay::new(cut))).and_then(|d| sumcheck(&d));
    assert_eq!(result.err().unwrap().kind(), ErrorKind::Lost);
    assert_eq!(Trace::parse(">00\n<0\n"), Err(2));
    assert_eq!(Trace::parse("é\n"), Err(1));
}

#[test]
fn the_model_answers_through_a_terminal() {
    let sim = Sim::start(Core::new(4), 4).unwrap();
    let begin = Instant::now();
    let device = FpgaDevice::open("terminal", Box::new(sim)).unwrap();
    assert_eq!(
        sumcheck(&device).unwrap(),
        sumcheck(&CpuDevice::reference()).unwrap()
    );
    assert!(begin.elapsed() < Duration::from_secs(10));
}
