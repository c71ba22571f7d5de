//! The prover's half of the lookup argument; see [`kernelwise_core::lookup`].

mod forms;
mod fractions;
mod leaves;

pub(crate) use forms::{add_term, form_values};

use kernelwise_core::claim::Functional;
use kernelwise_core::field::Fr;
use kernelwise_core::kernels::LinearForm;
use kernelwise_core::lookup::{BlockKind, Fingerprint, tensors_of};
use kernelwise_core::program::Shape;

use crate::backward::Backward;
use crate::error::ProveError;
use crate::observer::{Observer, Phase};

impl Backward<'_, '_> {
    /// Proves all lookups of the program, and leaves claims on the tensors that take part.
    pub(crate) fn lookups(&mut self, observer: &dyn Observer) -> Result<(), ProveError> {
        let layout = self.program.layout();
        if layout.is_empty() {
            return Ok(());
        }
        observer.begin(Phase::Lookups, layout.num_vars() + 1);
        let fingerprint = Fingerprint {
            gamma: self.channel.challenge(),
            beta: self.channel.challenge(),
        };
        let leaves = leaves::build(self.program, self.witness, &fingerprint)?;
        observer.step(Phase::Lookups);
        let point = fractions::prove(
            self.devices,
            self.channel,
            &leaves,
            layout.num_vars(),
            || {
                observer.step(Phase::Lookups);
            },
        )?;
        // The same walk as the verifier's: block by block, tensor by tensor.
        for block in layout.blocks() {
            let low = point
                .get(point.len().saturating_sub(block.num_vars)..)
                .unwrap_or_default();
            match block.kind {
                BlockKind::Lookup(index) => {
                    let Some(lookup) = self.program.lookups().get(index) else {
                        continue;
                    };
                    self.claim_form(&lookup.domain, &lookup.input, low)?;
                    if let Some(output) = &lookup.output {
                        self.claim_form(&lookup.domain, output, low)?;
                    }
                }
                BlockKind::Table(id) => {
                    let Some(table) = self.program.graph().table(id) else {
                        continue;
                    };
                    let shape = self.shape(table.multiplicities)?;
                    let functional = Functional::at_point(shape, low);
                    self.claim_on("lookup claim", table.multiplicities, functional)?;
                }
            }
        }
        Ok(())
    }

    fn claim_form(
        &mut self,
        domain: &Shape,
        form: &LinearForm,
        low: &[Fr],
    ) -> Result<(), ProveError> {
        for (id, _, functional) in tensors_of(self.program, domain, form, low) {
            self.claim_on("lookup claim", id, functional)?;
        }
        Ok(())
    }
}
