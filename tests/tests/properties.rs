//! Algebraic laws on random inputs.
#![expect(clippy::expect_used, reason = "a broken helper must fail the test")]

use kernelwise_core::PublicTensors;
use kernelwise_core::claim::{AxisWeights, Functional, dot, outer_product, pull_back};
use kernelwise_core::commitment::RowLayout;
use kernelwise_core::field::{AdditiveGroup, Fr};
use kernelwise_core::kernels::{Kernel, Lookup};
use kernelwise_core::poly::eq_table;
use kernelwise_core::program::{
    AxisMap, AxisMultiplier, Digest, IndexMap, LinearTerm, Program, Range, Shape, TableFunction,
    TensorKind,
};
use kernelwise_core::sumcheck::verify_sumcheck;
use kernelwise_core::transcript::{Instance, ProverTranscript, VerifierTranscript};
use kernelwise_cpu::CpuDevice;
use kernelwise_hal::{Device, IntSlice, SumcheckRequest, Table, Term};
use kernelwise_prover::witness::execute;
use kernelwise_tests::cheats::edit;
use kernelwise_tests::checks::Check;
use kernelwise_tests::graphs::{Builder, Numbers};
use kernelwise_tests::run::Case;
use kernelwise_tests::sumcheck;
use proptest::prelude::*;

fn scalars(numbers: &mut Numbers, count: usize) -> Vec<Fr> {
    (0..count).map(|_| Fr::from(numbers.next_u64())).collect()
}

// --- sumcheck -----------------------------------------------------------------------------------------------------

/// Random tables of every kind with random products of them.
struct RandomSum {
    num_vars: usize,
    ints: Vec<i8>,
    dense: Vec<Fr>,
    eq_point: Vec<Fr>,
    terms: Vec<Term>,
}

impl RandomSum {
    fn new(num_vars: usize, term_count: usize, seed: u64) -> Self {
        let mut numbers = Numbers::new(seed);
        let mut terms = Vec::new();
        for _ in 0..term_count {
            let factors = (0..1 + numbers.below(4))
                .map(|_| numbers.below(3))
                .collect();
            terms.push(Term {
                coefficient: Fr::from(numbers.next_u64()),
                factors,
            });
        }
        Self {
            num_vars,
            ints: (0..1 << num_vars)
                .map(|_| numbers.next_u64() as i8)
                .collect(),
            dense: scalars(&mut numbers, 1 << num_vars),
            eq_point: scalars(&mut numbers, num_vars),
            terms,
        }
    }

    fn request(&self) -> SumcheckRequest<'_> {
        let tables = vec![
            Table::Int(IntSlice::I8(&self.ints)),
            Table::Fr(self.dense.as_slice().into()),
            Table::Eq(self.eq_point.as_slice().into()),
        ];
        SumcheckRequest::new(self.num_vars, tables, self.terms.clone()).expect("valid")
    }

    fn combine(&self, values: &[Fr]) -> Fr {
        let product = |term: &Term| -> Fr {
            term.coefficient * term.factors.iter().map(|&i| values[i]).product::<Fr>()
        };
        self.terms.iter().map(product).sum()
    }

    /// The sum over all entries, one by one.
    fn sum(&self) -> Fr {
        let eq = eq_table(&self.eq_point);
        (0..1 << self.num_vars)
            .map(|x: usize| self.combine(&[Fr::from(self.ints[x]), self.dense[x], eq[x]]))
            .sum()
    }

    /// Each table's multilinear extension, entry by entry.
    fn at(&self, point: &[Fr]) -> [Fr; 3] {
        let weights = eq_table(point);
        let ints: Vec<Fr> = self.ints.iter().map(|&v| Fr::from(v)).collect();
        [
            dot(&weights, &ints),
            dot(&weights, &self.dense),
            dot(&weights, &eq_table(&self.eq_point)),
        ]
    }
}

/// What the verifier is left with for a claim, next to what is true there.
fn reduced_and_true(device: &CpuDevice, sum: &RandomSum, claim: Fr) -> (Fr, Fr) {
    let public = PublicTensors::default();
    let instance = Instance {
        program: Digest([1; 32]),
        key: Digest([2; 32]),
        public: &public,
    };
    let mut transcript = ProverTranscript::new(&instance);
    let request = sum.request();
    let degree = request.degree();
    let finished = sumcheck::prove(
        device.sumcheck().expect("offered"),
        &mut transcript,
        request,
        claim,
    );
    let proof = transcript.finish();
    let mut transcript = VerifierTranscript::new(&instance, &proof);
    let reduced = verify_sumcheck(&mut transcript, "round", sum.num_vars, degree.max(1), claim)
        .expect("well-formed");
    transcript.finish().expect("nothing is left");
    assert_eq!(reduced.point, finished.point);
    let evals = sum.at(&reduced.point);
    if claim == sum.sum() {
        assert_eq!(finished.evals, evals);
    }
    (reduced.value, sum.combine(&evals))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn sumcheck_is_complete_and_sound(
        num_vars in 0usize..7, terms in 1usize..4, seed: u64, error in 1u64..,
    ) {
        // A round of degree 1 has nothing but its value at 0 to send, and two values to be consistent with.
        let sum = RandomSum::new(num_vars, terms, seed);
        let truth = sum.sum();
        for device in [CpuDevice::reference(), CpuDevice::optimized()] {
            let (reduced, at_point) = reduced_and_true(&device, &sum, truth);
            prop_assert_eq!(reduced, at_point);
            let (reduced, at_point) = reduced_and_true(&device, &sum, truth + Fr::from(error));
            prop_assert_ne!(reduced, at_point);
        }
    }
}

// --- lookups ------------------------------------------------------------------------------------------------------

/// One look-up in a table of random values, of an input of any shape.
fn lookup_program(values: Vec<i32>, lo: i64, dims: &[usize]) -> Program {
    let mut builder = Builder::without_tables();
    let bits = values.len().ilog2();
    let image = Range::new(
        values.iter().copied().min().unwrap_or(0).into(),
        values.iter().copied().max().unwrap_or(0).into(),
    );
    let table = builder.table("values", lo, bits, TableFunction::Values(values));
    let x = builder.input(dims);
    builder.graph.tensors[x.0 as usize].range = Range::new(lo, lo + (1 << bits) - 1);
    let y = builder.tensor("y", dims, TensorKind::Advice, image);
    builder.launch(Kernel::Lookup(Lookup { table }), &[x], &[y]);
    builder.finish(&[y])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn lookups_hold_exactly_for_entries_of_the_table(
        bits in 0u32..5, lo in -20i64..20, dims in prop::collection::vec(1usize..5, 1..4),
        seed: u64, at: prop::sample::Index, wrong in 1i64..1000,
    ) {
        let mut numbers = Numbers::new(seed);
        let values = (0..1 << bits).map(|_| numbers.below(200) as i32 - 100).collect();
        let case = Case::new(lookup_program(values, lo, &dims), seed);
        prop_assert_eq!(case.verify(&case.prove(&case.witness())), Ok(()));
        let mut witness = case.witness();
        let y = case.key.program().graph().outputs[0];
        edit(&mut witness, y, |y| y[at.index(y.len())] += wrong);
        let proved = case.prove(&witness);
        // Either the verifier sees the value leave its public range, or the fractions do not add up.
        let got = Check::of(&case.verify(&proved).expect_err("not in the table"));
        prop_assert!(matches!(got, Check::PublicTensor | Check::LookupLayer(0)), "{:?}", got);
    }
}

// --- claims -------------------------------------------------------------------------------------------------------

/// Weights of both kinds.
fn random_weights(numbers: &mut Numbers, shape: &Shape, points: bool) -> Vec<AxisWeights> {
    let axes = shape.dims().iter().zip(shape.axis_vars());
    axes.map(|(&dim, vars)| {
        if points || numbers.below(2) == 0 {
            AxisWeights::Point(scalars(numbers, vars))
        } else {
            AxisWeights::Vector(scalars(numbers, dim))
        }
    })
    .collect()
}

fn random_values(numbers: &mut Numbers, shape: &Shape) -> Vec<i64> {
    (0..shape.len())
        .map(|_| numbers.below(2001) as i64 - 1000)
        .collect()
}

fn random_term(numbers: &mut Numbers, output: &Shape, input_rank: usize) -> LinearTerm {
    let mut free: Vec<usize> = (0..output.rank()).collect();
    let mut maps = Vec::new();
    for _ in 0..input_rank {
        let mut signed = |bound: usize| numbers.below(2 * bound + 1) as i64 - bound as i64;
        let (stride, offset, dilation) = (signed(3), signed(6), signed(2));
        let driver = if free.is_empty() || numbers.below(4) == 0 {
            None
        } else {
            Some(free.swap_remove(numbers.below(free.len())))
        };
        maps.push(match (numbers.below(3), driver) {
            (0, Some(driver)) => AxisMap::identity(driver),
            _ => AxisMap {
                driver,
                stride,
                offset,
                window: numbers.below(5),
                dilation,
            },
        });
    }
    let mut multipliers = Vec::new();
    for (axis, &dim) in output.dims().iter().enumerate() {
        if numbers.below(2) == 0 {
            let values = (0..dim).map(|_| numbers.below(21) as i64 - 10).collect();
            multipliers.push(AxisMultiplier { axis, values });
        }
    }
    LinearTerm {
        coefficient: numbers.below(21) as i64 - 10,
        multipliers,
        map: IndexMap(maps),
    }
}

/// The index of an element along each axis.
fn split_index(shape: &Shape, mut index: usize) -> Vec<usize> {
    let mut parts = vec![0; shape.rank()];
    for (part, &dim) in parts.iter_mut().zip(shape.dims()).rev() {
        (*part, index) = (index % dim, index / dim);
    }
    parts
}

/// The term at one output index as its definition says, window by window.
fn term_at(term: &LinearTerm, output: &[usize], input: &Shape, x: &[i64]) -> i64 {
    let windows = Shape::new(term.map.0.iter().map(|map| map.window).collect::<Vec<_>>());
    let mut sum = 0;
    for index in 0..windows.len() {
        let taps = split_index(&windows, index);
        let mut offset = Some(0);
        for ((map, &tap), &dim) in term.map.0.iter().zip(&taps).zip(input.dims()) {
            let driven = map.driver.map_or(0, |axis| output[axis] as i64);
            let at = map.stride * driven + map.offset + map.dilation * tap as i64;
            offset = match offset {
                Some(offset) if (0..dim as i64).contains(&at) => Some(offset * dim + at as usize),
                _ => None,
            };
        }
        sum += offset.map_or(0, |offset| x[offset]);
    }
    let factors: i64 = term
        .multipliers
        .iter()
        .map(|multiplier| multiplier.values[output[multiplier.axis]])
        .product();
    term.coefficient * factors * sum
}

fn shapes() -> impl Strategy<Value = Shape> {
    prop::collection::vec(1usize..6, 0..4).prop_map(Shape::new)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn pull_back_is_the_adjoint_of_the_term(output in shapes(), input in shapes(), seed: u64) {
        let mut numbers = Numbers::new(seed);
        let term = random_term(&mut numbers, &output, input.rank());
        prop_assert_eq!(term.problem(&output, &input), None);
        let x = random_values(&mut numbers, &input);
        let weights = random_weights(&mut numbers, &output, false);
        let y: Vec<i64> = (0..output.len())
            .map(|o| term_at(&term, &split_index(&output, o), &input, &x))
            .collect();
        let (scale, pulled) = pull_back(&term, &output, &input, &weights);
        let forward = Functional::Separable(weights).apply(&output, &y.into());
        let backward = Functional::Separable(pulled).apply(&input, &x.into());
        prop_assert_eq!(forward, scale * backward);
    }

    #[test]
    fn functional_agrees_with_its_dense_form(shape in shapes(), seed: u64) {
        let mut numbers = Numbers::new(seed);
        let functional = Functional::Separable(random_weights(&mut numbers, &shape, false));
        let weights = functional.to_dense(&shape);
        let dense = Functional::Dense(weights.clone());
        let values = random_values(&mut numbers, &shape);
        let expected: Fr = weights.iter().zip(&values).map(|(w, &v)| *w * Fr::from(v)).sum();
        prop_assert_eq!(functional.apply(&shape, &values.clone().into()), expected);
        prop_assert_eq!(dense.apply(&shape, &values.clone().into()), expected);
        prop_assert_eq!(dense.to_dense(&shape), weights);
    }

    /// The extension of dense weights and of vectors is zero outside the shape, that of a point is `eq` everywhere.
    #[test]
    fn functional_evaluates_to_its_extension(shape in shapes(), seed: u64) {
        let mut numbers = Numbers::new(seed);
        let point = scalars(&mut numbers, shape.num_vars());
        let eq = eq_table(&point);
        let weights = random_weights(&mut numbers, &shape, false);
        let padded: Vec<usize> = shape.axis_vars().map(|vars| 1 << vars).collect();
        let vectors: Vec<_> = weights
            .iter()
            .zip(&padded)
            .map(|(weights, &dim)| {
                let mut vector = weights.to_vector(dim);
                vector.resize(dim, Fr::ZERO);
                AxisWeights::Vector(vector)
            })
            .collect();
        let separable = Functional::Separable(weights);
        let expected = dot(&outer_product(&vectors, &padded), &eq);
        prop_assert_eq!(separable.evaluate(&shape, &point), expected);
        let dense = separable.to_dense(&shape);
        let expected = dot(&shape.pad(&dense, Fr::ZERO), &eq);
        prop_assert_eq!(Functional::Dense(dense).evaluate(&shape, &point), expected);
    }

    #[test]
    fn point_applied_to_values_is_their_extension(shape in shapes(), seed: u64) {
        let mut numbers = Numbers::new(seed);
        let point = scalars(&mut numbers, shape.num_vars());
        let values = random_values(&mut numbers, &shape);
        let lifted: Vec<Fr> = values.iter().map(|&v| Fr::from(v)).collect();
        let expected = dot(&shape.pad(&lifted, Fr::ZERO), &eq_table(&point));
        let functional = Functional::at_point(&shape, &point);
        prop_assert_eq!(functional.apply(&shape, &values.clone().into()), expected);
    }

    #[test]
    fn rows_and_columns_make_up_the_tensor(shape in shapes(), max in 1usize..40, seed: u64) {
        let mut numbers = Numbers::new(seed);
        let layout = RowLayout::new(&shape, max);
        // The last axis longer than 1 is one of columns, however long.
        let last = shape.dims().iter().copied().rfind(|&dim| dim > 1).unwrap_or(1);
        prop_assert_eq!(layout.rows * layout.columns, shape.len());
        prop_assert!(layout.columns <= max || layout.columns == last);
        // One more axis of columns would be too wide.
        if let Some(axis) = layout.row_axes.checked_sub(1) {
            prop_assert!(layout.columns * shape.dims()[axis] > max);
        }
        let functional = Functional::Separable(random_weights(&mut numbers, &shape, false));
        let (rows, columns) = layout.split(&shape, &functional).expect("separable");
        prop_assert_eq!((rows.len(), columns.len()), (layout.rows, layout.columns));
        let product: Vec<Fr> = rows
            .iter()
            .flat_map(|row| columns.iter().map(move |column| *row * column))
            .collect();
        prop_assert_eq!(product, functional.to_dense(&shape));
    }

    #[test]
    fn padding_moves_elements_and_adds_nothing(shape in shapes()) {
        let values: Vec<usize> = (1..=shape.len()).collect();
        let padded = shape.pad(&values, 0);
        prop_assert_eq!(padded.len(), shape.padded_len());
        let whole = Shape::new(shape.axis_vars().map(|vars| 1usize << vars).collect::<Vec<_>>());
        let mut met = 0;
        for (index, &value) in padded.iter().enumerate() {
            let at = split_index(&whole, index);
            if at.iter().zip(shape.dims()).all(|(i, dim)| i < dim) {
                met += 1;
                // Values number the elements in row-major order.
                prop_assert_eq!(value, met);
            } else {
                prop_assert_eq!(value, 0);
            }
        }
        prop_assert_eq!(met, shape.len());
    }
}

// --- execution ----------------------------------------------------------------------------------------------------

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The engine computes a linear launch as the definition of its terms says, and proves it.
    #[test]
    fn linear_launch_is_its_definition(
        output in prop::collection::vec(1usize..6, 1..4),
        input in prop::collection::vec(1usize..6, 1..4),
        seed: u64,
    ) {
        let mut numbers = Numbers::new(seed);
        let mut builder = Builder::without_tables();
        let x = builder.input(&input);
        let shape = Shape::new(output.clone());
        let terms: Vec<_> = (0..1 + numbers.below(3))
            .map(|_| random_term(&mut numbers, &shape, input.len()))
            .collect();
        let inputs: Vec<_> = terms.iter().map(|term| (x, term.clone())).collect();
        let y = builder.linear(&inputs, &output);
        let case = Case::new(builder.finish(&[y]), seed);
        let witness = execute(case.key.program(), case.key.parameters(), case.key.hints(), &case.inputs)
            .expect("execution");
        let expected: Vec<i64> = (0..shape.len())
            .map(|o| {
                let at = split_index(&shape, o);
                let value = |term| term_at(term, &at, &Shape::new(input.clone()), case.inputs[0].as_integers().expect("integers"));
                terms.iter().map(value).sum()
            })
            .collect();
        prop_assert_eq!(witness.tensor(y).expect("y").to_vec(), expected);
        prop_assert_eq!(case.verify(&case.prove(&witness)), Ok(()));
    }
}
