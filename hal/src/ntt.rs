//! Number-theoretic transforms: polynomials between coefficients and values on a coset of roots of unity.

use kernelwise_field::{FftField, Fr, Zero};

use crate::DeviceError;

/// The largest transform has `2^MAX_LOG_LEN` values: the order of the roots of unity of the field.
pub const MAX_LOG_LEN: u32 = Fr::TWO_ADICITY;

/// Transforms in place, in natural order on both sides.
///
/// With `ω` the [`generator`] of order `n`, the coefficients `a` of a polynomial and its values `v` on the coset
/// of `shift` are
/// ```text
/// v_i = Σ_j a_j · (shift · ω^i)^j        0 ≤ i < n
/// ```
pub trait Ntt: Send + Sync {
    /// Replaces coefficients by values; `shift` is one for the subgroup itself.
    ///
    /// # Shapes
    /// `values` holds `n = 2^k` elements, `k ≤` [`MAX_LOG_LEN`].
    ///
    /// # Cost
    /// `k·n/2` field multiplications; no copy of the values.
    ///
    /// # Errors
    /// [`DeviceError::InvalidArgument`] if the length is not such a power of two, or `shift` is zero.
    fn forward(&self, values: &mut [Fr], shift: Fr) -> Result<(), DeviceError>;

    /// Replaces values by coefficients: the inverse of [`forward`](Ntt::forward).
    ///
    /// # Errors
    /// As [`forward`](Ntt::forward).
    fn inverse(&self, values: &mut [Fr], shift: Fr) -> Result<(), DeviceError>;
}

/// The root of unity of order `len` that every device uses: a power of the field's root of order
/// `2^`[`MAX_LOG_LEN`].
///
/// # Errors
/// [`DeviceError::InvalidArgument`] if `len` is not a power of two of at most [`MAX_LOG_LEN`] bits.
pub fn generator(len: usize) -> Result<Fr, DeviceError> {
    let root = if len.is_power_of_two() {
        u64::try_from(len).ok().and_then(Fr::get_root_of_unity)
    } else {
        None
    };
    root.ok_or_else(|| DeviceError::InvalidArgument {
        what: "transform length",
        expected: format!("a power of two up to 2^{MAX_LOG_LEN}"),
        got: len.to_string(),
    })
}

/// Checks the arguments of a transform and returns the [`generator`]; for implementations.
///
/// # Errors
/// As [`Ntt::forward`].
pub fn check_transform(values: &[Fr], shift: Fr) -> Result<Fr, DeviceError> {
    if shift.is_zero() {
        return Err(DeviceError::InvalidArgument {
            what: "shift of a coset",
            expected: "a nonzero element".to_owned(),
            got: "zero".to_owned(),
        });
    }
    generator(values.len())
}
