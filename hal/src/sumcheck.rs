//! Sumcheck over sums of products of named tables: one engine per device serves every kernel.
//!
//! # Notation
//! | symbol | meaning |
//! |---|---|
//! | `n` | `num_vars`; every table has `2^n` entries |
//! | `T_0 … T_k` | the tables, multilinear in `n` variables |
//! | `g(x)` | `Σ_t coefficient_t · Π_{i ∈ factors_t} T_i(x)` |
//! | `r_0 … r_{n-1}` | the challenges, most significant variable first |
//!
//! Index order is [most significant variable first](https://eprint.iacr.org/2019/317): entry `x` of a table is the value at the
//! bits of `x`, and binding `r` maps two contiguous halves to `lo + r·(hi − lo)`.

use std::borrow::Cow;
use std::time::Duration;

use kernelwise_field::{Fr, evaluate_from_points};

use crate::{DeviceError, Factors, IntSlice};

/// One multilinear table of a [`SumcheckRequest`].
#[derive(Debug, Clone)]
pub enum Table<'a> {
    /// `2^n` field elements.
    Fr(Cow<'a, [Fr]>),
    /// `2^n` small integers, lifted as late as the device can.
    Int(IntSlice<'a>),
    /// `eq(point, ·)` for a point of `n` coordinates: `Π_i (point_i·x_i + (1 − point_i)(1 − x_i))`.
    Eq(Cow<'a, [Fr]>),
}

impl Table<'_> {
    /// The number of variables, or `None` if the length is not a power of two.
    pub fn num_vars(&self) -> Option<usize> {
        let log = |len: usize| len.is_power_of_two().then(|| len.ilog2() as usize);
        match self {
            Self::Fr(values) => log(values.len()),
            Self::Int(values) => log(values.len()),
            Self::Eq(point) => Some(point.len()),
        }
    }
}

/// One product of tables with its coefficient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Multiplies the whole product.
    pub coefficient: Fr,
    /// Indices into [`SumcheckRequest::tables`]; a table may occur more than once.
    pub factors: Factors,
}

/// The sum to prove: `Σ_{x ∈ {0,1}^n} g(x)`.
#[derive(Debug, Clone)]
pub struct SumcheckRequest<'a> {
    num_vars: usize,
    tables: Vec<Table<'a>>,
    terms: Vec<Term>,
}

impl<'a> SumcheckRequest<'a> {
    /// A validated request.
    ///
    /// # Errors
    /// [`DeviceError::LengthMismatch`] if a table does not have `2^num_vars` entries;
    /// [`DeviceError::InvalidArgument`] if there are no terms, a term has no factors, or a factor names no table.
    pub fn new(
        num_vars: usize,
        tables: Vec<Table<'a>>,
        terms: Vec<Term>,
    ) -> Result<Self, DeviceError> {
        for table in &tables {
            match table.num_vars() {
                Some(got) if got == num_vars => {}
                got => {
                    return Err(DeviceError::InvalidArgument {
                        what: "sumcheck table",
                        expected: format!("{num_vars} variables"),
                        got: got.map_or("a length that is no power of two".to_owned(), |n| {
                            format!("{n} variables")
                        }),
                    });
                }
            }
        }
        if terms.is_empty() {
            return Err(DeviceError::InvalidArgument {
                what: "sumcheck terms",
                expected: "at least one".to_owned(),
                got: "none".to_owned(),
            });
        }
        for term in &terms {
            if term.factors.is_empty() || term.factors.iter().any(|&factor| factor >= tables.len())
            {
                return Err(DeviceError::InvalidArgument {
                    what: "sumcheck term",
                    expected: format!("factors among {} tables", tables.len()),
                    got: format!("{:?}", &term.factors[..]),
                });
            }
        }
        Ok(Self {
            num_vars,
            tables,
            terms,
        })
    }

    /// Number of variables, and of rounds.
    pub fn num_vars(&self) -> usize {
        self.num_vars
    }

    /// The largest number of factors of a term: the degree of every round polynomial.
    pub fn degree(&self) -> usize {
        self.terms
            .iter()
            .map(|term| term.factors.len())
            .max()
            .unwrap_or(0)
    }

    /// Entries of all tables together.
    pub fn entries(&self) -> usize {
        let entries = 1usize.checked_shl(self.num_vars as u32);
        entries.map_or(usize::MAX, |entries| {
            entries.saturating_mul(self.tables.len())
        })
    }

    /// The tables.
    pub fn tables(&self) -> &[Table<'a>] {
        &self.tables
    }

    /// The terms.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Takes the request apart, so that a device can keep owned tables without copying.
    pub fn into_parts(self) -> (usize, Vec<Table<'a>>, Vec<Term>) {
        (self.num_vars, self.tables, self.terms)
    }
}

/// A round polynomial of degree `d`, by its `d + 1` evaluations at `X = 0, 1, …, d`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundPoly(pub Vec<Fr>);

impl RoundPoly {
    /// The value at `x`.
    ///
    /// # Cost
    /// About `5d` multiplications.
    pub fn evaluate(&self, x: Fr) -> Fr {
        evaluate_from_points(&self.0, x)
    }
}

/// A device that proves sumchecks.
pub trait SumcheckDevice: Send + Sync {
    /// Takes the tables and gets ready for the first round.
    ///
    /// # Errors
    /// [`DeviceError::OutOfMemory`] if the tables do not fit.
    fn prepare<'a>(
        &self,
        request: SumcheckRequest<'a>,
    ) -> Result<Box<dyn RoundProver + 'a>, DeviceError>;

    /// Whether sumchecks prepared here offer [`RoundProver::open`].
    fn opens(&self) -> bool {
        false
    }

    /// How long all rounds would take and getting ready for them, where a device can say so before it runs; others have to be
    /// measured.
    fn estimate(&self, _request: &SumcheckRequest<'_>) -> Option<Duration> {
        None
    }
}

/// One sumcheck in progress.
pub trait RoundProver: Send {
    /// Binds the most significant free variable of every table to `bind` (absent in the first round only), then returns the
    /// round polynomial of the next variable.
    ///
    /// ```text
    /// s_i(X) = Σ_{y ∈ {0,1}^{n-i-1}} g(r_0, …, r_{i-1}, X, y)
    /// ```
    /// `claim` is the value of `s_i(0) + s_i(1)`; a device may use it to save an evaluation, and its result is
    /// only defined if the claim is right.
    ///
    /// # Errors
    /// [`DeviceError::InvariantViolation`] if called more than `n` times, or with `bind` absent after the first round
    /// or present in it.
    fn prove_round(&mut self, bind: Option<Fr>, claim: Fr) -> Result<RoundPoly, DeviceError>;

    /// The first round when the claim is not known, as for a part of a sum that several devices share.
    ///
    /// # Cost
    /// One evaluation more than with the claim.
    ///
    /// # Errors
    /// [`DeviceError::Unsupported`] unless the device says that it [opens](SumcheckDevice::opens) sumchecks, and as
    /// [`prove_round`](RoundProver::prove_round).
    fn open(&mut self) -> Result<RoundPoly, DeviceError> {
        Err(DeviceError::Unsupported {
            device: "the device".to_owned(),
            operation: "a first round without a claim",
        })
    }

    /// Binds the last variable (`None` exactly if `n = 0`) and returns the final evaluation of each table, in order.
    ///
    /// # Errors
    /// [`DeviceError::InvariantViolation`] if not all `n` rounds were played.
    fn finish(self: Box<Self>, bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError>;
}
