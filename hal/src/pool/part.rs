//! A part of a divided sumcheck: what is left of it with its last variables fixed.

use std::borrow::Cow;

use kernelwise_field::{Field, Fr};

use crate::rounds::eq_table;
use crate::{DeviceError, RoundPoly, RoundProver, SumcheckDevice, SumcheckRequest, Table, Term};

/// A request that takes as long as any part of `2^cuts` does, over other entries: none is copied.
pub(super) fn shape<'b>(
    request: &'b SumcheckRequest<'_>,
    cuts: usize,
) -> Option<SumcheckRequest<'b>> {
    let free = request.num_vars().checked_sub(cuts)?;
    let tables = request.tables().iter().map(|table| {
        Some(match table {
            Table::Fr(values) => Table::Fr(Cow::Borrowed(values.get(..1 << free)?)),
            // Parts are field elements.
            Table::Int(values) => Table::Int(values.slice(0..1 << free)?),
            Table::Eq(point) => Table::Eq(Cow::Borrowed(point.get(..free)?)),
        })
    });
    SumcheckRequest::new(
        free,
        tables.collect::<Option<_>>()?,
        request.terms().to_vec(),
    )
    .ok()
}

/// One sum over all but the last variables.
pub(super) struct Part<'a> {
    prover: Box<dyn RoundProver + 'a>,
    /// The last round; empty before the first.
    pub(super) round: RoundPoly,
    /// What the final evaluation of each table is to be multiplied with.
    factors: Vec<Fr>,
}

impl<'a> Part<'a> {
    /// Part `place` of `2^cuts`.
    pub(super) fn new(
        device: &dyn SumcheckDevice,
        request: &SumcheckRequest<'a>,
        cuts: usize,
        place: usize,
    ) -> Result<Self, DeviceError> {
        let free = request.num_vars() - cuts;
        let mut factors = Vec::with_capacity(request.tables().len());
        let mut tables = Vec::with_capacity(request.tables().len());
        for table in request.tables() {
            let (table, factor) = match table {
                Table::Fr(values) => {
                    let kept = values.iter().skip(place).step_by(1 << cuts);
                    (kept.copied().collect(), Fr::ONE)
                }
                Table::Int(values) => {
                    let kept = (place..values.len()).step_by(1 << cuts);
                    let kept = kept.filter_map(|index| values.get(index));
                    (kept.map(Fr::from).collect(), Fr::ONE)
                }
                Table::Eq(point) => {
                    let (kept, fixed) = point.split_at(free);
                    tables.push(Table::Eq(Cow::Owned(kept.to_vec())));
                    factors.push(eq_table(fixed)[place]);
                    continue;
                }
            };
            tables.push(Table::Fr(Cow::Owned(table)));
            factors.push(factor);
        }
        let weigh = |term: &Term| Term {
            coefficient: term.factors.iter().map(|&i| factors[i]).product::<Fr>()
                * term.coefficient,
            factors: term.factors.clone(),
        };
        let terms = request.terms().iter().map(weigh).collect();
        let prover = device.prepare(SumcheckRequest::new(free, tables, terms)?)?;
        Ok(Self {
            prover,
            round: RoundPoly(Vec::new()),
            factors,
        })
    }

    /// Plays a round; the claim follows from the round before.
    pub(super) fn play(&mut self, bind: Option<Fr>) -> Result<(), DeviceError> {
        self.round = match bind {
            None => self.prover.open()?,
            Some(r) => {
                let claim = self.round.evaluate(r);
                self.prover.prove_round(bind, claim)?
            }
        };
        Ok(())
    }

    /// The final evaluation of each table.
    pub(super) fn finish(self, bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError> {
        let values = self.prover.finish(bind)?;
        let weighed = values.into_iter().zip(self.factors);
        Ok(weighed.map(|(value, factor)| value * factor).collect())
    }
}
