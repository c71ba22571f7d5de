//! Sumcheck entry by entry, on tables of field elements.

use kernelwise_field::{AdditiveGroup, Field, Fr};
use kernelwise_hal::rounds::RoundOrder;
use kernelwise_hal::{
    DeviceError, RoundPoly, RoundProver, SumcheckDevice, SumcheckRequest, Table, Term,
};

/// Lifts every table, then evaluates `g` at every point of every round.
pub(crate) struct ReferenceSumcheck {
    device: String,
}

impl ReferenceSumcheck {
    pub(crate) fn new(device: &str) -> Self {
        Self {
            device: device.to_owned(),
        }
    }
}

impl SumcheckDevice for ReferenceSumcheck {
    fn prepare<'a>(
        &self,
        request: SumcheckRequest<'a>,
    ) -> Result<Box<dyn RoundProver + 'a>, DeviceError> {
        let degree = request.degree();
        let (num_vars, tables, terms) = request.into_parts();
        let tables = tables.into_iter().map(dense).collect();
        Ok(Box::new(ReferenceRounds {
            order: RoundOrder::new(&self.device, num_vars),
            tables,
            terms,
            degree,
        }))
    }

    fn opens(&self) -> bool {
        true
    }
}

/// The `2^n` entries of a table.
fn dense(table: Table<'_>) -> Vec<Fr> {
    match table {
        Table::Fr(values) => values.into_owned(),
        Table::Int(values) => values.to_field(),
        Table::Eq(point) => {
            let n = point.len();
            let factor = |x: usize, i: usize| {
                if x >> (n - 1 - i) & 1 == 1 {
                    point[i]
                } else {
                    Fr::ONE - point[i]
                }
            };
            (0..1usize << n)
                .map(|x| (0..n).map(|i| factor(x, i)).product())
                .collect()
        }
    }
}

struct ReferenceRounds {
    order: RoundOrder,
    tables: Vec<Vec<Fr>>,
    terms: Vec<Term>,
    degree: usize,
}

impl ReferenceRounds {
    fn bind(&mut self, r: Fr) {
        for table in &mut self.tables {
            let half = table.len() / 2;
            *table = (0..half)
                .map(|y| table[y] + r * (table[y + half] - table[y]))
                .collect();
        }
    }

    /// `g(X, y)` with the first free variable at `x` and the others at the bits of `y`.
    fn evaluate(&self, x: Fr, y: usize) -> Fr {
        let factor = |table: &Vec<Fr>| {
            let half = table.len() / 2;
            table[y] + x * (table[y + half] - table[y])
        };
        let product = |term: &Term| -> Fr {
            term.factors
                .iter()
                .map(|&i| factor(&self.tables[i]))
                .product()
        };
        self.terms
            .iter()
            .map(|term| term.coefficient * product(term))
            .sum()
    }
}

impl RoundProver for ReferenceRounds {
    fn prove_round(&mut self, bind: Option<Fr>, _claim: Fr) -> Result<RoundPoly, DeviceError> {
        let remaining = self.order.next_round(bind)?;
        if let Some(r) = bind {
            self.bind(r);
        }
        let half = 1usize << (remaining - 1);
        let at = |x: u64| (0..half).map(|y| self.evaluate(Fr::from(x), y)).sum();
        Ok(RoundPoly((0..=self.degree as u64).map(at).collect()))
    }

    fn open(&mut self) -> Result<RoundPoly, DeviceError> {
        self.prove_round(None, Fr::ZERO)
    }

    fn finish(mut self: Box<Self>, bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError> {
        self.order.finish(bind)?;
        if let Some(r) = bind {
            self.bind(r);
        }
        Ok(self
            .tables
            .iter()
            .map(|table| table.first().copied().unwrap_or(Fr::ZERO))
            .collect())
    }
}
