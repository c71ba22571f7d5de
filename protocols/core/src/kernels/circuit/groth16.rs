//! Launches that are proved by Groth16: which claims their proofs must show.
//!
//! Claims on a result end here, at one point: several, or one under other weights than a point's, merge first. Of an input, an
//! outstanding claim at a point serves; otherwise a point is drawn, the value stated, and the claim goes on as those of every
//! kernel. All points are drawn after the commitment to the vectors, which is read before every challenge.

use kernelwise_field::Fr;

use crate::claim::{Functional, as_point};
use crate::error::VerifyError;
use crate::groth16::linked::VectorClaim;
use crate::program::{LinkedLaunch, SharedTensor};
use crate::verify::Backward;

impl Backward<'_, '_> {
    /// The claims of one launch, noted for its proof.
    pub(crate) fn link(&mut self, index: usize) -> Result<(), VerifyError> {
        let program = self.program;
        let Some(LinkedLaunch { shared, .. }) = program.linked().launch(index) else {
            return Ok(());
        };
        let mut claims = Vec::with_capacity(shared.len());
        for shared in shared {
            let (point, value) = self.shared_claim(shared)?;
            claims.push(VectorClaim { point, value });
        }
        self.linked.insert(index, claims);
        Ok(())
    }

    fn shared_claim(&mut self, shared: &SharedTensor) -> Result<(Vec<Fr>, Fr), VerifyError> {
        let id = shared.tensor;
        if shared.is_result {
            let outstanding = self.claims.take_at_point(id);
            if let Some((weights, value)) = self.merge_claims(id, outstanding)?
                && let Some(point) = as_point(&weights)
            {
                return Ok((point, value));
            }
        } else if let Some(claim) = self.claims.find_at_point(id) {
            return Ok(claim);
        }
        let point = self.transcript.challenges(shared.shape.num_vars());
        let value = self.transcript.read_scalar("groth16 value")?;
        if !shared.is_result {
            let functional = Functional::at_point(&shared.shape, &point);
            self.claims.add(id, functional, value);
        }
        Ok((point, value))
    }
}
