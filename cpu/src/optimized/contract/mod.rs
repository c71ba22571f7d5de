//! Contraction with lazy reduction: sums in machine words, one reduction per output.

mod limbs;
#[cfg(target_arch = "x86_64")]
mod planes;
#[cfg(target_arch = "x86_64")]
mod reduce;
#[cfg(target_arch = "x86_64")]
mod small;
#[cfg(test)]
mod tests;

use kernelwise_field::{AdditiveGroup, Fr};
use kernelwise_hal::contract::check_weights;
use kernelwise_hal::{Contract, ContractAxis, DeviceError, IntMatrix};

#[cfg(target_arch = "x86_64")]
use crate::simd::Level;

/// Byte planes where the CPU multiplies bytes, limb sums elsewhere.
pub(crate) struct OptimizedContract;

impl Contract for OptimizedContract {
    fn contract(
        &self,
        matrix: IntMatrix<'_>,
        axis: ContractAxis,
        weights: &[Fr],
    ) -> Result<Vec<Fr>, DeviceError> {
        check_weights(&matrix, axis, weights)?;
        if matrix.data().is_empty() {
            return Ok(vec![Fr::ZERO; outputs(&matrix, axis)]);
        }
        #[cfg(target_arch = "x86_64")]
        if Level::active() == Level::Avx512
            && let Some(vnni) = crate::simd::contract::Vnni::detect()
        {
            return Ok(planes::contract(vnni, matrix, axis, weights));
        }
        Ok(limbs::contract(matrix, axis, weights))
    }
}

/// How many sums there are.
fn outputs(matrix: &IntMatrix<'_>, axis: ContractAxis) -> usize {
    match axis {
        ContractAxis::Rows => matrix.cols(),
        ContractAxis::Cols => matrix.rows(),
    }
}
