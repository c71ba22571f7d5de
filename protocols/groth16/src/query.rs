//! Bases of a key with one scalar each: resident on a device, or read part by part.

use kernelwise_field::{AffineRepr, Fr};
use kernelwise_hal::{BaseSet, DeviceError, Msm, MsmGroup, Scalars};

use crate::error::Groth16ProveError;
use crate::points::Points;

/// Bases, one per scalar.
pub(crate) enum Query<G: MsmGroup> {
    /// On a device.
    Resident(Resident<G>),
    /// Where the key is.
    Streamed(Points<G::Affine>),
}

/// Bases on a device.
pub(crate) struct Resident<G: MsmGroup> {
    bases: BaseSet<G>,
    /// The scalars whose bases are there, where those that are the identity are left out.
    kept: Option<Vec<u32>>,
}

impl<G: MsmGroup> Resident<G> {
    fn load(msm: &dyn Msm<G>, bases: &[G::Affine]) -> Result<Self, DeviceError> {
        let identities = bases.iter().filter(|base| base.is_zero()).count();
        // A few identities cost less than a copy of the scalars.
        if identities * 8 < bases.len() {
            return Ok(Self {
                bases: msm.load(bases)?,
                kept: None,
            });
        }
        let others = || bases.iter().enumerate().filter(|(_, base)| !base.is_zero());
        let kept = others().map(|(place, _)| place as u32).collect();
        let bases: Vec<G::Affine> = others().map(|(_, base)| *base).collect();
        Ok(Self {
            bases: msm.load(&bases)?,
            kept: Some(kept),
        })
    }

    fn sum(&self, msm: &dyn Msm<G>, scalars: &[Fr]) -> Result<G, DeviceError> {
        match &self.kept {
            None => msm.msm(&self.bases, Scalars::Fr(scalars)),
            Some(kept) => {
                let kept: Vec<Fr> = kept.iter().map(|&place| scalars[place as usize]).collect();
                msm.msm(&self.bases, Scalars::Fr(&kept))
            }
        }
    }
}

impl<G: MsmGroup> Query<G> {
    /// Makes points resident.
    pub(crate) fn load(
        msm: &dyn Msm<G>,
        points: &Points<G::Affine>,
    ) -> Result<Self, Groth16ProveError> {
        Ok(Self::Resident(match points.borrowed() {
            Some(points) => Resident::load(msm, points)?,
            None => Resident::load(msm, &points.all()?)?,
        }))
    }

    /// The sum of the bases times `scalars`, as many as there are bases.
    pub(crate) fn sum(&self, msm: &dyn Msm<G>, scalars: &[Fr]) -> Result<G, Groth16ProveError> {
        match self {
            Self::Resident(bases) => Ok(bases.sum(msm, scalars)?),
            Self::Streamed(points) => {
                if points.len() != scalars.len() {
                    return Err(Groth16ProveError::Shape {
                        what: "scalars",
                        expected: points.len(),
                        got: scalars.len(),
                    });
                }
                let mut sum = G::zero();
                for part in points.parts() {
                    let bases = Resident::load(msm, &points.read(part.clone())?)?;
                    sum += bases.sum(msm, &scalars[part])?;
                }
                Ok(sum)
            }
        }
    }
}
