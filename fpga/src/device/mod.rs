//! The prover device: sumchecks and multi-scalar multiplications as requests to a core.

mod cost;
mod counters;
mod curve;
mod element;
mod estimate;
mod factory;
mod identity;
mod memory;
mod msm;
mod rounds;
mod scalars;
mod selftest;
mod session;
mod sumcheck;

use std::collections::BTreeMap;
use std::sync::Arc;

use kernelwise_hal::{Device, DeviceError, DeviceInfo, DeviceKind, Msm, SumcheckDevice};

pub use counters::{CoreCounters, Phase};
pub use estimate::{Estimate, ROUTED_HZ, SLICES, Speed, Window};
pub use factory::{
    BAUD, FpgaFactory, MODEL, SIM, counters, identify, is_core, simulated_board, transport,
};
pub use identity::Identity;
pub use selftest::selftest;

use crate::frame::ROW_BYTES;
use crate::transport::Transport;
use session::Session;

/// A core behind a transport, as a prover device.
///
/// Offers [`Msm`] and [`SumcheckDevice`]. Sums in progress and loaded bases live in the core's memory until they are dropped;
/// what does not fit is refused with [`DeviceError::OutOfMemory`].
#[derive(Debug)]
pub struct FpgaDevice {
    info: DeviceInfo,
    session: Arc<Session>,
    speed: Speed,
}

impl FpgaDevice {
    /// Takes possession of the core behind `transport` and calls it `name`.
    ///
    /// Estimates are for the clock that the core is routed for and the line of a board, whatever the transport, unless [told otherwise](Self::at).
    ///
    /// # Errors
    /// [`DeviceError::Timeout`] if nothing answers; [`DeviceError::Lost`] if the line fails or what answers is no core of this kind.
    pub fn open(name: &str, transport: Box<dyn Transport>) -> Result<Self, DeviceError> {
        let session = Session::open(name, transport)?;
        let identity = session.identity();
        let info = DeviceInfo {
            name: name.to_owned(),
            kind: DeviceKind::Fpga,
            description: identity.to_string(),
            threads: usize::from(identity.lanes),
            memory_bytes: Some(u64::from(identity.rows) * ROW_BYTES as u64),
        };
        Ok(Self {
            info,
            session: Arc::new(session),
            speed: Speed {
                clock_hz: ROUTED_HZ,
                baud: BAUD.into(),
            },
        })
    }

    /// Estimates are for this speed.
    #[must_use]
    pub fn at(self, speed: Speed) -> Self {
        Self { speed, ..self }
    }

    /// What the core says of itself.
    pub fn identity(&self) -> Identity {
        self.session.identity()
    }

    /// What the core has counted since it was opened.
    ///
    /// # Errors
    /// As for any request.
    pub fn counters(&self) -> Result<CoreCounters, DeviceError> {
        self.session.counters()
    }

    /// What the core has counted in each phase of multi-scalar multiplications since it was opened.
    pub fn phases(&self) -> BTreeMap<Phase, CoreCounters> {
        self.session.counted()
    }

    /// What the link went through.
    pub fn link_stats(&self) -> crate::link::LinkStats {
        self.session.link_stats()
    }
}

impl Device for FpgaDevice {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn msm(&self) -> Option<&dyn Msm> {
        Some(self)
    }

    fn sumcheck(&self) -> Option<&dyn SumcheckDevice> {
        Some(self)
    }
}
