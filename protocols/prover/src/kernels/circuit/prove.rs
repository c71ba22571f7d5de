//! See `CircuitLaunch::verify` in the verifier's half of this kernel.

use kernelwise_core::circuit::{Circuit, Layer, Width};
use kernelwise_core::claim::Claim;
use kernelwise_core::field::{AdditiveGroup, Field, Fr};
use kernelwise_core::kernels::{
    CircuitLaunch, GridWeights, LaunchView, LayerWeights, LevelClaim, Pending, combine,
};
use kernelwise_core::poly::eq_table;
use kernelwise_core::program::TensorId;
use kernelwise_hal::{SumcheckRequest, Table, Term};

use super::forward::Forward;
use super::levels::Level;
use super::phases::{Phases, combine_all, eq_table_of};
use super::witness::{circuit_of, coefficients};
use crate::backward::Backward;
use crate::error::ProveError;
use crate::sumcheck::{Finished, prove_sumcheck};

/// From claims on the outputs to claims on inputs and hints, level by level.
pub(crate) fn prove(
    kernel: &CircuitLaunch,
    pass: &mut Backward<'_, '_>,
    view: &LaunchView<'_>,
    widths: &[Vec<Width>],
) -> Result<(), ProveError> {
    let circuit = circuit_of(kernel, view)?;
    let (outputs, hints) = view
        .launch
        .outputs
        .split_at_checked(circuit.outputs.len())
        .ok_or(ProveError::Internal("a circuit of the wrong arity"))?;
    let tensors: Vec<TensorId> = view.launch.inputs.iter().chain(hints).copied().collect();
    let ports = tensors
        .iter()
        .map(|&id| pass.witness.data(id))
        .collect::<Result<Vec<_>, _>>()?;
    let coefficients = coefficients(circuit);
    let constants: Vec<Fr> = coefficients
        .iter()
        .map(|coefficient| coefficient.field)
        .collect();
    let forward = Forward {
        kernel,
        circuit,
        coefficients: &coefficients,
        widths,
    };
    let mut levels = forward.stack(&ports, pass.room)?;
    let claims = outputs
        .iter()
        .map(|&id| pass.separable_claims(id))
        .collect::<Result<Vec<_>, _>>()?;
    let mut prover = Prover {
        kernel,
        circuit,
        pass,
        claims,
        tensors,
    };
    let mut carried = None;
    // What lies above a level is dropped once its claims are settled.
    while let Some(level) = levels.pop()? {
        let index = levels.len();
        let Some(claim) = prover.claim(index, &level, carried.take())? else {
            continue;
        };
        levels.recycle(level);
        let (Some(layer), Some(below)) = (circuit.producer(index), levels.top()?) else {
            return prover.split(&claim);
        };
        let weights = LayerWeights::new(layer, &constants, below.width(), &claim.wires);
        carried = Some(if layer.degree() < 2 {
            LevelClaim {
                value: claim.value - kernel.total(&claim.grid) * weights.constant,
                wires: weights.linear,
                grid: claim.grid,
            }
        } else {
            prover.layer(layer, below, &claim, weights)?
        });
    }
    Ok(())
}

struct Prover<'p, 'a, 'c, 'v> {
    kernel: &'v CircuitLaunch,
    circuit: &'v Circuit,
    pass: &'p mut Backward<'a, 'c>,
    /// The claims on each output tensor.
    claims: Vec<Vec<Claim>>,
    /// The tensors of level 0.
    tensors: Vec<TensorId>,
}

impl Prover<'_, '_, '_, '_> {
    /// The one claim on a level, its assertions included; `None` if there is nothing to claim.
    fn claim(
        &mut self,
        index: usize,
        level: &Level,
        carried: Option<LevelClaim>,
    ) -> Result<Option<LevelClaim>, ProveError> {
        let asserts = self.circuit.producer(index).map_or(0, Layer::asserts);
        let mut claim = match self
            .kernel
            .pending(self.circuit, index, carried, &self.claims)
        {
            Pending::One(claim) => claim,
            Pending::Many(claims) => self.merge(level, claims)?,
            Pending::None if asserts > 0 => {
                let point = self.pass.channel.challenges(self.kernel.grid.num_vars());
                LevelClaim {
                    grid: GridWeights::at_point(self.kernel.grid(), &point),
                    wires: vec![Fr::ZERO; level.width()],
                    value: Fr::ZERO,
                }
            }
            Pending::None => return Ok(None),
        };
        if asserts > 0 {
            let beta = self.pass.channel.challenge();
            let mut power = Fr::ONE;
            claim.wires.extend((0..asserts).map(|_| {
                power *= beta;
                power
            }));
        }
        Ok(Some(claim))
    }

    fn merge(&mut self, level: &Level, claims: Vec<LevelClaim>) -> Result<LevelClaim, ProveError> {
        let grid = self.kernel.grid();
        let alpha = self.pass.channel.challenge();
        let (mut power, mut sum) = (Fr::ONE, Fr::ZERO);
        let (mut tables, mut terms) = (Vec::new(), Vec::new());
        for claim in &claims {
            terms.push(Term {
                coefficient: power,
                factors: [tables.len(), tables.len() + 1].into(),
            });
            tables.push(Table::Fr(claim.grid.to_table(grid).into()));
            tables.push(Table::Fr(
                level
                    .over_wires(self.pass.devices.contract, &claim.wires)?
                    .into(),
            ));
            sum += power * claim.value;
            power *= alpha;
        }
        let request = SumcheckRequest::new(self.kernel.grid.num_vars(), tables, terms)?;
        let Finished { point, evals, .. } = prove_sumcheck(
            self.pass.devices.sumcheck,
            self.pass.channel,
            "circuit merge round",
            request,
            sum,
        )?;
        let values = evals.iter().copied().skip(1).step_by(2).collect();
        let values = self.pass.channel.send("circuit merge values", values);
        let wires = claims.into_iter().map(|claim| claim.wires);
        Ok(combine(
            GridWeights::at_point(grid, &point),
            self.pass.channel.challenge(),
            wires.zip(values),
        ))
    }

    /// A sumcheck over instances, then one over wires for each factor.
    fn layer(
        &mut self,
        layer: &Layer,
        below: &Level,
        claim: &LevelClaim,
        weights: LayerWeights<'_>,
    ) -> Result<LevelClaim, ProveError> {
        let grid = self.kernel.grid();
        let contract = self.pass.devices.contract;
        let (request, constant) = (
            self.instance_request(below, claim, &weights)?,
            weights.constant,
        );
        let rounds = prove_sumcheck(
            self.pass.devices.sumcheck,
            self.pass.channel,
            "circuit instance round",
            request,
            claim.value,
        )?;
        let scale = claim.grid.evaluate(grid, &rounds.point).inverse();
        let scale = scale.ok_or(ProveError::Internal("a challenge hit a root"))?;
        let values = below.over_instances(contract, &eq_table(&rounds.point))?;
        let num_vars = values.len().next_power_of_two().ilog2() as usize;
        let padded = |mut table: Vec<Fr>| -> Table<'static> {
            table.resize(1 << num_vars, Fr::ZERO);
            Table::Fr(table.into())
        };
        let mut gates = Phases::new(weights);
        let mut value = rounds.claim * scale - constant;
        let mut wires = Vec::with_capacity(layer.degree());
        for phase in 1..=layer.degree() {
            let tables = vec![padded(values.clone()), padded(gates.table(&values))];
            let request = SumcheckRequest::new(
                num_vars,
                tables,
                vec![Term {
                    coefficient: Fr::ONE,
                    factors: [0, 1].into(),
                }],
            )?;
            let bound = prove_sumcheck(
                self.pass.devices.sumcheck,
                self.pass.channel,
                "circuit wire round",
                request,
                value,
            )?;
            let &[wire, rest] = bound.evals.as_slice() else {
                return Err(ProveError::Internal(
                    "a phase left the wrong number of values",
                ));
            };
            let wire = self.pass.channel.send_one("circuit wire value", wire);
            let eq = eq_table_of(&bound.point, values.len());
            let settled = gates.bind(&eq);
            let rest = if phase < layer.degree() {
                self.pass.channel.send_one("circuit gate value", rest)
            } else {
                settled
            };
            value = rest - settled;
            wires.push((eq, wire));
        }
        let grid = GridWeights::at_point(grid, &rounds.point);
        let challenge = self.pass.channel.challenge();
        Ok(combine_all(&grid, challenge, &wires))
    }

    /// `Σ_n grid(n)·(L(n) + Σ_t w_t Π_j V(x_tj, n))`, where `L` gathers constants and linear terms.
    fn instance_request<'b>(
        &self,
        below: &'b Level,
        claim: &LevelClaim,
        weights: &LayerWeights<'_>,
    ) -> Result<SumcheckRequest<'b>, ProveError> {
        let grid = self.kernel.grid();
        let mut linear = below.over_wires(self.pass.devices.contract, &weights.linear)?;
        linear.iter_mut().for_each(|sum| *sum += weights.constant);
        let instances = match claim.grid.as_point(grid) {
            Some(point) => Table::Eq(point.into()),
            None => Table::Fr(claim.grid.to_table(grid).into()),
        };
        let mut tables = vec![instances, Table::Fr(linear.into())];
        let mut terms = vec![Term {
            coefficient: Fr::ONE,
            factors: [0, 1].into(),
        }];
        let mut place = vec![None; below.width()];
        for (coefficient, wires) in &weights.products {
            let factors = std::iter::once(0).chain(wires.iter().map(|&wire| {
                *place[wire as usize].get_or_insert_with(|| {
                    tables.push(below.table(wire));
                    tables.len() - 1
                })
            }));
            terms.push(Term {
                coefficient: *coefficient,
                factors: factors.collect(),
            });
        }
        Ok(SumcheckRequest::new(
            self.kernel.grid.num_vars(),
            tables,
            terms,
        )?)
    }

    /// Claims on the tensors of level 0.
    fn split(&mut self, claim: &LevelClaim) -> Result<(), ProveError> {
        for (&id, (_, functional)) in self
            .tensors
            .iter()
            .zip(self.kernel.on_ports(self.circuit, claim))
        {
            self.pass.claim_on("circuit input", id, functional)?;
        }
        Ok(())
    }
}
