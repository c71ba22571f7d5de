//! Contraction as two loops.

use kernelwise_field::{AdditiveGroup, Fr};
use kernelwise_hal::contract::check_weights;
use kernelwise_hal::{Contract, ContractAxis, DeviceError, IntMatrix};

/// One field multiplication per entry.
pub(crate) struct ReferenceContract;

impl Contract for ReferenceContract {
    fn contract(
        &self,
        matrix: IntMatrix<'_>,
        axis: ContractAxis,
        weights: &[Fr],
    ) -> Result<Vec<Fr>, DeviceError> {
        check_weights(&matrix, axis, weights)?;
        let len = match axis {
            ContractAxis::Rows => matrix.cols(),
            ContractAxis::Cols => matrix.rows(),
        };
        let mut out = vec![Fr::ZERO; len];
        for (index, value) in matrix.data().iter().enumerate() {
            let (row, col) = (index / matrix.cols(), index % matrix.cols());
            match axis {
                ContractAxis::Rows => out[col] += weights[row] * Fr::from(value),
                ContractAxis::Cols => out[row] += weights[col] * Fr::from(value),
            }
        }
        Ok(out)
    }
}
