//! One host's possession of one core.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kernelwise_hal::DeviceError;
use kernelwise_hal::field::Fq;

use super::counters::{CoreCounters, Phase, Phases};
use super::curve::CurvePrograms;
use super::element::coordinate_row;
use super::estimate::link;
use super::identity::Identity;
use super::memory::{FreeList, Region};
use crate::frame::{MAX_READ_ROWS, ROW_BYTES, Read, Request, Run, Write, row_bytes};
use crate::isa::{CONTEXTS, REGISTER_SPACE, REGISTERS, Row};
use crate::link::{Link, LinkError, LinkStats};
use crate::transport::{Transport, TransportError};

/// A core, its link and its memory.
#[derive(Debug)]
pub(super) struct Session {
    name: String,
    identity: Identity,
    link: Mutex<Link>,
    memory: Arc<FreeList>,
    curve: Mutex<Option<Arc<CurvePrograms>>>,
    phases: Mutex<Phases>,
}

/// A row of zeros.
pub(super) const ZERO: u16 = (CONTEXTS * REGISTERS) as u16;

/// One, in the base field.
pub(super) const ONE: u16 = ZERO + 1;

/// The register that counts.
const COUNTERS: Read = Read {
    address: REGISTER_SPACE + 1,
    rows: 1,
};

/// The first row that is handed out.
const FREE: u16 = ONE + 1;

impl Session {
    pub(super) fn open(name: &str, transport: Box<dyn Transport>) -> Result<Self, DeviceError> {
        let failed = |error| device_error(name, "opening", &error);
        let mut link = Link::open(transport).map_err(failed)?;
        let identity = Identity::read(&mut link, name)?;
        let session = Self {
            name: name.to_owned(),
            identity,
            link: Mutex::new(link),
            memory: FreeList::new(FREE..identity.rows as u16),
            curve: Mutex::new(None),
            phases: Mutex::default(),
        };
        session.write(ZERO, &[[0; 4], coordinate_row(&Fq::from(1u64))], "opening")?;
        Ok(session)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn identity(&self) -> Identity {
        self.identity
    }

    fn link(&self) -> MutexGuard<'_, Link> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn link_stats(&self) -> LinkStats {
        self.link().stats()
    }

    pub(super) fn memory(&self) -> &Arc<FreeList> {
        &self.memory
    }

    pub(super) fn take(&self, rows: usize) -> Result<Region, DeviceError> {
        self.memory
            .take(rows)
            .ok_or_else(|| DeviceError::OutOfMemory {
                device: self.name.clone(),
                asked_bytes: (rows * ROW_BYTES) as u64,
                free_bytes: (self.memory.largest() * ROW_BYTES) as u64,
            })
    }

    fn phases(&self) -> MutexGuard<'_, Phases> {
        self.phases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was counted in each phase since the session began.
    pub(super) fn counted(&self) -> BTreeMap<Phase, CoreCounters> {
        self.phases().counted()
    }

    /// One request; `cycles` is how long its jobs will run.
    pub(super) fn request(
        &self,
        request: Request,
        cycles: u64,
        operation: &'static str,
    ) -> Result<Vec<Row>, DeviceError> {
        if request.run.jobs != 0 {
            self.phases().forget();
        }
        let mut link = self.link();
        let result = link.request(request, cycles);
        result.map_err(|error| {
            if matches!(error, LinkError::Timeout { .. }) {
                // Whatever still runs must not meet the next request.
                let _ = link.reset();
            }
            device_error(&self.name, operation, &error)
        })
    }

    /// Writes whole rows.
    pub(super) fn write(
        &self,
        address: u16,
        rows: &[Row],
        operation: &'static str,
    ) -> Result<(), DeviceError> {
        let bytes: Vec<u8> = rows.iter().flat_map(row_bytes).collect();
        self.write_narrow(address, ROW_BYTES, false, &bytes, operation)
    }

    /// Writes rows of which `width` bytes are sent and the others filled.
    pub(super) fn write_narrow(
        &self,
        address: u16,
        width: usize,
        sign_extend: bool,
        bytes: &[u8],
        operation: &'static str,
    ) -> Result<(), DeviceError> {
        let rows = link::rows_of_frame(width);
        let mut at = address;
        for chunk in bytes.chunks(rows * width) {
            let count = chunk.len() / width;
            let write = Write {
                address: at,
                rows: count as u8,
                row_bytes: width as u8,
                sign_extend,
                data: chunk.to_vec(),
            };
            self.request(
                Request {
                    write,
                    ..Request::default()
                },
                0,
                operation,
            )?;
            at += count as u16;
        }
        Ok(())
    }

    /// Runs a list of jobs, and counts for `phase`.
    pub(super) fn run(
        &self,
        run: Run,
        cycles: u64,
        phase: Phase,
        operation: &'static str,
    ) -> Result<(), DeviceError> {
        let last = self.phases().last();
        let before = match last {
            Some(counters) => counters,
            None => self.counters()?,
        };
        let request = Request {
            run,
            read: COUNTERS,
            ..Request::default()
        };
        let rows = self.request(request, cycles, operation)?;
        let after = CoreCounters::of_row(&rows.first().copied().unwrap_or_default());
        self.phases().record(phase, before, after);
        Ok(())
    }

    /// Reads up to [`MAX_READ_ROWS`] rows.
    pub(super) fn read(
        &self,
        address: u16,
        rows: usize,
        operation: &'static str,
    ) -> Result<Vec<Row>, DeviceError> {
        let read = Read {
            address,
            rows: rows.min(MAX_READ_ROWS) as u8,
        };
        self.request(
            Request {
                read,
                ..Request::default()
            },
            0,
            operation,
        )
    }

    pub(super) fn counters(&self) -> Result<CoreCounters, DeviceError> {
        Self::read_counters(&mut self.link(), &self.name)
    }

    pub(super) fn read_counters(link: &mut Link, name: &str) -> Result<CoreCounters, DeviceError> {
        let request = Request {
            read: COUNTERS,
            ..Request::default()
        };
        let rows = link.request(request, 0);
        let rows = rows.map_err(|error| device_error(name, "reading counters", &error))?;
        Ok(CoreCounters::of_row(
            &rows.first().copied().unwrap_or_default(),
        ))
    }

    /// The programs of multi-scalar multiplication, loaded at the first call.
    pub(super) fn curve(&self) -> Result<Arc<CurvePrograms>, DeviceError> {
        let mut slot = self.curve.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(programs) = &*slot {
            return Ok(Arc::clone(programs));
        }
        let programs = Arc::new(CurvePrograms::load(self)?);
        *slot = Some(Arc::clone(&programs));
        Ok(programs)
    }
}

pub(super) fn device_error(
    device: &str,
    operation: &'static str,
    error: &LinkError,
) -> DeviceError {
    let device = device.to_owned();
    match error {
        LinkError::Timeout { waited, .. } => DeviceError::Timeout {
            device,
            operation,
            timeout_ms: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
        },
        LinkError::Transport(TransportError::Stuck) => DeviceError::Lost {
            device,
            reason: error.to_string(),
        },
        LinkError::Shape { .. } => DeviceError::InvariantViolation {
            device,
            reason: error.to_string(),
        },
        _ => DeviceError::Lost {
            device,
            reason: error.to_string(),
        },
    }
}
