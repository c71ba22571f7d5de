//! Rounds of a sumcheck over tables in memory.
//!
//! Item `j` of a round works on the entries `j + k·quarter` of every table. The first round only evaluates, two pairs an item where there
//! are two, because one pair is over sooner than eight items can hide the latency of its products; later rounds bind the last
//! challenge and evaluate in one pass over four quarters, in place; the last program binds alone.
//!
//! A round polynomial of degree `d` is determined by its values at `0 … d − 1` and the coefficient of `X^d`, which costs less than a
//! value, because only terms of full degree have one and its factors are the slopes, which the other values need anyway. The value at 1
//! follows from the claim where there is one.

use std::collections::HashMap;

use kernelwise_hal::rounds::{At, evaluations};

use crate::isa::{AssembleError, Assembler, Base, Program, Source, Value};

/// What a sumcheck computes and where.
#[derive(Debug, Clone)]
pub struct Layout {
    /// First row of every table.
    pub tables: Vec<u16>,
    /// Factors of every term.
    pub terms: Vec<Vec<usize>>,
    /// Row of the challenge.
    pub challenge: u16,
    /// First row of the totals, by term and point.
    pub totals: u16,
    /// First row of the final evaluations.
    pub finals: u16,
}

/// The entry of a table that is `quarter` quarters after the item's.
fn entry(table: u16, quarter: u8) -> Source {
    Source::Memory {
        row: table,
        base: Base::PointerA,
        quarter,
    }
}

impl Layout {
    /// The degree of the round polynomials.
    pub fn degree(&self) -> usize {
        self.terms.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// The terms and points that are summed in a round, in order of their rows; `derived` if the value at 1 follows from a claim.
    pub fn totals(&self, derived: bool) -> Vec<(usize, At)> {
        let degree = self.degree();
        let of_term = |(index, factors): (usize, &Vec<usize>)| {
            let counts = |at: &At| *at != At::Leading || factors.len() == degree;
            evaluations(degree, derived)
                .into_iter()
                .filter(counts)
                .map(move |at| (index, at))
                .collect::<Vec<_>>()
        };
        self.terms.iter().enumerate().flat_map(of_term).collect()
    }

    /// The first round, of `pairs` pairs an item, 1 or 2: a quarter is the `2·pairs`-th part of a table. With `derived` unset, the
    /// value at 1 is summed as well.
    ///
    /// # Errors
    /// [`AssembleError`] if the terms are too large for the core.
    pub fn evaluate(&self, pairs: u8, derived: bool) -> Result<Program, AssembleError> {
        let mut p = Assembler::new();
        let line = |pair: u8, table: &u16| (entry(*table, pair), entry(*table, pairs + pair));
        let lines = (0..pairs)
            .map(|pair| self.tables.iter().map(|table| line(pair, table)).collect())
            .collect();
        self.accumulate(&mut p, lines, derived);
        p.assemble()
    }

    /// A later round.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn bind_and_evaluate(&self) -> Result<Program, AssembleError> {
        let mut p = Assembler::new();
        let mut lines = Vec::new();
        for &table in &self.tables {
            let low = self.bind(&mut p, entry(table, 0), entry(table, 2));
            let high = self.bind(&mut p, entry(table, 1), entry(table, 3));
            p.store(low, entry(table, 0));
            p.store(high, entry(table, 1));
            lines.push((low.into(), high.into()));
        }
        self.accumulate(&mut p, vec![lines], true);
        p.assemble()
    }

    /// The last challenge.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn finish(&self) -> Result<Program, AssembleError> {
        let mut p = Assembler::new();
        for (i, &table) in self.tables.iter().enumerate() {
            let bound = self.bind(&mut p, entry(table, 0), entry(table, 1));
            p.store(bound, Source::row(self.finals + i as u16));
        }
        p.assemble()
    }

    fn bind(&self, p: &mut Assembler, low: Source, high: Source) -> Value {
        let slope = p.sub(high, low);
        let step = p.mul(slope, Source::row(self.challenge));
        p.add(low, step)
    }

    /// Adds every term at every point to its total; `pairs` are the lines of every table, pair by pair.
    fn accumulate(&self, p: &mut Assembler, pairs: Vec<Vec<(Source, Source)>>, derived: bool) {
        let values = |lines| Values {
            lines,
            known: HashMap::new(),
            products: HashMap::new(),
        };
        let mut pairs: Vec<Values> = pairs.into_iter().map(values).collect();
        for (i, (term, at)) in self.totals(derived).into_iter().enumerate() {
            let mut factors = self.terms[term].clone();
            factors.sort_unstable();
            let total = Source::row(self.totals + i as u16);
            let products: Vec<Source> = pairs
                .iter_mut()
                .map(|values| values.product(p, &factors, at))
                .collect();
            let sum = products
                .into_iter()
                .reduce(|sum, product| p.add(sum, product).into());
            if let Some(sum) = sum {
                let sum = p.add(total, sum);
                p.store(sum, total);
            }
        }
    }
}

/// Values of tables and products at points, computed once.
struct Values {
    lines: Vec<(Source, Source)>,
    known: HashMap<(usize, At), Source>,
    products: HashMap<(Vec<usize>, At), Source>,
}

impl Values {
    fn table(&mut self, p: &mut Assembler, table: usize, at: At) -> Source {
        if let Some(&known) = self.known.get(&(table, at)) {
            return known;
        }
        let (low, high) = self.lines[table];
        let value = match at {
            At::Point(0) => low,
            At::Point(1) => high,
            At::Leading => p.sub(high, low).into(),
            At::Point(x) => {
                let before = self.table(p, table, At::Point(x - 1));
                let slope = self.table(p, table, At::Leading);
                p.add(before, slope).into()
            }
        };
        self.known.insert((table, at), value);
        value
    }

    fn product(&mut self, p: &mut Assembler, factors: &[usize], at: At) -> Source {
        let key = (factors.to_vec(), at);
        if let Some(&known) = self.products.get(&key) {
            return known;
        }
        let product = match factors {
            [] => Source::row(0),
            [only] => self.table(p, *only, at),
            [rest @ .., last] => {
                let left = self.product(p, rest, at);
                let right = self.table(p, *last, at);
                p.mul(left, right).into()
            }
        };
        self.products.insert(key, product);
        product
    }
}
