//! Claims on the outputs of a circuit become claims on its inputs and hints.

use kernelwise_field::{AdditiveGroup, Field, Fr};

use super::{CircuitLaunch, GatePhase, GridWeights, LayerWeights};
use crate::circuit::{Circuit, Constant};
use crate::claim::{AxisWeights, Claim, Functional};
use crate::error::VerifyError;
use crate::kernels::LaunchView;
use crate::poly::eq_table;
use crate::program::{TensorId, log2_ceil};
use crate::sumcheck::verify_sumcheck;
use crate::verify::{Backward, kernel_error};

/// What is claimed of one level: `Σ_n grid(n) Σ_x wires(x)·V(x, n) = value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelClaim {
    /// Weights on instances.
    pub grid: GridWeights,
    /// One weight per wire of the level.
    pub wires: Vec<Fr>,
    /// What the sum is said to be.
    pub value: Fr,
}

/// Claims on one level before they are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pending {
    /// Nothing is claimed.
    None,
    /// One claim, which goes on as it is.
    One(LevelClaim),
    /// Several, or one whose weights on instances are no point.
    Many(Vec<LevelClaim>),
}

impl CircuitLaunch {
    /// The claims on output tensors at `level`, with the claim that came down from the level above: prover and verifier decide alike.
    ///
    /// `claims` holds the claims on each output tensor, all separable.
    pub fn pending(
        &self,
        circuit: &Circuit,
        level: usize,
        carried: Option<LevelClaim>,
        claims: &[Vec<Claim>],
    ) -> Pending {
        let mut pending: Vec<LevelClaim> = carried.into_iter().collect();
        let width = circuit.width(level);
        for (output, claims) in circuit
            .outputs
            .iter()
            .zip(claims)
            .filter(|(output, _)| output.level as usize == level)
        {
            for claim in claims {
                let Functional::Separable(axes) = &claim.functional else {
                    continue;
                };
                let (grid, port) = axes.split_at(self.grid.rank().min(axes.len()));
                let weights = match port.first() {
                    Some(port) => port.to_vector(output.wires.len()),
                    None => vec![Fr::ONE],
                };
                let mut wires = vec![Fr::ZERO; width];
                for (&wire, weight) in output.wires.iter().zip(weights) {
                    if let Some(slot) = wires.get_mut(wire as usize) {
                        *slot += weight;
                    }
                }
                pending.push(LevelClaim {
                    grid: GridWeights {
                        axes: grid.to_vec(),
                        padded: false,
                    },
                    wires,
                    value: claim.value,
                });
            }
        }
        match pending.pop() {
            None => Pending::None,
            Some(only) if pending.is_empty() && only.grid.is_point() => Pending::One(only),
            Some(last) => {
                pending.push(last);
                Pending::Many(pending)
            }
        }
    }

    /// The claims that a claim on level 0 leaves on each port's tensor: its factor, and the weights.
    pub fn on_ports(&self, circuit: &Circuit, claim: &LevelClaim) -> Vec<(Fr, Functional)> {
        let all = vec![true; self.grid.rank()];
        let mut start = 0;
        let mut ports = Vec::new();
        for (index, port) in circuit.ports().enumerate() {
            let kept = self.axes.get(index).unwrap_or(&all);
            let (mut scale, mut axes) = claim.grid.on_tensor(self.grid(), kept);
            let end = start + port.len as usize;
            let weights = claim.wires.get(start..end).unwrap_or_default();
            if port.scalar {
                scale *= weights.iter().sum::<Fr>();
            } else {
                axes.push(AxisWeights::Vector(weights.to_vec()));
            }
            ports.push((scale, Functional::Separable(axes)));
            start = end;
        }
        ports
    }

    /// The coefficients of the circuit as field elements.
    pub fn constants(circuit: &Circuit) -> Vec<Fr> {
        let lift = |constant: &Constant| constant.to_field().unwrap_or(Fr::ZERO);
        circuit.constants.iter().map(lift).collect()
    }

    /// From the top level down, one layer at a time:
    ///
    /// 1. claims on outputs that leave at this level join the one from above, by a sumcheck over instances;
    /// 2. the layer's assertions join with powers of a challenge, as claims of zero;
    /// 3. a sumcheck over instances, then one over wires per factor, leave claims on the level below, combined with powers of a
    ///    challenge. Layers of linear gates alone need neither.
    ///
    /// What arrives at level 0 is split over inputs and hints.
    pub(crate) fn verify(
        &self,
        pass: &mut Backward<'_, '_>,
        view: &LaunchView<'_>,
    ) -> Result<(), VerifyError> {
        let Some(circuit) = self.circuit(view) else {
            return Err(kernel_error(view));
        };
        let constants = Self::constants(circuit);
        let outputs = view
            .launch
            .outputs
            .get(..circuit.outputs.len())
            .unwrap_or_default();
        let mut claims = Vec::with_capacity(outputs.len());
        for &id in outputs {
            claims.push(pass.separable_claims(id)?);
        }
        let mut carried = None;
        for level in (0..circuit.levels()).rev() {
            let mut claim = match self.pending(circuit, level, carried.take(), &claims) {
                Pending::One(claim) => claim,
                Pending::Many(claims) => self.merge(pass, view, claims)?,
                Pending::None
                    if circuit
                        .producer(level)
                        .is_some_and(|layer| layer.asserts() > 0) =>
                {
                    let point = pass.transcript.challenges(self.grid.num_vars());
                    LevelClaim {
                        grid: GridWeights::at_point(self.grid(), &point),
                        wires: vec![Fr::ZERO; circuit.width(level)],
                        value: Fr::ZERO,
                    }
                }
                Pending::None => continue,
            };
            let Some(layer) = circuit.producer(level) else {
                return self.split(pass, view, circuit, &claim);
            };
            if layer.asserts() > 0 {
                let beta = pass.transcript.challenge();
                claim
                    .wires
                    .extend(powers(beta).skip(1).take(layer.asserts() as usize));
            }
            let weights =
                LayerWeights::new(layer, &constants, circuit.width(level - 1), &claim.wires);
            carried = Some(if layer.degree() < 2 {
                let total = self.total(&claim.grid);
                LevelClaim {
                    value: claim.value - total * weights.constant,
                    wires: weights.linear,
                    grid: claim.grid,
                }
            } else {
                self.layer(pass, view, layer.degree(), &claim, weights)?
            });
        }
        // Nothing was claimed of the circuit, and nothing asserted.
        Ok(())
    }

    /// `Σ_n grid(n)`.
    pub fn total(&self, grid: &GridWeights) -> Fr {
        grid.on_tensor(self.grid(), &vec![false; self.grid.rank()])
            .0
    }

    fn merge(
        &self,
        pass: &mut Backward<'_, '_>,
        view: &LaunchView<'_>,
        claims: Vec<LevelClaim>,
    ) -> Result<LevelClaim, VerifyError> {
        let alpha = pass.transcript.challenge();
        let sum = powers(alpha)
            .zip(&claims)
            .map(|(power, claim)| power * claim.value)
            .sum();
        let reduced = verify_sumcheck(
            pass.transcript,
            "circuit merge round",
            self.grid.num_vars(),
            2,
            sum,
        )?;
        let values = pass
            .transcript
            .read_scalars("circuit merge values", claims.len())?;
        let expected: Fr = powers(alpha)
            .zip(claims.iter().zip(&values))
            .map(|(power, (claim, value))| {
                power * value * claim.grid.evaluate(self.grid(), &reduced.point)
            })
            .sum();
        if expected != reduced.value {
            return Err(kernel_error(view));
        }
        let grid = GridWeights::at_point(self.grid(), &reduced.point);
        Ok(combine(
            grid,
            pass.transcript.challenge(),
            claims.into_iter().map(|claim| claim.wires).zip(values),
        ))
    }

    fn layer(
        &self,
        pass: &mut Backward<'_, '_>,
        view: &LaunchView<'_>,
        degree: usize,
        claim: &LevelClaim,
        weights: LayerWeights<'_>,
    ) -> Result<LevelClaim, VerifyError> {
        let width = weights.linear.len();
        let num_vars = log2_ceil(width);
        let reduced = verify_sumcheck(
            pass.transcript,
            "circuit instance round",
            self.grid.num_vars(),
            degree + 1,
            claim.value,
        )?;
        // Zero with negligible probability; then nothing could be said of the gates.
        let Some(scale) = claim.grid.evaluate(self.grid(), &reduced.point).inverse() else {
            return Err(kernel_error(view));
        };
        let mut value = reduced.value * scale - weights.constant;
        let mut gates = GatePhase::new(weights);
        let mut below = Vec::with_capacity(degree);
        for phase in 1..=degree {
            let bound = verify_sumcheck(pass.transcript, "circuit wire round", num_vars, 2, value)?;
            let wire = pass.transcript.read_scalar("circuit wire value")?;
            let mut eq = eq_table(&bound.point);
            eq.truncate(width);
            let settled = gates.bind(&eq);
            let rest = if phase < degree {
                pass.transcript.read_scalar("circuit gate value")?
            } else {
                settled
            };
            if wire * rest != bound.value {
                return Err(kernel_error(view));
            }
            value = rest - settled;
            below.push((eq, wire));
        }
        let grid = GridWeights::at_point(self.grid(), &reduced.point);
        Ok(combine(
            grid,
            pass.transcript.challenge(),
            below.into_iter(),
        ))
    }

    fn split(
        &self,
        pass: &mut Backward<'_, '_>,
        view: &LaunchView<'_>,
        circuit: &Circuit,
        claim: &LevelClaim,
    ) -> Result<(), VerifyError> {
        let hints = view
            .launch
            .outputs
            .get(circuit.outputs.len()..)
            .unwrap_or_default();
        let tensors: Vec<TensorId> = view.launch.inputs.iter().chain(hints).copied().collect();
        let mut sum = Fr::ZERO;
        for (id, (scale, functional)) in tensors.into_iter().zip(self.on_ports(circuit, claim)) {
            sum += scale * pass.claim_on("circuit input", id, functional)?;
        }
        if sum == claim.value {
            Ok(())
        } else {
            Err(kernel_error(view))
        }
    }
}

/// One claim for several at the same instances, with powers of a challenge.
pub fn combine(
    grid: GridWeights,
    challenge: Fr,
    claims: impl Iterator<Item = (Vec<Fr>, Fr)>,
) -> LevelClaim {
    let mut combined = LevelClaim {
        grid,
        wires: Vec::new(),
        value: Fr::ZERO,
    };
    for (power, (wires, value)) in powers(challenge).zip(claims) {
        if combined.wires.is_empty() {
            combined.wires = wires;
        } else {
            combined
                .wires
                .iter_mut()
                .zip(&wires)
                .for_each(|(sum, weight)| *sum += power * weight);
        }
        combined.value += power * value;
    }
    combined
}

fn powers(base: Fr) -> impl Iterator<Item = Fr> {
    std::iter::successors(Some(Fr::ONE), move |power| Some(*power * base))
}
