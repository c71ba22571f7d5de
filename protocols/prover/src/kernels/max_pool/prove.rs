//! See `MaxPool::verify` in the verifier's half of this kernel.

use kernelwise_core::claim::{AxisWeights, Functional, pull_back, split_point};
use kernelwise_core::field::{AdditiveGroup, Field, Fr};
use kernelwise_core::kernels::{LaunchView, MaxPool};
use kernelwise_hal::{IntSlice, SumcheckRequest, Table, Term};

use crate::backward::{Backward, one_to_one};
use crate::error::ProveError;
use crate::lookup::form_values;
use crate::sumcheck::prove_sumcheck;

/// A zero check on the product of differences, then claims on `y` and on `x` at each window position.
pub(crate) fn prove(
    kernel: &MaxPool,
    pass: &mut Backward<'_, '_>,
    view: &LaunchView<'_>,
) -> Result<(), ProveError> {
    let (x, y) = one_to_one(view)?;
    let (input, output) = (pass.shape(x)?, pass.shape(y)?);
    let tau = pass.channel.challenges(output.num_vars());
    // The differences are what the kernel looks up.
    let differences = kernelwise_core::kernels::Relation::lookups(kernel, view)
        .iter()
        .map(|lookup| Ok(output.pad(&form_values(pass.witness, output, &lookup.input)?, 0)))
        .collect::<Result<Vec<_>, ProveError>>()?;
    let mut tables = vec![Table::Eq(tau.as_slice().into())];
    tables.extend(
        differences
            .iter()
            .map(|values| Table::Int(IntSlice::I64(values))),
    );
    let factors = (0..tables.len()).collect();
    let request = SumcheckRequest::new(
        output.num_vars(),
        tables,
        vec![Term {
            coefficient: Fr::ONE,
            factors,
        }],
    )?;
    let finished = prove_sumcheck(
        pass.devices.sumcheck,
        pass.channel,
        "max-pool round",
        request,
        Fr::ZERO,
    )?;
    pass.claim_on(
        "max-pool output",
        y,
        Functional::at_point(output, &finished.point),
    )?;
    let weights: Vec<_> = split_point(output, &finished.point)
        .map(|part| AxisWeights::Point(part.to_vec()))
        .collect();
    for position in kernel.positions() {
        let (_, pulled) = pull_back(&kernel.read(&position), output, input, &weights);
        pass.claim_on("max-pool input", x, Functional::Separable(pulled))?;
    }
    Ok(())
}
