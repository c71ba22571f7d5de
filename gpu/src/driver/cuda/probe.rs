//! What cards there are, and whether they and their driver are recent enough; nothing is taken possession of.

use cudarc::driver::result::{self, DriverError as Failure};
use cudarc::driver::sys;

use super::super::{DriverError, Properties};

/// The oldest interface that the kernels and this crate are made for: CUDA 12.8, as drivers count.
const INTERFACE: i32 = 12080;

/// The oldest generation that the kernels are compiled for.
const CAPABILITY: (u32, u32) = (8, 0);

/// Number of cards.
///
/// # Errors
/// [`DriverError::Unavailable`] if there is no driver, or an old one, or no card.
pub fn count() -> Result<u32, DriverError> {
    // SAFETY: looks for a library, whose initialisation has no preconditions.
    if !unsafe { sys::is_culib_present() } {
        let reason = "no CUDA driver (libcuda) is installed".to_owned();
        return Err(DriverError::Unavailable(reason));
    }
    let mut version = 0;
    // SAFETY: the library is there; `version` is valid for the call.
    let status = unsafe { sys::cuDriverGetVersion(&mut version) }.result();
    status.map_err(|failure| unavailable("asking the driver's version", failure))?;
    if version < INTERFACE {
        return Err(DriverError::Unavailable(format!(
            "the driver is made for CUDA {}.{}, 12.8 is needed",
            version / 1000,
            version % 1000 / 10
        )));
    }
    result::init().map_err(|failure| unavailable("starting the driver", failure))?;
    let count = result::device::get_count().map_err(|failure| unavailable("counting", failure))?;
    Ok(count.try_into().unwrap_or(0))
}

/// Facts about a card, without taking possession of it.
///
/// # Errors
/// As [`count`], and [`DriverError::Unavailable`] if there is no such card, or one of a generation before the kernels'.
pub fn properties(ordinal: u32) -> Result<Properties, DriverError> {
    if ordinal >= count()? {
        return Err(DriverError::Unavailable(format!(
            "there is no card {ordinal}"
        )));
    }
    device_properties(ordinal)
        .map_err(|failure| unavailable("asking a card's properties", failure))?
}

fn device_properties(ordinal: u32) -> Result<Result<Properties, DriverError>, Failure> {
    use sys::CUdevice_attribute_enum as Attribute;
    let device = result::device::get(ordinal as i32)?;
    let attribute = |attribute| {
        // SAFETY: the device came from the driver.
        let value = unsafe { result::device::get_attribute(device, attribute) }?;
        Ok(value.try_into().unwrap_or(0u32))
    };
    let compute_capability = (
        attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?,
        attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?,
    );
    let name = result::device::get_name(device)?;
    if compute_capability < CAPABILITY {
        let (major, minor) = compute_capability;
        return Ok(Err(DriverError::Unavailable(format!(
            "{name} has compute capability {major}.{minor}, 8.0 is needed"
        ))));
    }
    Ok(Ok(Properties {
        description: name,
        multiprocessors: attribute(Attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?,
        shared_bytes_per_block: attribute(
            Attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN,
        )?,
        compute_capability,
        // SAFETY: the device came from the driver.
        memory_bytes: unsafe { result::device::total_mem(device) }? as u64,
        // Nothing but a bound in reports depends on these: a driver need not say them.
        clock_khz: attribute(Attribute::CU_DEVICE_ATTRIBUTE_CLOCK_RATE).unwrap_or(0),
        memory_clock_khz: attribute(Attribute::CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE).unwrap_or(0),
        memory_bus_bits: attribute(Attribute::CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH)
            .unwrap_or(0),
    }))
}

pub(super) fn unavailable(what: &str, failure: Failure) -> DriverError {
    DriverError::Unavailable(format!("{what}: {}", describe(failure)))
}

/// The driver's words.
pub(super) fn describe(failure: Failure) -> String {
    match (failure.error_name(), failure.error_string()) {
        (Ok(name), Ok(text)) => format!("{} ({})", text.to_string_lossy(), name.to_string_lossy()),
        _ => format!("{:?}", failure.0),
    }
}
