//! The programs of multi-scalar multiplication in a core's memory.

use kernelwise_hal::DeviceError;

use super::memory::Region;
use super::session::{ONE, Session, ZERO};
use crate::isa::{Assembler, Program};
use crate::programs::curve;

/// A program in the core's memory.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) row: u16,
    pub(super) program: Program,
}

/// The programs of multi-scalar multiplication, which stay.
#[derive(Debug)]
pub(super) struct CurvePrograms {
    pub(super) clear: Placed,
    pub(super) add_affine: Placed,
    pub(super) add: Placed,
    _region: Region,
}

impl CurvePrograms {
    /// Puts them into free rows.
    ///
    /// # Errors
    /// [`DeviceError::OutOfMemory`] if there are too few; whatever the link reports.
    pub(super) fn load(session: &Session) -> Result<Self, DeviceError> {
        let assemble = |assembler: Assembler| {
            assembler
                .assemble()
                .map_err(|error| DeviceError::InvariantViolation {
                    device: session.name().to_owned(),
                    reason: error.to_string(),
                })
        };
        let clear = assemble(curve::clear(ZERO, ONE))?;
        let add_affine = assemble(curve::add_affine(ZERO))?;
        let add = assemble(curve::add_projective())?;
        let region = session.take(clear.interval() + add_affine.interval() + add.interval())?;
        let mut row = region.start();
        let mut rows = Vec::new();
        let mut place = |program: Program| {
            let placed = Placed { row, program };
            rows.extend(placed.program.rows());
            row += placed.program.interval() as u16;
            placed
        };
        let (clear, add_affine, add) = (place(clear), place(add_affine), place(add));
        session.write(region.start(), &rows, "loading programs")?;
        Ok(Self {
            clear,
            add_affine,
            add,
            _region: region,
        })
    }
}
