//! The whole verifier.
//!
//! | step | reads | checks |
//! |---|---|---|
//! | 1 | row commitments of every advice tensor; one commitment per launch proved by Groth16 | points of the curve |
//! | 2 | the lookup argument, after γ and β | sum of fractions, leaves against claims on tensors |
//! | 3 | nothing: public outputs at a random point | becomes claims |
//! | 4 | each launch in reverse order, segment by segment | the kernel's own equation |
//! | 5 | nothing: claims on public inputs | by evaluation |
//! | 6 | the batch opening | claims on advice and parameters |
//! | 7 | the Groth16 proofs | one product of pairings |

use std::collections::BTreeMap;

use kernelwise_field::{AdditiveGroup, Field, Fr, G1Affine};

use crate::claim::{AxisWeights, Claim, Claims, Functional, Outstanding};
use crate::commitment::{Commitments, RowLayout, verify_opening};
use crate::error::VerifyError;
use crate::groth16::Proof;
use crate::groth16::linked::VectorClaim;
use crate::kernels::{Kernel, LaunchView, ProofSystem};
use crate::key::{PublicTensors, VerifierKey};
use crate::lookup::{Fingerprint, verify_fractions, verify_leaves};
use crate::program::{Launch, Program, Shape, TensorId, TensorKind};
use crate::sumcheck::verify_sumcheck;
use crate::transcript::{Instance, Message, VerifierTranscript};
use crate::wire::ModelProof;

/// Verifies that running the key's program on the public inputs gives the public outputs.
///
/// # Errors
/// [`VerifyError`] that names the check that failed. Total: any bytes are accepted or refused, none panic.
///
/// # Soundness
/// `key` MUST come from someone the caller trusts to have committed to the right parameters, such as by its digest.
pub fn verify(
    key: &VerifierKey,
    public: &PublicTensors,
    proof: &ModelProof,
) -> Result<(), VerifyError> {
    verify_traced(key, public, proof).map(|_| ())
}

/// As [`verify`], and returns the list of the proof's messages.
///
/// # Errors
/// As [`verify`].
pub fn verify_traced(
    key: &VerifierKey,
    public: &PublicTensors,
    proof: &ModelProof,
) -> Result<Vec<Message>, VerifyError> {
    let program = key.program();
    if proof.program != program.digest() {
        return Err(VerifyError::WrongProgram {
            expected: program.digest().to_string(),
            got: proof.program.to_string(),
        });
    }
    if proof.key != key.digest() {
        return Err(VerifyError::WrongKey {
            expected: key.digest().to_string(),
            got: proof.key.to_string(),
        });
    }
    public.check(program)?;
    let instance = Instance {
        program: program.digest(),
        key: key.digest(),
        public,
    };
    let mut transcript = VerifierTranscript::new(&instance, &proof.messages);
    let commitments = read_commitments(key, &mut transcript)?;
    let carried = read_carried(program, &mut transcript)?;
    let mut pass = Backward {
        program,
        transcript: &mut transcript,
        claims: Claims::default(),
        linked: BTreeMap::new(),
    };
    pass.lookups()?;
    pass.outputs(public);
    pass.launches(program.segments().together())?;
    pass.segments()?;
    pass.inputs(public)?;
    let Backward {
        mut claims, linked, ..
    } = pass;
    verify_opening(
        program,
        &mut transcript,
        &mut claims,
        &commitments,
        key.bases(),
    )?;
    // A validated program settles every claim; if one were left, nothing would vouch for it.
    if !claims.is_empty() {
        return Err(VerifyError::Opening {
            step: "a claim was not settled",
        });
    }
    let proofs = read_proofs(program, &mut transcript)?;
    let messages = transcript.finish()?;
    key.linked()
        .verify(program.linked(), &carried, &linked, &proofs)?;
    Ok(messages)
}

/// The parameters' commitments from the key, the advice's from the proof.
fn read_commitments(
    key: &VerifierKey,
    transcript: &mut VerifierTranscript<'_>,
) -> Result<Commitments, VerifyError> {
    let program = key.program();
    let mut commitments = key.parameters().clone();
    for (id, tensor) in program.tensors_of(TensorKind::Advice) {
        let layout = RowLayout::new(&tensor.shape, program.graph().max_columns);
        commitments.insert(id, transcript.read_points("commitment", layout.rows)?);
    }
    Ok(commitments)
}

/// The commitments that the Groth16 proofs carry, in launch order: they come before every challenge.
fn read_carried(
    program: &Program,
    transcript: &mut VerifierTranscript<'_>,
) -> Result<Vec<G1Affine>, VerifyError> {
    let mut carried = Vec::new();
    for _ in program.linked().launches() {
        carried.extend(transcript.read_points("groth16 commitment", 1)?);
    }
    Ok(carried)
}

/// The Groth16 proofs, in launch order.
fn read_proofs(
    program: &Program,
    transcript: &mut VerifierTranscript<'_>,
) -> Result<Vec<Proof>, VerifyError> {
    let launches = program.linked().launches().iter();
    launches
        .map(|_| transcript.read_groth16("groth16 proof"))
        .collect()
}

/// The backward pass: claims travel from outputs to inputs.
pub(crate) struct Backward<'a, 'p> {
    pub(crate) program: &'a Program,
    pub(crate) transcript: &'a mut VerifierTranscript<'p>,
    pub(crate) claims: Claims,
    /// By launch, the claims that its Groth16 proof must show.
    pub(crate) linked: BTreeMap<usize, Vec<VectorClaim>>,
}

impl<'a> Backward<'a, '_> {
    fn lookups(&mut self) -> Result<(), VerifyError> {
        if self.program.layout().is_empty() {
            return Ok(());
        }
        let fingerprint = Fingerprint {
            gamma: self.transcript.challenge(),
            beta: self.transcript.challenge(),
        };
        let leaves = verify_fractions(self.transcript, self.program.layout().num_vars())?;
        let program = self.program;
        verify_leaves(program, &fingerprint, &leaves, |id, weights| {
            self.claim_on("lookup claim", id, weights)
        })
    }

    fn outputs(&mut self, public: &PublicTensors) {
        for (&id, values) in self.program.graph().outputs.iter().zip(&public.outputs) {
            let Some(tensor) = self.program.graph().tensor(id) else {
                continue;
            };
            let point = self.transcript.challenges(tensor.shape.num_vars());
            let functional = Functional::at_point(&tensor.shape, &point);
            let value = functional.apply(&tensor.shape, values);
            self.claims.add(id, functional, value);
        }
    }

    /// Every segment, in a transcript of its own that binds what the program says next.
    fn segments(&mut self) -> Result<(), VerifyError> {
        let segments = self.program.segments().apart();
        if segments.is_empty() {
            return Ok(());
        }
        let fork = self.transcript.fork(segments.len());
        // What one segment claims, the next does not know: prover and verifier agree whoever is first.
        let claims: Vec<Claims> = segments.iter().map(|own| self.claims.fork(own)).collect();
        for (index, (segment, claims)) in segments.iter().zip(claims).enumerate() {
            let mut transcript = self.transcript.segment(&fork, index);
            let mut pass = Backward {
                program: self.program,
                transcript: &mut transcript,
                claims,
                linked: BTreeMap::new(),
            };
            pass.launches(segment.launches())?;
            let Backward { claims, linked, .. } = pass;
            self.claims.join(claims);
            self.linked.extend(linked);
            self.transcript.join(transcript)?;
        }
        Ok(())
    }

    fn launches(&mut self, indices: &[usize]) -> Result<(), VerifyError> {
        let launches = &self.program.graph().launches;
        for &index in indices {
            if let Some(launch) = launches.get(index) {
                self.launch(index, launch)?;
            }
        }
        Ok(())
    }

    fn launch(&mut self, index: usize, launch: &'a Launch) -> Result<(), VerifyError> {
        let view = LaunchView {
            graph: self.program.graph(),
            launch,
        };
        match &launch.kernel {
            // Their relation is a lookup, settled with all others.
            Kernel::Rescale(_) | Kernel::Lookup(_) => Ok(()),
            Kernel::MaxPool(kernel) => kernel.verify(self, &view),
            Kernel::Circuit(kernel) => match kernel.system {
                ProofSystem::Gkr => kernel.verify(self, &view),
                ProofSystem::Groth16 => self.link(index),
            },
            Kernel::MatMul(kernel) => match self.settle(launch)? {
                Some((weights, value)) => kernel.verify(self, &view, &weights, value),
                None => Ok(()),
            },
            Kernel::Conv2d(kernel) => match self.settle(launch)? {
                Some((weights, value)) => kernel.verify(self, &view, &weights, value),
                None => Ok(()),
            },
            Kernel::Linear(kernel) => match self.settle(launch)? {
                Some((weights, value)) => kernel.verify(self, &view, &weights, value),
                None => Ok(()),
            },
            Kernel::Reshape(kernel) => match self.settle(launch)? {
                Some((weights, value)) => kernel.verify(self, &view, &weights, value),
                None => Ok(()),
            },
        }
    }

    /// The one separable claim on a launch's virtual output; several, or a dense one, merge in a sumcheck. `None` if nothing is
    /// claimed: then nobody uses the output.
    fn settle(&mut self, launch: &Launch) -> Result<Option<(Vec<AxisWeights>, Fr)>, VerifyError> {
        match launch.outputs.first() {
            Some(&id) => self.settle_tensor(id),
            None => Ok(None),
        }
    }

    /// All claims on a virtual tensor that are separable as they stand; with a dense one among them, one claim for all.
    pub(crate) fn separable_claims(&mut self, id: TensorId) -> Result<Vec<Claim>, VerifyError> {
        if !self.claims.has_dense(id) {
            return Ok(self.claims.take(id));
        }
        let settled = self.settle_tensor(id)?;
        Ok(settled
            .map(|(weights, value)| Claim {
                functional: Functional::Separable(weights),
                value,
            })
            .into_iter()
            .collect())
    }

    fn settle_tensor(
        &mut self,
        id: TensorId,
    ) -> Result<Option<(Vec<AxisWeights>, Fr)>, VerifyError> {
        let outstanding = self.claims.take_outstanding(id);
        self.merge_claims(id, outstanding)
    }

    /// One claim at a point for several.
    pub(crate) fn merge_claims(
        &mut self,
        id: TensorId,
        outstanding: Outstanding,
    ) -> Result<Option<(Vec<AxisWeights>, Fr)>, VerifyError> {
        let Some(tensor) = self.program.graph().tensor(id) else {
            return Ok(None);
        };
        let claims = match outstanding {
            Outstanding::None => return Ok(None),
            Outstanding::Single(weights, value) => return Ok(Some((weights, value))),
            Outstanding::Merge(claims) => claims,
        };
        let alpha = self.transcript.challenge();
        let mut powers = Vec::with_capacity(claims.len());
        let (mut power, mut sum) = (Fr::ONE, Fr::ZERO);
        for claim in &claims {
            sum += power * claim.value;
            powers.push(power);
            power *= alpha;
        }
        let shape = &tensor.shape;
        let reduced = verify_sumcheck(
            self.transcript,
            "claim merge round",
            shape.num_vars(),
            2,
            sum,
        )?;
        let value = self.transcript.read_scalar("claim merge value")?;
        let weight: Fr = powers
            .iter()
            .zip(&claims)
            .map(|(power, claim)| *power * claim.functional.evaluate(shape, &reduced.point))
            .sum();
        if value * weight != reduced.value {
            return Err(VerifyError::Merge {
                tensor: tensor.name.clone(),
            });
        }
        let Functional::Separable(weights) = Functional::at_point(shape, &reduced.point) else {
            return Ok(None);
        };
        Ok(Some((weights, value)))
    }

    fn inputs(&mut self, public: &PublicTensors) -> Result<(), VerifyError> {
        for (&id, values) in self.program.graph().inputs.iter().zip(&public.inputs) {
            let Some(tensor) = self.program.graph().tensor(id) else {
                continue;
            };
            for claim in self.claims.take(id) {
                if claim.functional.apply(&tensor.shape, values) != claim.value {
                    return Err(VerifyError::InputClaim {
                        tensor: tensor.name.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// The value of a tensor under weights: the one already stated, or the next of the proof, recorded as a claim.
    pub(crate) fn claim_on(
        &mut self,
        label: &'static str,
        id: TensorId,
        functional: Functional,
    ) -> Result<Fr, VerifyError> {
        if let Some(value) = self.claims.find(id, &functional) {
            return Ok(value);
        }
        let value = self.transcript.read_scalar(label)?;
        self.claims.add(id, functional, value);
        Ok(value)
    }

    /// The shape of a tensor; empty for an index that validation would have refused.
    pub(crate) fn shape(&self, id: TensorId) -> Shape {
        self.program
            .graph()
            .tensor(id)
            .map_or_else(|| Shape::new([]), |tensor| tensor.shape.clone())
    }
}

/// The error of a kernel whose equation does not hold.
pub(crate) fn kernel_error(view: &LaunchView<'_>) -> VerifyError {
    VerifyError::Kernel {
        launch: view.launch.name.clone(),
        kernel: view.launch.kernel.relation().name(),
    }
}
