//! Multi-scalar multiplication over resident bases, in either group.

use std::any::Any;
use std::marker::PhantomData;
use std::time::Duration;

use kernelwise_field::{CurveGroup, Fr, G1, G2};

use crate::{Device, DeviceError, IntSlice};

/// The scalars of one multi-scalar multiplication.
#[derive(Debug, Clone, Copy)]
pub enum Scalars<'a> {
    /// Full-width field elements.
    Fr(&'a [Fr]),
    /// Small signed integers; a device MUST NOT widen them to full-width windows.
    Int(IntSlice<'a>),
    /// Bits.
    Bits(&'a [bool]),
}

impl<'a> Scalars<'a> {
    /// Number of scalars.
    pub fn len(&self) -> usize {
        match self {
            Self::Fr(values) => values.len(),
            Self::Int(values) => values.len(),
            Self::Bits(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The part in `range`, or `None` if it does not lie inside.
    pub fn slice(&self, range: std::ops::Range<usize>) -> Option<Self> {
        Some(match self {
            Self::Fr(values) => Self::Fr(values.get(range)?),
            Self::Int(values) => Self::Int(values.slice(range)?),
            Self::Bits(values) => Self::Bits(values.get(range)?),
        })
    }

    /// All scalars in order, lifted to the field.
    pub fn to_field(self) -> Vec<Fr> {
        match self {
            Self::Fr(values) => values.to_vec(),
            Self::Int(values) => values.to_field(),
            Self::Bits(values) => values.iter().map(|&bit| Fr::from(bit)).collect(),
        }
    }
}

/// Bases of one group resident on a device, in whatever layout it likes; dropping it frees them.
pub struct BaseSet<G = G1> {
    device: String,
    len: usize,
    prepared: Box<dyn Any + Send + Sync>,
    group: PhantomData<fn() -> G>,
}

impl<G> BaseSet<G> {
    /// Wraps a device's own prepared layout of `len` bases.
    pub fn new(device: &str, len: usize, prepared: Box<dyn Any + Send + Sync>) -> Self {
        Self {
            device: device.to_owned(),
            len,
            prepared,
            group: PhantomData,
        }
    }

    /// Number of bases.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Checks that there are at least as many bases as scalars.
    ///
    /// # Errors
    /// [`DeviceError::LengthMismatch`].
    pub fn covers(&self, scalars: usize) -> Result<(), DeviceError> {
        if scalars <= self.len {
            return Ok(());
        }
        Err(DeviceError::LengthMismatch {
            what: "scalars",
            expected: self.len,
            got: scalars,
        })
    }

    /// The device's own layout.
    ///
    /// # Errors
    /// [`DeviceError::ForeignBases`] if the set was loaded by another device or in another layout.
    pub fn prepared<T: 'static>(&self, used_on: &str) -> Result<&T, DeviceError> {
        let foreign = || DeviceError::ForeignBases {
            loaded_on: self.device.clone(),
            used_on: used_on.to_owned(),
        };
        if self.device != used_on {
            return Err(foreign());
        }
        self.prepared.downcast_ref().ok_or_else(foreign)
    }
}

impl<G> std::fmt::Debug for BaseSet<G> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BaseSet")
            .field("device", &self.device)
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

/// A group in which devices compute sums: G1 or G2.
pub trait MsmGroup: CurveGroup<ScalarField = Fr> {
    /// Its name, for people.
    const NAME: &'static str;

    /// The sums that `device` offers in this group.
    fn offered(device: &dyn Device) -> Option<&dyn Msm<Self>>;
}

impl MsmGroup for G1 {
    const NAME: &'static str = "G1";

    fn offered(device: &dyn Device) -> Option<&dyn Msm<Self>> {
        device.msm()
    }
}

impl MsmGroup for G2 {
    const NAME: &'static str = "G2";

    fn offered(device: &dyn Device) -> Option<&dyn Msm<Self>> {
        device.msm_g2()
    }
}

/// Multi-scalar multiplication in G1, or in G2 as `Msm<G2>`.
pub trait Msm<G: MsmGroup = G1>: Send + Sync {
    /// Makes `bases` resident. The identity and repeated points are allowed.
    ///
    /// # Errors
    /// [`DeviceError::OutOfMemory`] if they do not fit.
    fn load(&self, bases: &[G::Affine]) -> Result<BaseSet<G>, DeviceError>;

    /// Computes `Σ_i scalars[i] · bases[i]`.
    ///
    /// # Shapes
    /// At most as many scalars as bases: the bases beyond have scalar zero. No scalars give the identity.
    ///
    /// # Errors
    /// [`DeviceError::LengthMismatch`] if there are more scalars than bases;
    /// [`DeviceError::ForeignBases`] if another device loaded them.
    fn msm(&self, bases: &BaseSet<G>, scalars: Scalars<'_>) -> Result<G, DeviceError>;

    /// Computes `Σ_i scalars[i] · bases[start + i]`: a part of a sum that several devices share.
    ///
    /// # Errors
    /// As [`msm`](Msm::msm), with `start` counted among the scalars.
    ///
    /// # Cost
    /// Unless a device does better, that of as many zero scalars in front.
    fn msm_from(
        &self,
        bases: &BaseSet<G>,
        start: usize,
        scalars: Scalars<'_>,
    ) -> Result<G, DeviceError> {
        fn behind<T: Copy + Default>(start: usize, values: &[T]) -> Vec<T> {
            let mut out = vec![T::default(); start];
            out.extend_from_slice(values);
            out
        }
        if start == 0 {
            return self.msm(bases, scalars);
        }
        bases.covers(start.saturating_add(scalars.len()))?;
        match scalars {
            Scalars::Fr(values) => self.msm(bases, Scalars::Fr(&behind(start, values))),
            Scalars::Bits(values) => self.msm(bases, Scalars::Bits(&behind(start, values))),
            Scalars::Int(values) => match values {
                IntSlice::I8(values) => {
                    let padded = behind(start, values);
                    self.msm(bases, Scalars::Int(IntSlice::I8(&padded)))
                }
                IntSlice::I16(values) => {
                    let padded = behind(start, values);
                    self.msm(bases, Scalars::Int(IntSlice::I16(&padded)))
                }
                IntSlice::I32(values) => {
                    let padded = behind(start, values);
                    self.msm(bases, Scalars::Int(IntSlice::I32(&padded)))
                }
                IntSlice::I64(values) => {
                    let padded = behind(start, values);
                    self.msm(bases, Scalars::Int(IntSlice::I64(&padded)))
                }
            },
        }
    }

    /// Computes one multi-scalar multiplication per row of a row-major matrix, all over the same bases.
    ///
    /// # Shapes
    /// `scalars` holds `rows · row_len` values; returns `rows` points.
    ///
    /// # Errors
    /// As [`msm`](Msm::msm), and [`DeviceError::LengthMismatch`] if `row_len` does not divide the length.
    fn msm_rows(
        &self,
        bases: &BaseSet<G>,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Result<Vec<G>, DeviceError> {
        rows_of(scalars.len(), row_len)?
            .map(|range| {
                let got = range.end;
                let row = scalars.slice(range).ok_or(DeviceError::LengthMismatch {
                    what: "scalars",
                    expected: scalars.len(),
                    got,
                })?;
                self.msm(bases, row)
            })
            .collect()
    }

    /// How long [`msm`](Msm::msm) would take, where a device can say so before it runs; others have to be measured.
    fn estimate(&self, _bases: &BaseSet<G>, _scalars: Scalars<'_>) -> Option<Duration> {
        None
    }
}

/// The index ranges of the rows of a row-major matrix of `len` values.
///
/// # Errors
/// [`DeviceError::LengthMismatch`] if `row_len` does not divide `len`.
pub fn rows_of(
    len: usize,
    row_len: usize,
) -> Result<impl Iterator<Item = std::ops::Range<usize>>, DeviceError> {
    if len != 0 && (row_len == 0 || !len.is_multiple_of(row_len)) {
        return Err(DeviceError::LengthMismatch {
            what: "row-major scalars",
            expected: len.next_multiple_of(row_len.max(1)),
            got: len,
        });
    }
    Ok((0..len.checked_div(row_len).unwrap_or(0))
        .map(move |row| row * row_len..(row + 1) * row_len))
}
