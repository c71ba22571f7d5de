//! A transport that writes down what passes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::{Event, Timing, Trace, Transport, TransportError};

/// Passes everything on, and keeps a [`Trace`].
#[derive(Debug)]
pub struct Recorder<T> {
    inner: T,
    trace: Arc<Mutex<Trace>>,
}

impl<T> Recorder<T> {
    /// Records the traffic of `inner` from here on, and shares the trace.
    pub fn new(inner: T) -> (Self, Arc<Mutex<Trace>>) {
        let trace = Arc::new(Mutex::new(Trace::default()));
        (
            Self {
                inner,
                trace: Arc::clone(&trace),
            },
            trace,
        )
    }

    fn note(&self, event: Event) {
        self.trace
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .events
            .push(event);
    }
}

impl<T: Transport> Transport for Recorder<T> {
    fn send(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), TransportError> {
        self.inner.send(bytes, deadline)?;
        self.note(Event::Sent(bytes.to_vec()));
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        let count = self.inner.receive(buffer, deadline)?;
        if count > 0 {
            self.note(Event::Received(
                buffer.get(..count).unwrap_or_default().to_vec(),
            ));
        }
        Ok(count)
    }

    fn timing(&self) -> Timing {
        self.inner.timing()
    }
}
