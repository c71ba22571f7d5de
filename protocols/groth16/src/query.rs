//! Bases of a key with one scalar each: resident on a device, or read part by part.

use std::ops::Range;

use kernelwise_field::{AffineRepr, Fr};
use kernelwise_hal::{BaseSet, DeviceError, Msm, MsmGroup, Scalars};

use crate::error::Groth16ProveError;

/// Bytes of points read at a time: a sum of so many is nearly as fast per point as a longer one.
const PART_BYTES: usize = 1 << 22;

/// Points that are read when they are needed.
pub(crate) trait PointSource<G: MsmGroup>: Send + Sync {
    /// Number of points.
    fn len(&self) -> usize;

    /// The points in `range`, which lies inside.
    fn read(&self, range: Range<usize>) -> Result<Vec<G::Affine>, Groth16ProveError>;
}

/// Bases, one per scalar.
pub(crate) enum Query<G: MsmGroup> {
    /// On a device.
    Resident {
        bases: BaseSet<G>,
        /// The scalars whose bases are there, where those that are the identity are left out.
        kept: Option<Vec<u32>>,
    },
    /// Elsewhere.
    Streamed(Box<dyn PointSource<G>>),
}

impl<G: MsmGroup> Query<G> {
    /// Makes bases resident.
    pub(crate) fn load(msm: &dyn Msm<G>, bases: &[G::Affine]) -> Result<Self, DeviceError> {
        let identities = bases.iter().filter(|base| base.is_zero()).count();
        // A few identities cost less than a copy of the scalars.
        if identities * 8 < bases.len() {
            return Ok(Self::Resident {
                bases: msm.load(bases)?,
                kept: None,
            });
        }
        let others = || bases.iter().enumerate().filter(|(_, base)| !base.is_zero());
        let kept = others().map(|(place, _)| place as u32).collect();
        let bases: Vec<G::Affine> = others().map(|(_, base)| *base).collect();
        Ok(Self::Resident {
            bases: msm.load(&bases)?,
            kept: Some(kept),
        })
    }

    /// The sum of the bases times `scalars`, as many as there are bases.
    pub(crate) fn sum(&self, msm: &dyn Msm<G>, scalars: &[Fr]) -> Result<G, Groth16ProveError> {
        match self {
            Self::Resident { bases, kept: None } => Ok(msm.msm(bases, Scalars::Fr(scalars))?),
            Self::Resident {
                bases,
                kept: Some(kept),
            } => {
                let kept: Vec<Fr> = kept.iter().map(|&place| scalars[place as usize]).collect();
                Ok(msm.msm(bases, Scalars::Fr(&kept))?)
            }
            Self::Streamed(source) => {
                if source.len() != scalars.len() {
                    return Err(Groth16ProveError::Shape {
                        what: "scalars",
                        expected: source.len(),
                        got: scalars.len(),
                    });
                }
                let part = PART_BYTES / size_of::<G::Affine>();
                let mut sum = G::zero();
                for first in (0..scalars.len()).step_by(part) {
                    let range = first..scalars.len().min(first + part);
                    let bases = msm.load(&source.read(range.clone())?)?;
                    sum += msm.msm(&bases, Scalars::Fr(&scalars[range]))?;
                }
                Ok(sum)
            }
        }
    }
}
