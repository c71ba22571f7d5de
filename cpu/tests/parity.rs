//! The optimized tier returns what the reference tier returns, on random shapes.
#![expect(clippy::unwrap_used, reason = "a broken helper must fail the test")]

use std::borrow::Cow;

use kernelwise_cpu::CpuDevice;
use kernelwise_hal::field::{CurveGroup, Field, Fr, G1, PrimeGroup};
use kernelwise_hal::{
    ContractAxis, Device, IntMatrix, IntSlice, RoundPoly, Scalars, SumcheckRequest, Table, Term,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn field() -> impl Strategy<Value = Fr> {
    prop_oneof![
        1 => (-2i64..=2).prop_map(Fr::from),
        4 => any::<[u64; 4]>().prop_map(|words| words.iter().fold(Fr::ONE, |acc, &w| acc * Fr::from(w | 1))),
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
            Self::Field(v) => Table::Fr(Cow::Borrowed(v)),
            Self::Eq(v) => Table::Eq(Cow::Borrowed(v)),
            ints => Table::Int(ints.ints()),
        }
    }

    fn ints(&self) -> IntSlice<'_> {
        match self {
            Self::I8(v) => IntSlice::I8(v),
            Self::I16(v) => IntSlice::I16(v),
            Self::I32(v) => IntSlice::I32(v),
            Self::I64(v) => IntSlice::I64(v),
            Self::Field(_) | Self::Eq(_) => IntSlice::I8(&[]),
        }
    }
}

fn ints(len: usize) -> impl Strategy<Value = Values> {
    prop_oneof![
        vec(any::<i8>(), len).prop_map(Values::I8),
        vec(any::<i16>(), len).prop_map(Values::I16),
        vec(any::<i32>(), len).prop_map(Values::I32),
        vec(any::<i64>(), len).prop_map(Values::I64),
    ]
}

fn values(num_vars: usize) -> impl Strategy<Value = Values> {
    prop_oneof![
        vec(field(), 1 << num_vars).prop_map(Values::Field),
        ints(1 << num_vars),
        vec(field(), num_vars).prop_map(Values::Eq),
    ]
}

/// Tables, coefficients with factors, and challenges.
type Instance = (Vec<Values>, Vec<(Fr, Vec<usize>)>, Vec<Fr>);

fn instance() -> impl Strategy<Value = Instance> {
    (0usize..=7, 1usize..=5).prop_flat_map(|(num_vars, tables)| {
        let term = (field(), vec(0..tables, 1..=4));
        (
            vec(values(num_vars), tables),
            vec(term, 1..=4),
            vec(field(), num_vars),
        )
    })
}

fn play(
    device: &CpuDevice,
    (tables, terms, challenges): &Instance,
    claim: Option<Fr>,
) -> (Vec<RoundPoly>, Vec<Fr>) {
    let tables = tables.iter().map(Values::table).collect();
    let terms = terms
        .iter()
        .map(|(coefficient, factors)| Term {
            coefficient: *coefficient,
            factors: factors[..].into(),
        })
        .collect();
    let request = SumcheckRequest::new(challenges.len(), tables, terms).unwrap();
    let mut prover = device.sumcheck().unwrap().prepare(request).unwrap();
    let (mut rounds, mut bind, mut claim) = (Vec::new(), None, claim);
    for &r in challenges {
        let round = prover.prove_round(bind, claim.unwrap_or(Fr::ONE)).unwrap();
        claim = claim.map(|_| round.evaluate(r));
        rounds.push(round);
        bind = Some(r);
    }
    (rounds, prover.finish(bind).unwrap())
}

fn bases(len: usize) -> Vec<kernelwise_hal::field::G1Affine> {
    let mut point = G1::generator();
    let points: Vec<G1> = (0..len)
        .map(|i| {
            point = if i % 3 == 0 {
                -point
            } else {
                point + G1::generator()
            };
            point
        })
        .collect();
    G1::normalize_batch(&points)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn sumcheck(instance in instance()) {
        let (rounds, finals) = play(&CpuDevice::reference(), &instance, None);
        let claim = rounds.first().map(|round| round.0[0] + round.0[1]);
        let optimized = play(&CpuDevice::optimized(), &instance, Some(claim.unwrap_or(Fr::ONE)));
        prop_assert_eq!((rounds, finals), optimized);
    }

    #[test]
    fn contract(
        (rows, cols, data, weights) in (0usize..40, 0usize..70)
            .prop_flat_map(|(rows, cols)| (Just(rows), Just(cols), ints(rows * cols), vec(field(), rows.max(cols)))),
    ) {
        let matrix = IntMatrix::new(data.ints(), rows, cols).unwrap();
        for (axis, len) in [(ContractAxis::Rows, rows), (ContractAxis::Cols, cols)] {
            let run = |device: CpuDevice| device.contract().unwrap().contract(matrix, axis, &weights[..len]);
            prop_assert_eq!(run(CpuDevice::reference()), run(CpuDevice::optimized()));
        }
    }

    #[test]
    fn msm_rows(
        (row_len, data) in (0usize..30, 1usize..40)
            .prop_flat_map(|(rows, row_len)| (Just(row_len), ints(rows * row_len))),
    ) {
        let bases = bases(row_len);
        let run = |device: CpuDevice| {
            let msm = device.msm().unwrap();
            msm.msm_rows(&msm.load(&bases).unwrap(), Scalars::Int(data.ints()), row_len)
        };
        prop_assert_eq!(run(CpuDevice::reference()), run(CpuDevice::optimized()));
    }

    #[test]
    fn ntt(log_len in 0u32..10, shift in field(), seed in any::<u64>()) {
        prop_assume!(shift != Fr::from(0u64));
        let values: Vec<Fr> = (0..1u64 << log_len).map(|i| Fr::from(i ^ seed) * Fr::from(seed | 1)).collect();
        prop_assert_eq!(transforms(&CpuDevice::reference(), &values, shift), transforms(&CpuDevice::optimized(), &values, shift));
    }

    #[test]
    fn msm(scalars in vec(field(), 0..150), data in ints(150), bits in vec(any::<bool>(), 150)) {
        let bases = bases(150);
        let run = |device: CpuDevice| {
            let msm = device.msm().unwrap();
            let loaded = msm.load(&bases).unwrap();
            [Scalars::Fr(&scalars), Scalars::Int(data.ints()), Scalars::Bits(&bits)]
                .map(|scalars| msm.msm(&loaded, scalars).unwrap())
        };
        prop_assert_eq!(run(CpuDevice::reference()), run(CpuDevice::optimized()));
    }
}

/// Both directions of a transform.
fn transforms(device: &CpuDevice, values: &[Fr], shift: Fr) -> [Vec<Fr>; 2] {
    let ntt = device.ntt().unwrap();
    let (mut forward, mut inverse) = (values.to_vec(), values.to_vec());
    ntt.forward(&mut forward, shift).unwrap();
    ntt.inverse(&mut inverse, shift).unwrap();
    [forward, inverse]
}

/// Long enough for several blocks of columns and rows, square and not.
#[test]
fn large_ntt() {
    for log_len in [15, 16, 17] {
        let values: Vec<Fr> = (0..1u64 << log_len).map(|i| -Fr::from(i * i + 1)).collect();
        let shift = Fr::from(7u64);
        let expected = transforms(&CpuDevice::reference(), &values, shift);
        assert_eq!(
            transforms(&CpuDevice::optimized(), &values, shift),
            expected
        );
    }
}

/// Long enough for several tasks, blocks and chunks.
#[test]
fn large_sumcheck() {
    let num_vars = 15;
    let point: Vec<Fr> = (0..num_vars as u64).map(|i| Fr::from(i * i + 3)).collect();
    let dense = |seed: u64| -> Vec<Fr> {
        (0..1u64 << num_vars)
            .map(|i| Fr::from(i.wrapping_mul(seed)) * Fr::from(i ^ seed))
            .collect()
    };
    let small: Vec<i8> = (0..1u32 << num_vars)
        .map(|i| (i.wrapping_mul(0x9e37_79b9) >> 24) as i8)
        .collect();
    let tables = vec![
        Values::Field(dense(0x1234_5677)),
        Values::Field(dense(0x0fed_cba9)),
        Values::I8(small),
        Values::Eq(point.clone()),
    ];
    let terms = vec![
        (Fr::ONE, vec![3, 0, 1]),
        (Fr::from(7u64), vec![2, 2]),
        (-Fr::ONE, vec![0, 2, 3]),
    ];
    let instance = (tables, terms, point);
    let (rounds, finals) = play(&CpuDevice::reference(), &instance, None);
    let claim = rounds[0].0[0] + rounds[0].0[1];
    assert_eq!(
        (rounds, finals),
        play(&CpuDevice::optimized(), &instance, Some(claim))
    );
}

/// Long enough for several tasks and chunks, with every window count.
#[test]
fn large_msm() {
    let bases = bases(40_000);
    let scramble = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) as i64;
    let wide: Vec<i64> = (0..40_000).map(scramble).collect();
    for shift in [0, 32, 48, 56, 63] {
        let scalars: Vec<i64> = wide.iter().map(|v| v >> shift).collect();
        let device = CpuDevice::optimized();
        let msm = device.msm().unwrap();
        let loaded = msm.load(&bases).unwrap();
        let full: Vec<Fr> = scalars.iter().map(|&v| Fr::from(v)).collect();
        let expected = msm.msm(&loaded, Scalars::Fr(&full)).unwrap();
        assert_eq!(
            expected,
            msm.msm(&loaded, Scalars::Int(IntSlice::I64(&scalars)))
                .unwrap()
        );
    }
}
