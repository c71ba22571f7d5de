//! A transport that plays a recorded trace.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Event, Timing, Trace, Transport, TransportError};

/// Answers as the trace did, as long as it is asked the same.
#[derive(Debug)]
pub struct Replay {
    /// What is still to be sent, and what comes after it.
    events: VecDeque<Event>,
    ready: VecDeque<u8>,
    agreed: usize,
}

impl Replay {
    /// Plays `trace` from its beginning.
    pub fn new(trace: Trace) -> Self {
        let mut replay = Self {
            events: trace.events.into(),
            ready: VecDeque::new(),
            agreed: 0,
        };
        replay.release();
        replay
    }

    /// Makes what the core sent next available.
    fn release(&mut self) {
        while let Some(Event::Received(bytes)) = self.events.front() {
            self.ready.extend(bytes);
            self.events.pop_front();
        }
    }
}

impl Transport for Replay {
    fn send(&mut self, bytes: &[u8], _deadline: Instant) -> Result<(), TransportError> {
        match self.events.front() {
            Some(Event::Sent(expected)) if expected == bytes => {}
            _ => return Err(TransportError::Diverged { bytes: self.agreed }),
        }
        self.events.pop_front();
        self.agreed += bytes.len();
        self.release();
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], _deadline: Instant) -> Result<usize, TransportError> {
        let count = buffer.len().min(self.ready.len());
        for (slot, byte) in buffer.iter_mut().zip(self.ready.drain(..count)) {
            *slot = byte;
        }
        Ok(count)
    }

    fn timing(&self) -> Timing {
        Timing {
            byte_ns: 0,
            cycle_ns: 0,
            margin: Duration::from_millis(1),
        }
    }
}
