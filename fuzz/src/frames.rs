//! The FPGA's link: frames in a stream of bytes, answers from a hostile core, recorded traffic.

use std::time::{Duration, Instant};

use kernelwise_fpga::frame::{
    Frame, MAX_DATA_BYTES, MAX_READ_ROWS, Read, Request, Response, Run, Scanner, Write,
};
use kernelwise_fpga::link::Link;
use kernelwise_fpga::transport::{Event, Timing, Trace, Transport, TransportError};

/// Seeds of [`frame`]: requests, responses, a trace.
pub fn seeds() -> Vec<Vec<u8>> {
    let request = Request {
        sequence: 1,
        reset: true,
        write: Write {
            address: 5,
            rows: 2,
            row_bytes: 3,
            sign_extend: true,
            data: vec![1, 2, 3, 4, 5, 6],
        },
        run: Run {
            first: 7,
            jobs: 1,
            repeats: 2,
        },
        read: Read {
            address: 9,
            rows: 3,
        },
    };
    let response = |sequence| Response {
        sequence,
        repetition: false,
        fresh: false,
        rows: vec![[1, 2, 3, 4]; usize::from(sequence == 2)],
    };
    let (request, empty, full) = (
        request.encode(),
        response(1).encode(),
        response(2).encode(),
    );
    let trace = Trace {
        events: vec![
            Event::Sent(request.clone()),
            Event::Received(empty.clone()),
        ],
    };
    let seed = |step: u8, parts: &[&[u8]]| [&[step], parts.concat().as_slice()].concat();
    vec![
        seed(7, &[&request, &empty]),
        seed(1, &[b"noise kw", &full, b"KW", &request]),
        seed(64, &[&empty, &full, &full]),
        trace.to_text().into_bytes(),
    ]
}

/// Bytes as they arrive, `step` at a time.
///
/// # Panics
/// If a frame is found that does not encode to bytes that were there, or a link gives rows that were not asked for.
pub fn frame(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(trace) = Trace::parse(text)
    {
        assert_eq!(Trace::parse(&trace.to_text()).as_ref(), Ok(&trace));
    }
    let Some((&step, stream)) = bytes.split_first() else {
        return;
    };
    let step = usize::from(step).max(1);
    scan::<Request>(stream, step, |request| request.write.data.len() <= MAX_DATA_BYTES);
    scan::<Response>(stream, step, |response| response.rows.len() <= MAX_READ_ROWS);
    let hostile = Hostile {
        answers: stream.to_vec(),
        at: 0,
        step,
    };
    if let Ok(mut link) = Link::open(Box::new(hostile)) {
        for rows in [1u8, 0, 255] {
            let read = Read { address: 0, rows };
            let request = Request {
                read,
                ..Request::default()
            };
            if let Ok(got) = link.request(request, 0) {
                assert_eq!(got.len(), usize::from(rows));
            }
        }
    }
}

fn scan<F: Frame>(stream: &[u8], step: usize, is_bounded: impl Fn(&F) -> bool) {
    let mut scanner = Scanner::<F>::new();
    let mut found = 0;
    for part in stream.chunks(step) {
        scanner.push(part);
        while let Some(frame) = scanner.frame() {
            assert!(is_bounded(&frame));
            // Bits that nothing is read from may differ; lengths may not.
            found += frame.encode().len();
        }
        assert!(scanner.skipped() + found <= stream.len());
    }
}

/// A core that sends what it likes, whatever it is asked.
struct Hostile {
    answers: Vec<u8>,
    at: usize,
    step: usize,
}

impl Transport for Hostile {
    fn send(&mut self, _bytes: &[u8], _deadline: Instant) -> Result<(), TransportError> {
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], _deadline: Instant) -> Result<usize, TransportError> {
        let rest = &self.answers[self.at..];
        let count = rest.len().min(self.step).min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }

    fn timing(&self) -> Timing {
        Timing {
            byte_ns: 0,
            cycle_ns: 0,
            margin: Duration::ZERO,
        }
    }
}
