//! The backward pass: claims travel from outputs to inputs, as in [`kernelwise_core::verify`].

use std::collections::BTreeMap;

use kernelwise_core::PublicTensors;
use kernelwise_core::claim::{AxisWeights, Claim, Claims, Functional, Outstanding};
use kernelwise_core::field::{AdditiveGroup, Field, Fr};
use kernelwise_core::kernels::{Kernel, LaunchView, ProofSystem};
use kernelwise_core::program::{Launch, Program, Shape, TensorId};
use kernelwise_hal::{SumcheckRequest, Table, Term};

use crate::channel::Channel;
use crate::devices::Devices;
use crate::error::ProveError;
use crate::evaluate::{add_padded_weights, evaluate};
use crate::kernels;
use crate::key::ProverKey;
use crate::room::Room;
use crate::sumcheck::prove_sumcheck;
use crate::tensor::IntTensor;
use crate::witness::Witness;

/// Everything that a kernel's prover needs.
pub(crate) struct Backward<'a, 'c> {
    pub(crate) program: &'a Program,
    pub(crate) witness: &'a Witness,
    pub(crate) devices: Devices<'a>,
    pub(crate) room: Room,
    pub(crate) channel: &'a mut Channel<'c>,
    pub(crate) claims: Claims,
    /// By launch, the points at which its Groth16 proof shows its shared tensors.
    pub(crate) linked: BTreeMap<usize, Vec<Vec<Fr>>>,
}

impl<'a, 'c> Backward<'a, 'c> {
    pub(crate) fn new(
        key: &'a ProverKey,
        witness: &'a Witness,
        devices: Devices<'a>,
        channel: &'a mut Channel<'c>,
    ) -> Self {
        Self {
            program: key.program(),
            room: key.room(),
            witness,
            devices,
            channel,
            claims: Claims::default(),
            linked: BTreeMap::new(),
        }
    }

    pub(crate) fn outputs(&mut self, public: &PublicTensors) {
        for (&id, values) in self.program.graph().outputs.iter().zip(&public.outputs) {
            let Some(tensor) = self.program.graph().tensor(id) else {
                continue;
            };
            let point = self.channel.challenges(tensor.shape.num_vars());
            let functional = Functional::at_point(&tensor.shape, &point);
            let value = functional.apply(&tensor.shape, values);
            self.claims.add(id, functional, value);
        }
    }

    pub(crate) fn launch(&mut self, index: usize, launch: &'a Launch) -> Result<(), ProveError> {
        let view = LaunchView {
            graph: self.program.graph(),
            launch,
        };
        match &launch.kernel {
            // Their relation is a lookup, settled with all others.
            Kernel::Rescale(_) | Kernel::Lookup(_) => Ok(()),
            Kernel::MaxPool(kernel) => kernels::max_pool::prove(kernel, self, &view),
            Kernel::Circuit(kernel) if kernel.system == ProofSystem::Groth16 => self.link(index),
            Kernel::Circuit(kernel) => {
                kernels::circuit::prove(kernel, self, &view, self.program.wire_widths(index))
            }
            kernel => {
                let Some((weights, value)) = self.settle(launch)? else {
                    return Ok(());
                };
                match kernel {
                    Kernel::MatMul(kernel) => {
                        kernels::matmul::prove(kernel, self, &view, &weights, value)
                    }
                    Kernel::Conv2d(kernel) => {
                        kernels::conv2d::prove(kernel, self, &view, &weights, value)
                    }
                    Kernel::Linear(kernel) => {
                        kernels::linear::prove(kernel, self, &view, &weights, value)
                    }
                    Kernel::Reshape(_) => kernels::reshape::prove(self, &view, &weights, value),
                    _ => Err(ProveError::Internal("a kernel without a prover")),
                }
            }
        }
    }

    /// The one separable claim on a launch's virtual output; several, or a dense one, merge in a sumcheck.
    fn settle(&mut self, launch: &Launch) -> Result<Option<(Vec<AxisWeights>, Fr)>, ProveError> {
        match launch.outputs.first() {
            Some(&id) => self.settle_tensor(id),
            None => Ok(None),
        }
    }

    /// All claims on a virtual tensor that are separable as they stand; with a dense one among them, one claim for all.
    pub(crate) fn separable_claims(&mut self, id: TensorId) -> Result<Vec<Claim>, ProveError> {
        if !self.claims.has_dense(id) {
            return Ok(self.claims.take(id));
        }
        let settled = self.settle_tensor(id)?;
        let claim = settled.map(|(weights, value)| Claim {
            functional: Functional::Separable(weights),
            value,
        });
        Ok(claim.into_iter().collect())
    }

    fn settle_tensor(
        &mut self,
        id: TensorId,
    ) -> Result<Option<(Vec<AxisWeights>, Fr)>, ProveError> {
        let outstanding = self.claims.take_outstanding(id);
        self.merge_claims(id, outstanding)
    }

    /// One claim at a point for several.
    pub(crate) fn merge_claims(
        &mut self,
        id: TensorId,
        outstanding: Outstanding,
    ) -> Result<Option<(Vec<AxisWeights>, Fr)>, ProveError> {
        let claims = match outstanding {
            Outstanding::None => return Ok(None),
            Outstanding::Single(weights, value) => return Ok(Some((weights, value))),
            Outstanding::Merge(claims) => claims,
        };
        let tensor = self.witness.data(id)?;
        let shape = tensor.shape();
        let alpha = self.channel.challenge();
        let mut weights = vec![Fr::ZERO; shape.padded_len()];
        let (mut power, mut sum) = (Fr::ONE, Fr::ZERO);
        for claim in &claims {
            add_padded_weights(&mut weights, shape, &claim.functional, power);
            sum += power * claim.value;
            power *= alpha;
        }
        let padded = tensor.padded();
        let request = SumcheckRequest::new(
            shape.num_vars(),
            vec![padded.table(), Table::Fr(weights.into())],
            vec![Term {
                coefficient: Fr::ONE,
                factors: [0, 1].into(),
            }],
        )?;
        let finished = prove_sumcheck(
            self.devices.sumcheck,
            self.channel,
            "claim merge round",
            request,
            sum,
        )?;
        let &[value, _] = finished.evals.as_slice() else {
            return Err(ProveError::Internal(
                "a merge left the wrong number of values",
            ));
        };
        let value = self.channel.send_one("claim merge value", value);
        match Functional::at_point(shape, &finished.point) {
            Functional::Separable(weights) => Ok(Some((weights, value))),
            Functional::Dense(_) => Err(ProveError::Internal("a point gave dense weights")),
        }
    }

    /// The verifier evaluates these itself.
    pub(crate) fn drop_input_claims(&mut self) {
        for &id in &self.program.graph().inputs {
            self.claims.take(id);
        }
    }

    /// States the value of a tensor under weights, unless it already is; records the claim.
    pub(crate) fn claim_on(
        &mut self,
        label: &'static str,
        id: TensorId,
        functional: Functional,
    ) -> Result<Fr, ProveError> {
        if let Some(value) = self.claims.find(id, &functional) {
            return Ok(value);
        }
        let value = evaluate(self.devices.contract, self.witness.data(id)?, &functional)?;
        Ok(self.state(label, id, functional, value))
    }

    /// As [`claim_on`](Self::claim_on), with the value already at hand.
    pub(crate) fn state(
        &mut self,
        label: &'static str,
        id: TensorId,
        functional: Functional,
        value: Fr,
    ) -> Fr {
        if let Some(value) = self.claims.find(id, &functional) {
            return value;
        }
        let value = self.channel.send_one(label, value);
        self.claims.add(id, functional, value);
        value
    }

    pub(crate) fn tensor(&self, id: TensorId) -> Result<&'a IntTensor, ProveError> {
        self.witness.tensor(id)
    }

    pub(crate) fn shape(&self, id: TensorId) -> Result<&'a Shape, ProveError> {
        Ok(self.witness.data(id)?.shape())
    }
}

/// The only argument and the only result of a launch.
pub(crate) fn one_to_one(view: &LaunchView<'_>) -> Result<(TensorId, TensorId), ProveError> {
    match (&view.launch.inputs[..], &view.launch.outputs[..]) {
        (&[x], &[y]) => Ok((x, y)),
        _ => Err(ProveError::Internal("a launch of the wrong arity")),
    }
}

/// Argument, parameter and result of a launch.
pub(crate) fn with_parameter(
    view: &LaunchView<'_>,
) -> Result<(TensorId, TensorId, TensorId), ProveError> {
    match (&view.launch.inputs[..], &view.launch.outputs[..]) {
        (&[x, w], &[y]) => Ok((x, w, y)),
        _ => Err(ProveError::Internal("a launch of the wrong arity")),
    }
}
