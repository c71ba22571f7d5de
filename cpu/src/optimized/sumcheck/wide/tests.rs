//! Every window on every instruction set against the plain tier.

use kernelwise_field::PrimeField;
use kernelwise_hal::{Factors, SumcheckDevice, Table, Term};
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::OptimizedSumcheck;
use super::*;
use crate::reference::sumcheck::ReferenceSumcheck;
use crate::simd::{Level, dispatch_on};

fn field() -> impl Strategy<Value = Fr> {
    prop_oneof![
        Just(Fr::ZERO),
        Just(Fr::ONE),
        Just(-Fr::ONE),
        any::<[u8; 32]>().prop_map(|bytes| Fr::from_le_bytes_mod_order(&bytes)),
    ]
}

#[derive(Debug, Clone)]
enum Values {
    Field(Vec<Fr>),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    Eq(Vec<Fr>),
}

impl Values {
    fn table(&self) -> Table<'_> {
        match self {
            Self::Field(values) => Table::Fr(values[..].into()),
            Self::I8(values) => Table::Int(IntSlice::I8(values)),
            Self::I16(values) => Table::Int(IntSlice::I16(values)),
            Self::I32(values) => Table::Int(IntSlice::I32(values)),
            Self::I64(values) => Table::Int(IntSlice::I64(values)),
            Self::Eq(point) => Table::Eq(point[..].into()),
        }
    }
}

/// Signs, bits and small integers more often than what only just fits.
fn values(num_vars: usize) -> impl Strategy<Value = Values> {
    let len = 1 << num_vars;
    let sign = prop_oneof![Just(-1i8), Just(1i8)];
    prop_oneof![
        vec(sign, len).prop_map(Values::I8),
        vec(0..=1i8, len).prop_map(Values::I8),
        vec(-1..=1i8, len).prop_map(Values::I8),
        vec(any::<i8>(), len).prop_map(Values::I8),
        vec(
            prop_oneof![Just(i16::MIN), Just(i16::MAX), any::<i16>()],
            len
        )
        .prop_map(Values::I16),
        vec(-3..=3i32, len).prop_map(Values::I32),
        vec(prop_oneof![Just(i32::MIN), -9..9i32], len).prop_map(Values::I32),
        vec(-1..=1i64, len).prop_map(Values::I64),
        vec(
            prop_oneof![Just(i64::MIN), Just(i64::MAX), any::<i64>()],
            len
        )
        .prop_map(Values::I64),
        vec(field(), len).prop_map(Values::Field),
        vec(field(), num_vars).prop_map(Values::Eq),
    ]
}

/// What all terms have in common.
#[derive(Debug, Clone, Copy)]
enum Common {
    Eq,
    Mask,
    Nothing,
}

#[derive(Debug, Clone)]
struct Instance {
    tables: Vec<Values>,
    terms: Vec<Term>,
    challenges: Vec<Fr>,
}

fn instance() -> impl Strategy<Value = Instance> {
    let common = prop_oneof![Just(Common::Eq), Just(Common::Mask), Just(Common::Nothing)];
    (0usize..=6, 1usize..=9, common).prop_flat_map(|(num_vars, tables, common)| {
        let len = 1 << num_vars;
        let head = match common {
            Common::Eq => vec(field(), num_vars).prop_map(Values::Eq).boxed(),
            Common::Mask => vec(field(), len).prop_map(Values::Field).boxed(),
            Common::Nothing => values(num_vars).boxed(),
        };
        let least = usize::from(matches!(common, Common::Nothing));
        let term = (field(), vec(1..=tables, least..=5)).prop_map(move |(coefficient, factors)| {
            let head = (least == 0).then_some(0);
            Term {
                coefficient,
                factors: factors.into_iter().chain(head).collect::<Factors>(),
            }
        });
        (
            head,
            vec(values(num_vars), tables),
            vec(term, 1..=60),
            vec(field(), num_vars),
        )
            .prop_map(|(head, tables, terms, challenges)| Instance {
                tables: std::iter::once(head).chain(tables).collect(),
                terms,
                challenges,
            })
    })
}

impl Instance {
    fn request(&self) -> SumcheckRequest<'_> {
        let tables = self.tables.iter().map(Values::table).collect();
        SumcheckRequest::new(self.challenges.len(), tables, self.terms.clone()).unwrap()
    }

    fn play(
        &self,
        mut rounds: Box<dyn RoundProver + '_>,
        claims: &[Fr],
    ) -> (Vec<RoundPoly>, Vec<Fr>) {
        let (mut polynomials, mut bind) = (Vec::new(), None);
        for (&r, &claim) in self.challenges.iter().zip(claims) {
            polynomials.push(rounds.prove_round(bind, claim).unwrap());
            bind = Some(r);
        }
        (polynomials, rounds.finish(bind).unwrap())
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let plain = ReferenceSumcheck::new("plain")
            .prepare(self.request())
            .unwrap();
        let expected = self.play(plain, &vec![Fr::ZERO; self.challenges.len()]);
        let claims: Vec<Fr> = expected.0.iter().map(|p| p.0[0] + p.0[1]).collect();
        // The way that the cost rule chooses.
        let chosen = OptimizedSumcheck::new("cpu")
            .prepare(self.request())
            .unwrap();
        prop_assert_eq!(&self.play(chosen, &claims), &expected);
        for level in [Level::Portable, Level::detect()] {
            for window in [None, Some(0), Some(1), Some(2), Some(3), Some(4)] {
                let rounds = dispatch_on(
                    level,
                    Prepare {
                        device: "wide",
                        rooms: Arc::default(),
                        request: self.request(),
                        window: window.map(|window| window.min(self.challenges.len())),
                    },
                );
                let got = self.play(rounds, &claims);
                prop_assert_eq!(&got, &expected, "{:?}, window {:?}", level, window);
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn every_window_agrees_with_the_plain_tier(instance in instance()) {
        instance.check()?;
    }
}
