//! Cases for sumcheck rounds.

use std::borrow::Cow;

use kernelwise_field::Fr;

use super::inputs::{Inputs, Ints, Width};
use super::{Cases, Failure, Reason, expect_equal};
use crate::{RoundPoly, RoundProver, SumcheckDevice, SumcheckRequest, Table, Term};

/// What a table of a shape holds.
#[derive(Clone, Copy)]
enum Kind {
    Field,
    Int(Width),
    Minima(Width),
    Eq,
    /// `eq` of a point whose coordinates are all 0 or 1, where factors of `eq` vanish.
    BooleanEq,
}

/// A form of request: tables, and the factors of each term.
struct Shape {
    name: &'static str,
    tables: &'static [Kind],
    terms: &'static [&'static [usize]],
}

use Kind::{BooleanEq, Eq, Field, Int, Minima};
use Width::{W8, W16, W32, W64};

const SHAPES: &[Shape] = &[
    Shape {
        name: "one dense table",
        tables: &[Field],
        terms: &[&[0]],
    },
    Shape {
        name: "one integer table",
        tables: &[Int(W8)],
        terms: &[&[0]],
    },
    Shape {
        name: "one eq table",
        tables: &[Eq],
        terms: &[&[0]],
    },
    Shape {
        name: "two dense tables",
        tables: &[Field, Field],
        terms: &[&[0, 1]],
    },
    Shape {
        name: "dense by 8-bit",
        tables: &[Field, Int(W8)],
        terms: &[&[0, 1]],
    },
    Shape {
        name: "8-bit by 8-bit",
        tables: &[Int(W8), Int(W8)],
        terms: &[&[0, 1]],
    },
    Shape {
        name: "16-bit by 32-bit",
        tables: &[Int(W16), Int(W32)],
        terms: &[&[0, 1]],
    },
    Shape {
        name: "64-bit by 64-bit",
        tables: &[Minima(W64), Minima(W64)],
        terms: &[&[0, 1]],
    },
    Shape {
        name: "extreme 64-bit to the fourth",
        tables: &[Minima(W64)],
        terms: &[&[0, 0, 0, 0]],
    },
    Shape {
        name: "extreme 32-bit cubed",
        tables: &[Minima(W32), Int(W32)],
        terms: &[&[0, 1, 0]],
    },
    Shape {
        name: "degree four",
        tables: &[Field, Int(W8), Field, Eq],
        terms: &[&[0, 1, 2, 3]],
    },
    Shape {
        name: "square",
        tables: &[Field],
        terms: &[&[0, 0]],
    },
    Shape {
        name: "cube and square",
        tables: &[Field, Int(W16)],
        terms: &[&[0, 0, 0], &[1, 1]],
    },
    Shape {
        name: "eq squared",
        tables: &[Eq, Field],
        terms: &[&[0, 0, 1]],
    },
    Shape {
        name: "shared eq",
        tables: &[Eq, Field, Field],
        terms: &[&[0, 1, 2], &[1, 0]],
    },
    Shape {
        name: "shared eq, integers",
        tables: &[Int(W8), Int(W16), Eq],
        terms: &[&[0, 1, 2], &[2, 0]],
    },
    Shape {
        name: "shared eq alone in a term",
        tables: &[Eq, Field],
        terms: &[&[0], &[0, 1]],
    },
    Shape {
        name: "shared eq, extreme",
        tables: &[Eq, Minima(W64)],
        terms: &[&[0, 1, 1, 1]],
    },
    Shape {
        name: "eq in some terms",
        tables: &[Eq, Field, Int(W32)],
        terms: &[&[0, 1], &[1, 2]],
    },
    Shape {
        name: "eq by eq",
        tables: &[Eq, Eq, Field],
        terms: &[&[0, 1, 2]],
    },
    Shape {
        name: "several eq",
        tables: &[Eq, Eq, Field, Int(W8)],
        terms: &[&[0, 2], &[1, 2, 3], &[3]],
    },
    Shape {
        name: "boolean eq",
        tables: &[BooleanEq, Field, Field],
        terms: &[&[0, 1, 2]],
    },
    Shape {
        name: "boolean eq in some terms",
        tables: &[BooleanEq, Field],
        terms: &[&[0, 1], &[1]],
    },
    Shape {
        name: "unused tables",
        tables: &[Field, Int(W8), Eq, Int(W64), Field],
        terms: &[&[4]],
    },
    Shape {
        name: "mixed degrees",
        tables: &[Field, Int(W8), Eq, Int(W64), Field],
        terms: &[&[0], &[1, 4], &[2, 3, 0], &[2, 0, 1, 4]],
    },
    Shape {
        name: "fractional sum",
        tables: &[Eq, Field, Field, Field, Field],
        terms: &[&[0, 1, 4], &[0, 2, 3], &[0, 3, 4]],
    },
    Shape {
        name: "fractional sum of integers",
        tables: &[Eq, Int(W8), Int(W32), Field, Field],
        terms: &[&[0, 1, 4], &[0, 2, 3], &[0, 3, 4]],
    },
    Shape {
        name: "pairs under one eq",
        tables: &[Int(W8), Field, Eq, Field],
        terms: &[&[2, 0, 1], &[2, 3, 0], &[2, 1, 3], &[2, 1, 1]],
    },
    Shape {
        name: "triples under one eq",
        tables: &[Int(W8), Field, Eq, Field],
        terms: &[&[2, 0, 1, 3], &[2, 1, 3, 3], &[2, 0, 3, 3], &[2, 3, 1, 1]],
    },
];

/// Table contents that a request borrows from.
enum Owned {
    Field(Vec<Fr>),
    Ints(Ints),
    Eq(Vec<Fr>),
}

impl Owned {
    fn new(kind: Kind, num_vars: usize, inputs: &mut Inputs) -> Self {
        let len = 1 << num_vars;
        match kind {
            Field => Self::Field(inputs.fields(len)),
            Int(width) => Self::Ints(inputs.ints(width, len)),
            Minima(width) => Self::Ints(width.minima(len)),
            Eq => Self::Eq(inputs.fields(num_vars)),
            BooleanEq => Self::Eq(inputs.bits(num_vars).into_iter().map(Fr::from).collect()),
        }
    }

    fn table(&self) -> Table<'_> {
        match self {
            Self::Field(values) => Table::Fr(Cow::Borrowed(values)),
            Self::Ints(values) => Table::Int(values.view()),
            Self::Eq(point) => Table::Eq(Cow::Borrowed(point)),
        }
    }

    /// All `2^n` entries as field elements.
    fn dense(&self) -> Vec<Fr> {
        match self {
            Self::Field(values) => values.clone(),
            Self::Ints(values) => values.view().to_field(),
            Self::Eq(point) => (0..1usize << point.len()).map(|x| eq(point, x)).collect(),
        }
    }
}

/// `eq(point, x)` for the bits of `x`, most significant first.
fn eq(point: &[Fr], x: usize) -> Fr {
    let n = point.len();
    (0..n)
        .map(|i| {
            if x >> (n - 1 - i) & 1 == 1 {
                point[i]
            } else {
                Fr::from(1u64) - point[i]
            }
        })
        .product()
}

/// `Σ_y Σ_t c_t · Π T(X, y)` at `X = 0 … degree`, entry by entry.
fn expected_round(dense: &[Vec<Fr>], terms: &[Term], degree: usize) -> RoundPoly {
    let half = dense[0].len() / 2;
    let at = |x: u64| {
        let line =
            |table: &Vec<Fr>, y: usize| table[y] + Fr::from(x) * (table[y + half] - table[y]);
        let entry = |y: usize| -> Fr {
            let product = |term: &Term| -> Fr {
                term.factors
                    .iter()
                    .map(|&factor| line(&dense[factor], y))
                    .product()
            };
            terms
                .iter()
                .map(|term| term.coefficient * product(term))
                .sum()
        };
        (0..half).map(entry).sum()
    };
    RoundPoly((0..=degree as u64).map(at).collect())
}

fn bind(dense: &mut [Vec<Fr>], r: Fr) {
    for table in dense {
        let half = table.len() / 2;
        *table = (0..half)
            .map(|y| table[y] + r * (table[y + half] - table[y]))
            .collect();
    }
}

fn check(
    device: &dyn SumcheckDevice,
    shape: &Shape,
    num_vars: usize,
    inputs: &mut Inputs,
) -> Result<(), Reason> {
    let owned: Vec<Owned> = shape
        .tables
        .iter()
        .map(|&kind| Owned::new(kind, num_vars, inputs))
        .collect();
    // Terms of one coefficient may be summed before they are multiplied by it: in every other size, all but the third share theirs.
    let shared = (!num_vars.is_multiple_of(2)).then(|| inputs.field());
    let terms: Vec<Term> = (shape.terms.iter().enumerate())
        .map(|(index, factors)| Term {
            coefficient: shared
                .filter(|_| index != 2)
                .unwrap_or_else(|| inputs.field()),
            factors: (*factors).into(),
        })
        .collect();
    let request = SumcheckRequest::new(
        num_vars,
        owned.iter().map(Owned::table).collect(),
        terms.clone(),
    )?;
    let degree = request.degree();
    let mut dense: Vec<Vec<Fr>> = owned.iter().map(Owned::dense).collect();
    let mut rounds = Vec::with_capacity(num_vars);
    let mut challenges = Vec::with_capacity(num_vars);
    for _ in 0..num_vars {
        let round = expected_round(&dense, &terms, degree);
        // Challenges 0 and 1 bind to a half; the others are arbitrary.
        let r = match inputs.word() % 8 {
            0 => Fr::from(0u64),
            1 => Fr::from(1u64),
            _ => inputs.field(),
        };
        bind(&mut dense, r);
        let total: Fr = terms
            .iter()
            .map(|term| {
                let product = |y: usize| -> Fr {
                    term.factors
                        .iter()
                        .map(|&factor| dense[factor][y])
                        .product()
                };
                term.coefficient * (0..dense[0].len()).map(product).sum::<Fr>()
            })
            .sum();
        expect_equal("claim after binding", &total, &round.evaluate(r))?;
        rounds.push(round);
        challenges.push(r);
    }
    let script = Script {
        rounds,
        challenges,
        finals: dense.iter().map(|table| table[0]).collect(),
    };
    if device.opens() && num_vars > 0 {
        script.follow(device.prepare(request.clone())?, true)?;
    }
    script.follow(device.prepare(request)?, false)
}

/// What a device must answer to which challenges.
struct Script {
    rounds: Vec<RoundPoly>,
    challenges: Vec<Fr>,
    finals: Vec<Fr>,
}

impl Script {
    /// Plays all rounds, the first without its claim if `opened`.
    fn follow(&self, mut prover: Box<dyn RoundProver + '_>, opened: bool) -> Result<(), Reason> {
        let mut challenge = None;
        for (round, expected) in self.rounds.iter().enumerate() {
            let (got, what) = match opened && round == 0 {
                true => (prover.open()?, "first round without a claim".to_owned()),
                false => {
                    let claim = expected.0[0] + expected.0[1];
                    let got = prover.prove_round(challenge, claim)?;
                    (got, format!("round polynomial {round}"))
                }
            };
            expect_equal(what, expected, &got)?;
            challenge = self.challenges.get(round).copied();
        }
        expect_equal(
            "final evaluations",
            &self.finals,
            &prover.finish(challenge)?,
        )
    }
}

pub(super) fn run(device: &dyn SumcheckDevice, cases: &mut Cases) -> Result<(), Failure> {
    let mut inputs = Inputs::new(0x7375_6d00);
    for shape in SHAPES {
        for num_vars in 0..=8 {
            cases.case(
                format!("sumcheck: {}, {num_vars} variables", shape.name),
                || check(device, shape, num_vars, &mut inputs),
            )?;
        }
    }
    Ok(())
}
