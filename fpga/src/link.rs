//! The framed link: requests are answered, or fail with a typed error, in bounded time.
//!
//! A request that is not answered in time is sent again under the same sequence number. The core carries a request out at
//! most once and answers repetitions from memory, so that a lost answer costs time and nothing else. Answers with another
//! sequence number are stragglers, and skipped.

use std::time::{Duration, Instant};

use crate::frame::{Frame, Request, Response, Scanner};
use crate::transport::{Timing, Transport, TransportError};

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The line failed.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// No attempt was answered.
    #[error("no answer to {attempts} attempts within {} ms", waited.as_millis())]
    Timeout {
        /// How often the request was sent.
        attempts: u32,
        /// How long all of them took.
        waited: Duration,
    },
    /// The core lost its memory since the link was opened: it was powered down or configured anew.
    #[error("the core was restarted")]
    Restarted,
    /// The answer has another shape than the request asked for.
    #[error("expected {expected} rows, got {got}")]
    Shape {
        /// Rows asked for.
        expected: usize,
        /// Rows that came.
        got: usize,
    },
}

/// What the link went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LinkStats {
    /// Requests answered.
    pub requests: u64,
    /// Requests sent again.
    pub retries: u64,
    /// Received bytes that belonged to no frame.
    pub skipped_bytes: u64,
    /// Bytes sent.
    pub sent_bytes: u64,
    /// Bytes received.
    pub received_bytes: u64,
}

/// Attempts at a request.
const ATTEMPTS: u32 = 5;

/// The host's end of the link.
pub struct Link {
    transport: Box<dyn Transport>,
    scanner: Scanner<Response>,
    sequence: u8,
    /// Memory is ours, and a core that lost it must be noticed.
    owned: bool,
    stats: LinkStats,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link")
            .field("sequence", &self.sequence)
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

impl Link {
    /// A link over `transport`, after a reset of the core.
    ///
    /// # Errors
    /// [`LinkError`] if nothing answers.
    pub fn open(transport: Box<dyn Transport>) -> Result<Self, LinkError> {
        let mut link = Self::attach(transport);
        link.owned = true;
        link.reset()?;
        Ok(link)
    }

    /// A link over `transport` that changes nothing on the other side: for reading registers.
    pub fn attach(transport: Box<dyn Transport>) -> Self {
        Self {
            transport,
            scanner: Scanner::new(),
            sequence: 0,
            owned: false,
            stats: LinkStats::default(),
        }
    }

    /// Makes the core abandon whatever it does, and clears its counters; memory stays.
    ///
    /// # Errors
    /// As [`request`](Self::request).
    pub fn reset(&mut self) -> Result<(), LinkError> {
        // A busy core obeys a reset without answering it; the second one finds it idle.
        self.request(
            Request {
                reset: true,
                ..Request::default()
            },
            0,
        )?;
        Ok(())
    }

    /// How long things take.
    pub fn timing(&self) -> Timing {
        self.transport.timing()
    }

    /// What happened so far.
    pub fn stats(&self) -> LinkStats {
        LinkStats {
            skipped_bytes: self.scanner.skipped() as u64,
            ..self.stats
        }
    }

    /// Sends `request` until it is answered. `cycles` is what the core will need to run it.
    ///
    /// # Errors
    /// [`LinkError`]; the request may have been carried out even so.
    pub fn request(
        &mut self,
        request: Request,
        cycles: u64,
    ) -> Result<Vec<crate::isa::Row>, LinkError> {
        self.sequence = self.sequence.wrapping_add(1);
        let expected = usize::from(request.read.rows);
        let request = Request {
            sequence: self.sequence,
            ..request
        };
        let bytes = request.encode();
        let timing = self.transport.timing();
        let traffic = bytes.len() + 32 * expected + 16;
        let patience = timing.margin
            + Duration::from_nanos(timing.byte_ns.saturating_mul(traffic as u64))
            + Duration::from_nanos(timing.cycle_ns.saturating_mul(cycles));
        let begin = Instant::now();
        for attempt in 0..ATTEMPTS {
            self.stats.retries += u64::from(attempt > 0);
            let deadline = Instant::now() + patience * (attempt + 1);
            self.transport.send(&bytes, deadline)?;
            self.stats.sent_bytes += bytes.len() as u64;
            if let Some(response) = self.await_response(deadline)? {
                if response.fresh && self.owned {
                    return Err(LinkError::Restarted);
                }
                if response.rows.len() != expected {
                    return Err(LinkError::Shape {
                        expected,
                        got: response.rows.len(),
                    });
                }
                self.stats.requests += 1;
                return Ok(response.rows);
            }
            // Half a frame must not swallow the next answer.
            self.scanner.clear();
        }
        Err(LinkError::Timeout {
            attempts: ATTEMPTS,
            waited: begin.elapsed(),
        })
    }

    fn await_response(&mut self, deadline: Instant) -> Result<Option<Response>, LinkError> {
        let mut buffer = [0; 4096];
        loop {
            while let Some(response) = self.scanner.frame() {
                if response.sequence == self.sequence {
                    return Ok(Some(response));
                }
            }
            let count = self.transport.receive(&mut buffer, deadline)?;
            if count == 0 {
                return Ok(None);
            }
            self.stats.received_bytes += count as u64;
            self.scanner.push(buffer.get(..count).unwrap_or_default());
        }
    }
}
