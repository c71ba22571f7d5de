//! Discovery: boards on serial ports, the simulation, the model.

use std::sync::Arc;

use kernelwise_hal::{Device, DeviceError, DeviceFactory, DeviceInfo, DeviceKind, Registry};

use super::identity::Identity;
use super::session::Session;
use super::{CoreCounters, FpgaDevice, Speed};
use crate::link::Link;
use crate::transport::{Board, Direct, Replay, Serial, Trace, Transport, TransportError, probe};

/// Name of the software model.
pub const MODEL: &str = "fpga-model";

/// Name of the compiled Verilog behind a pseudo-terminal.
pub const SIM: &str = "fpga-sim";

/// What the name of a board begins with; the path of its serial port follows.
const BOARD: &str = "fpga:";

/// Whether this is the name of cores alone: boards, simulations or models.
pub fn is_core(name: &str) -> bool {
    let is_one = |name: &str| name == MODEL || name == SIM || name.starts_with(BOARD);
    Registry::members(name).all(is_one)
}

/// Speed of a board's serial line, in bits a second.
pub const BAUD: u32 = 1_000_000;

/// Clock cycles of a bit in the simulation: as few as the core takes.
#[cfg(feature = "hdl-sim")]
const SIM_DIVIDER: u16 = 4;

/// Opens the transport called `name`: [`MODEL`], [`SIM`], `replay:` and the path of a recorded trace, or `fpga:` and the path of a
/// serial port.
///
/// # Errors
/// [`DeviceError::UnknownDevice`] for any other name, and for [`SIM`] in a build without the feature `hdl-sim`;
/// [`DeviceError::Lost`] if the port or the trace cannot be opened.
pub fn transport(name: &str) -> Result<Box<dyn Transport>, DeviceError> {
    let lost = |reason: String| DeviceError::Lost {
        device: name.to_owned(),
        reason,
    };
    let failed = |error: TransportError| lost(error.to_string());
    if name == MODEL {
        return Ok(Box::new(Direct::new()));
    }
    #[cfg(feature = "hdl-sim")]
    if name == SIM {
        use crate::transport::{Sim, verilated::Verilated};
        let core = Verilated::new(SIM_DIVIDER, 0);
        return Ok(Box::new(Sim::start(core, SIM_DIVIDER).map_err(failed)?));
    }
    if let Some(path) = name.strip_prefix(BOARD) {
        return Ok(Box::new(Serial::open(path, BAUD).map_err(failed)?));
    }
    if let Some(path) = name.strip_prefix("replay:") {
        let text = std::fs::read_to_string(path).map_err(|error| lost(error.to_string()))?;
        let trace = Trace::parse(&text).map_err(|line| lost(format!("no trace: line {line}")))?;
        return Ok(Box::new(Replay::new(trace)));
    }
    Err(DeviceError::UnknownDevice {
        name: name.to_owned(),
        available: FpgaFactory
            .probe()
            .into_iter()
            .map(|info| info.name)
            .collect(),
    })
}

/// What the core behind `transport` says of itself, without taking possession of it.
///
/// # Errors
/// As [`FpgaDevice::open`].
pub fn identify(name: &str, transport: Box<dyn Transport>) -> Result<Identity, DeviceError> {
    Identity::read(&mut Link::attach(transport), name)
}

/// What the core behind `transport` has counted, without taking possession of it.
///
/// # Errors
/// As [`FpgaDevice::open`].
pub fn counters(name: &str, transport: Box<dyn Transport>) -> Result<CoreCounters, DeviceError> {
    let mut link = Link::attach(transport);
    Identity::read(&mut link, name)?;
    Session::read_counters(&mut link, name)
}

/// A board to connect to: the compiled Verilog where this build has it, the software model otherwise, and which of the two.
///
/// # Errors
/// [`DeviceError::Lost`] if the operating system has no pseudo-terminals left.
pub fn simulated_board() -> Result<(Board, bool), DeviceError> {
    #[cfg(feature = "hdl-sim")]
    let (board, verilog) = (
        Board::start(crate::transport::verilated::Verilated::new(SIM_DIVIDER, 0)),
        true,
    );
    #[cfg(not(feature = "hdl-sim"))]
    let (board, verilog) = (Board::start(crate::model::Core::new(0)), false);
    let board = board.map_err(|error| DeviceError::Lost {
        device: SIM.to_owned(),
        reason: error.to_string(),
    })?;
    Ok((board, verilog))
}

/// Finds and opens cores.
#[derive(Debug, Clone, Copy, Default)]
pub struct FpgaFactory;

fn info(name: &str, description: String) -> DeviceInfo {
    DeviceInfo {
        name: name.to_owned(),
        kind: DeviceKind::Fpga,
        description,
        threads: 1,
        memory_bytes: Some((crate::isa::ROWS * crate::frame::ROW_BYTES) as u64),
    }
}

impl DeviceFactory for FpgaFactory {
    /// Asks every USB serial port for a core's identity, and lists those that answer.
    fn probe(&self) -> Vec<DeviceInfo> {
        let mut found = vec![info(MODEL, "the core in software".to_owned())];
        if cfg!(feature = "hdl-sim") {
            found.push(info(
                SIM,
                "the core's Verilog, compiled, behind a pseudo-terminal".to_owned(),
            ));
        }
        for path in probe() {
            let name = format!("{BOARD}{path}");
            let identity = transport(&name).and_then(|line| identify(&name, line));
            if let Ok(identity) = identity {
                found.push(info(&name, identity.to_string()));
            }
        }
        found
    }

    fn open(&self, name: &str) -> Result<Arc<dyn Device>, DeviceError> {
        let device = FpgaDevice::open(name, transport(name)?)?;
        if !name.starts_with(BOARD) {
            return Ok(Arc::new(device));
        }
        let clock_hz = u64::from(device.identity().divider) * u64::from(BAUD);
        let baud = u64::from(BAUD);
        Ok(Arc::new(device.at(Speed { clock_hz, baud })))
    }
}
