//! Trees of fractions node by node.

use kernelwise_field::Fr;
use kernelwise_hal::fractions::check_leaves;
use kernelwise_hal::{DeviceError, FractionLayer, FractionTree, IntSlice};

/// Lifts the numerators, then adds pair by pair.
pub(crate) struct ReferenceFractions;

impl FractionTree for ReferenceFractions {
    fn layers(
        &self,
        numerators: IntSlice<'_>,
        denominators: &[Fr],
    ) -> Result<Vec<FractionLayer>, DeviceError> {
        check_leaves(numerators, denominators)?;
        let mut layers = Vec::new();
        let (mut p, mut q) = (numerators.to_field(), denominators.to_vec());
        while q.len() > 1 {
            let half = q.len() / 2;
            (p, q) = (0..half)
                .map(|x| (p[x] * q[x + half] + p[x + half] * q[x], q[x] * q[x + half]))
                .unzip();
            layers.push(FractionLayer {
                numerators: p.clone(),
                denominators: q.clone(),
            });
        }
        Ok(layers)
    }
}
