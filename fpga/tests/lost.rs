//! Lines that end in the middle of something: typed errors in bounded time.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a broken helper must fail the test"
)]

mod common;

use std::sync::Arc;
use std::time::Instant;

use common::{FINE, Sum, field, model, pool};
use kernelwise_fpga::device::FpgaDevice;
use kernelwise_fpga::transport::{Direct, Timing, Transport, TransportError};
use kernelwise_hal::{Device, ErrorKind};

/// A line that goes silent, or dies, after some bytes.
struct Failing {
    inner: Direct,
    left: usize,
    dies: bool,
}

impl Transport for Failing {
    fn send(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), TransportError> {
        self.left = self.left.saturating_sub(bytes.len());
        match self.left {
            0 if self.dies => Err(TransportError::Lost {
                reason: "unplugged".to_owned(),
            }),
            0 => Ok(()),
            _ => self.inner.send(bytes, deadline),
        }
    }

    fn receive(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        if self.left == 0 {
            Ok(0)
        } else {
            self.inner.receive(buffer, deadline)
        }
    }

    fn timing(&self) -> Timing {
        self.inner.timing()
    }
}

fn sum() -> Sum {
    Sum::new(5, 2, &[&[0, 1]])
}

/// Bytes that the driver has sent.
fn sent(device: &FpgaDevice) -> usize {
    device.link_stats().sent_bytes as usize
}

/// Bytes that the driver sends for the sumcheck of these tests.
fn session_bytes() -> usize {
    let device = model();
    sum().play(&device, false).unwrap();
    sent(&device)
}

#[test]
fn silence_and_death_are_typed_errors() {
    for left in (1..session_bytes()).step_by(211) {
        for (dies, kind) in [(true, ErrorKind::Lost), (false, ErrorKind::Timeout)] {
            for opened in [false, true] {
                let line = Failing {
                    inner: Direct::new(),
                    left,
                    dies,
                };
                let device = FpgaDevice::open("failing", Box::new(line));
                let result = device.and_then(|d| sum().play(&d, opened));
                assert_eq!(result.err().unwrap().kind(), kind, "after {left} bytes");
            }
        }
    }
}

#[test]
fn a_line_lost_while_opening_leaves_nothing_to_play() {
    let (sum, healthy) = (sum(), model());
    let _rounds = healthy.sumcheck().unwrap().prepare(sum.request()).unwrap();
    for (dies, kind) in [(true, ErrorKind::Lost), (false, ErrorKind::Timeout)] {
        let line = Failing {
            inner: Direct::new(),
            left: sent(&healthy) + 1,
            dies,
        };
        let device = FpgaDevice::open("failing", Box::new(line)).unwrap();
        let mut prover = device.sumcheck().unwrap().prepare(sum.request()).unwrap();
        assert_eq!(prover.open().unwrap_err().kind(), kind);
        let (r, claim) = (Some(field(3)), field(4));
        for result in [
            prover.open(),
            prover.prove_round(None, claim),
            prover.prove_round(r, claim),
        ] {
            let kind = result.unwrap_err().kind();
            assert_eq!(kind, ErrorKind::InvariantViolation);
        }
        let kind = prover.finish(r).unwrap_err().kind();
        assert_eq!(kind, ErrorKind::InvariantViolation);
    }
}

#[test]
fn a_lost_lane_is_the_error_of_all() {
    // What a lane sends of half of the sum, and before it.
    let lanes = [Arc::new(model()), Arc::new(model())];
    let before = sent(&lanes[1]);
    let both = pool(lanes.clone().map(|lane| lane as Arc<dyn Device>), FINE);
    sum().play(&both, false).unwrap();
    for left in (before..sent(&lanes[1])).step_by(97) {
        for (dies, kind) in [(true, ErrorKind::Lost), (false, ErrorKind::Timeout)] {
            let line = Failing {
                inner: Direct::new(),
                left: left + 1,
                dies,
            };
            let failing = FpgaDevice::open("failing", Box::new(line)).unwrap();
            let lanes: [Arc<dyn Device>; 2] = [Arc::new(model()), Arc::new(failing)];
            let error = sum().play(&pool(lanes, FINE), false).unwrap_err();
            assert_eq!(error.kind(), kind, "after {left} bytes");
        }
    }
}

/// A core that is powered down and up again after some bytes.
struct Restarting {
    inner: Direct,
    left: usize,
}

impl Transport for Restarting {
    fn send(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), TransportError> {
        match self.left.checked_sub(bytes.len()) {
            Some(left) => self.left = left,
            None => {
                self.left = usize::MAX;
                self.inner = Direct::new();
            }
        }
        self.inner.send(bytes, deadline)
    }

    fn receive(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        self.inner.receive(buffer, deadline)
    }

    fn timing(&self) -> Timing {
        self.inner.timing()
    }
}

#[test]
fn a_restarted_core_is_noticed() {
    // The first 24 bytes are the reset that makes a core ours.
    for left in (24..session_bytes()).step_by(97) {
        let line = Restarting {
            inner: Direct::new(),
            left,
        };
        let result =
            FpgaDevice::open("restarting", Box::new(line)).and_then(|d| sum().play(&d, true));
        let error = result
            .err()
            .unwrap_or_else(|| panic!("{left} bytes: a result from nothing"));
        assert_eq!(error.kind(), ErrorKind::Lost);
    }
}
