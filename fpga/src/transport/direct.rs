//! The software model, called directly.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Timing, Transport, TransportError};
use crate::model::Core;

/// A core in software, without a line in between.
#[derive(Debug, Default)]
pub struct Direct {
    core: Core,
    answer: VecDeque<u8>,
}

impl Direct {
    /// A core after power-up.
    pub fn new() -> Self {
        Self::default()
    }

    /// This core.
    pub fn of(core: Core) -> Self {
        Self {
            core,
            ..Self::default()
        }
    }

    /// The core.
    pub fn core(&self) -> &Core {
        &self.core
    }
}

impl Transport for Direct {
    fn send(&mut self, bytes: &[u8], _deadline: Instant) -> Result<(), TransportError> {
        self.answer.extend(self.core.exchange(bytes));
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], _deadline: Instant) -> Result<usize, TransportError> {
        let count = buffer.len().min(self.answer.len());
        for (slot, byte) in buffer.iter_mut().zip(self.answer.drain(..count)) {
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
