//! Openings by a prover written for cheating: it commits to what it likes, claims what it likes, and fits its answers to
//! the challenges as far as they go.

use std::collections::BTreeMap;

use kernelwise_core::claim::{Claims, Functional, dot, outer_product};
use kernelwise_core::commitment::{
    CommitmentKey, Commitments, OpeningPlan, RowLayout, half_power, verify_opening,
};
use kernelwise_core::field::{AdditiveGroup, CurveGroup, Field, Fr, G1, G1Affine, VariableBaseMSM};
use kernelwise_core::poly::eq_table;
use kernelwise_core::program::{Digest, Program, Shape, TensorId, TensorKind};
use kernelwise_core::transcript::{Instance, ProverTranscript, VerifierTranscript};
use kernelwise_core::{PublicTensors, VerifyError};
use kernelwise_cpu::CpuDevice;
use kernelwise_hal::{Device, SumcheckRequest, Table, Term};
use kernelwise_tests::checks::Check;
use kernelwise_tests::graphs::{Builder, Numbers};
use kernelwise_tests::sumcheck;

const DIGEST: Digest = Digest([7; 32]);

/// How far the prover fits its answers to a false claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// Not at all.
    Nothing,
    /// The column values satisfy the sumcheck.
    ColumnValues,
    /// The vector evaluates to those as well.
    Vector,
}

/// Two parameters: `narrow` of 3 × 4 and `wide` of 2 × 8, four columns to a row where possible.
struct Setting {
    program: Program,
    narrow: TensorId,
    wide: TensorId,
    /// Rows as committed; they may be longer than the tensor is wide.
    rows: BTreeMap<TensorId, Vec<Vec<Fr>>>,
    /// What the verifier and the prover believe was claimed.
    claims: [Claims; 2],
    numbers: Numbers,
}

impl Setting {
    fn new() -> Self {
        let mut builder = Builder::without_tables();
        builder.graph.max_columns = 4;
        let x = builder.input(&[1, 3]);
        let y = builder.matmul(x, 1, 4);
        let wide = builder.parameter(&[2, 8]);
        let program = builder.finish(&[y]);
        let (narrow, _) = program
            .tensors_of(TensorKind::Parameter)
            .next()
            .expect("a weight");
        let mut numbers = Numbers::new(5);
        let mut matrix = |rows: usize, columns: usize| -> Vec<Vec<Fr>> {
            let mut row = || (0..columns).map(|_| Fr::from(numbers.next_u64())).collect();
            (0..rows).map(|_| row()).collect()
        };
        let rows = BTreeMap::from([(narrow, matrix(3, 4)), (wide, matrix(2, 8))]);
        Self {
            program,
            narrow,
            wide,
            rows,
            claims: Default::default(),
            numbers,
        }
    }

    fn shape(&self, id: TensorId) -> Shape {
        self.program.graph().tensors[id.0 as usize].shape.clone()
    }

    /// The tensor as its logical columns say.
    fn logical(&self, id: TensorId) -> Vec<Fr> {
        let columns = RowLayout::new(&self.shape(id), 4).columns;
        let row = |row: &Vec<Fr>| row[..columns].to_vec();
        self.rows[&id].iter().flat_map(row).collect()
    }

    fn random_point(&mut self, id: TensorId) -> Functional {
        let shape = self.shape(id);
        let point: Vec<Fr> = (0..shape.num_vars())
            .map(|_| Fr::from(self.numbers.next_u64()))
            .collect();
        Functional::at_point(&shape, &point)
    }

    fn value(&self, id: TensorId, functional: &Functional) -> Fr {
        dot(&functional.to_dense(&self.shape(id)), &self.logical(id))
    }

    /// Claims the true value plus `error` to both sides.
    fn claim(&mut self, id: TensorId, error: Fr) {
        let functional = self.random_point(id);
        let value = self.value(id, &functional) + error;
        for claims in &mut self.claims {
            claims.add(id, functional.clone(), value);
        }
    }

    fn commitments(&self) -> Commitments {
        let bases = CommitmentKey::derive(16);
        let commit = |row: &Vec<Fr>| -> G1Affine {
            G1::msm(&bases.bases()[..row.len()], row)
                .expect("equal lengths")
                .into_affine()
        };
        let commit_rows = |rows: &Vec<Vec<Fr>>| rows.iter().map(commit).collect();
        self.rows
            .iter()
            .map(|(id, rows)| (*id, commit_rows(rows)))
            .collect()
    }

    /// Opens as the prover's claims and rows say, against `commitments`.
    fn open(&self, commitments: &Commitments, fit: Fit) -> Result<(), VerifyError> {
        let public = PublicTensors::default();
        let instance = Instance {
            program: DIGEST,
            key: DIGEST,
            public: &public,
        };
        let [mut believed, mut claimed] = self.claims.clone();
        let mut transcript = ProverTranscript::new(&instance);
        let mut plan = OpeningPlan::new(&self.program, &mut claimed);
        self.merge(&mut transcript, &mut plan);
        self.open_columns(&mut transcript, &plan, fit);
        let proof = transcript.finish();
        let mut transcript = VerifierTranscript::new(&instance, &proof);
        let bases = CommitmentKey::derive(16);
        verify_opening(
            &self.program,
            &mut transcript,
            &mut believed,
            commitments,
            &bases,
        )?;
        transcript.finish().map(|_| ())
    }

    fn merge(&self, transcript: &mut ProverTranscript, plan: &mut OpeningPlan) {
        if plan.merged.is_empty() {
            return;
        }
        let alpha = transcript.challenge();
        let num_vars = plan.merge_vars();
        let (mut tables, mut terms) = (Vec::new(), Vec::new());
        for (opened, weights) in plan.merged.iter().zip(plan.merged_weights(alpha)) {
            // One merged tensor at a time is enough here.
            assert_eq!(opened.shape.num_vars(), num_vars);
            let shape = &opened.shape;
            let mut sum = vec![Fr::ZERO; shape.padded_len()];
            for (power, functional) in weights {
                sum.iter_mut()
                    .zip(padded_weights(shape, functional))
                    .for_each(|(sum, weight)| *sum += power * weight);
            }
            terms.push(Term {
                coefficient: half_power(0),
                factors: [tables.len(), tables.len() + 1].into(),
            });
            tables.push(Table::Fr(
                shape.pad(&self.logical(opened.id), Fr::ZERO).into(),
            ));
            tables.push(Table::Fr(sum.into()));
        }
        let claim = plan.merged_values(alpha).iter().sum();
        let finished = drive(transcript, num_vars, tables, terms, claim);
        let values: Vec<Fr> = finished.evals.iter().copied().step_by(2).collect();
        transcript.append_scalars(&values);
        plan.settle_merge(&finished.point, &values);
    }

    fn open_columns(&self, transcript: &mut ProverTranscript, plan: &OpeningPlan, fit: Fit) {
        let splits = plan.splits();
        let rho = transcript.challenge();
        let (mut vectors, mut tables, mut terms) = (Vec::new(), Vec::new(), Vec::new());
        let (mut power, mut sum) = (Fr::ONE, Fr::ZERO);
        for (opened, (rows, columns)) in plan.direct.iter().zip(&splits) {
            let mut vector = vec![Fr::ZERO; 1 << plan.column_vars()];
            for (weight, row) in rows.iter().zip(&self.rows[&opened.id]) {
                let add = |(sum, value): (&mut Fr, &Fr)| *sum += *weight * value;
                vector.iter_mut().zip(row).for_each(add);
            }
            let mut columns = columns.clone();
            columns.resize(vector.len(), Fr::ZERO);
            terms.push(Term {
                coefficient: power,
                factors: [tables.len(), tables.len() + 1].into(),
            });
            tables.push(Table::Fr(vector.clone().into()));
            tables.push(Table::Fr(columns.into()));
            vectors.push(vector);
            sum += power * opened.claims[0].value;
            power *= rho;
        }
        let finished = drive(transcript, plan.column_vars(), tables, terms, sum);
        let eq = eq_table(&finished.point);
        let mut values: Vec<Fr> = finished.evals.iter().copied().step_by(2).collect();
        let weights: Vec<Fr> = finished.evals.iter().copied().skip(1).step_by(2).collect();
        if fit >= Fit::ColumnValues {
            let powers: Vec<Fr> = (0..values.len() as u64).map(|t| rho.pow([t])).collect();
            let got: Fr = powers
                .iter()
                .zip(values.iter().zip(&weights))
                .map(|(power, (value, weight))| *power * value * weight)
                .sum();
            values[0] += (finished.claim - got) * weights[0].inverse().expect("random");
        }
        transcript.append_scalars(&values);
        let sigma = transcript.challenge();
        let mut combined = vec![Fr::ZERO; plan.columns()];
        let (mut power, mut due) = (Fr::ONE, Fr::ZERO);
        for (vector, value) in vectors.iter().zip(&values) {
            let add = |(sum, value): (&mut Fr, &Fr)| *sum += power * value;
            combined.iter_mut().zip(vector).for_each(add);
            due += power * value;
            power *= sigma;
        }
        if fit >= Fit::Vector {
            let got = dot(&combined, &eq);
            combined[0] += (due - got) * eq[0].inverse().expect("random");
        }
        transcript.append_scalars(&combined);
    }
}

/// `eq(point, ·)` on all of the padded table.
fn padded_weights(shape: &Shape, functional: &Functional) -> Vec<Fr> {
    let Functional::Separable(axes) = functional else {
        unreachable!("claims at points")
    };
    let dims: Vec<usize> = shape.axis_vars().map(|vars| 1 << vars).collect();
    outer_product(axes, &dims)
}

fn drive(
    transcript: &mut ProverTranscript,
    num_vars: usize,
    tables: Vec<Table<'_>>,
    terms: Vec<Term>,
    claim: Fr,
) -> sumcheck::Finished {
    let device = CpuDevice::reference();
    let request = SumcheckRequest::new(num_vars, tables, terms).expect("valid");
    sumcheck::prove(
        device.sumcheck().expect("offered"),
        transcript,
        request,
        claim,
    )
}

fn rejected_by(result: Result<(), VerifyError>) -> Check {
    Check::of(&result.expect_err("a false opening is rejected"))
}

#[test]
fn true_claims_open() {
    for counts in [[1, 1], [1, 0], [0, 1], [2, 1], [1, 3], [4, 0]] {
        let mut setting = Setting::new();
        for (id, count) in [setting.narrow, setting.wide].into_iter().zip(counts) {
            (0..count).for_each(|_| setting.claim(id, Fr::ZERO));
        }
        let opened = setting.open(&setting.commitments(), Fit::Vector);
        assert_eq!(opened, Ok(()), "{counts:?}");
    }
}

/// Whatever the prover makes up to satisfy one check falls at the next, and the last one is in the group.
#[test]
fn false_claim_with_answers_made_to_fit() {
    for (fit, expected) in [
        (Fit::Nothing, Check::COLUMN_VALUES),
        (Fit::ColumnValues, Check::VECTOR),
        (Fit::Vector, Check::GROUP),
    ] {
        for wrong in [0, 1] {
            let mut setting = Setting::new();
            let ids = [setting.narrow, setting.wide];
            setting.claim(ids[wrong], Fr::ONE);
            setting.claim(ids[1 - wrong], Fr::ZERO);
            let got = rejected_by(setting.open(&setting.commitments(), fit));
            assert_eq!(got, expected, "{fit:?}");
        }
    }
}

#[test]
fn false_claims_that_cancel() {
    let mut setting = Setting::new();
    setting.claim(setting.narrow, Fr::ONE);
    setting.claim(setting.wide, -Fr::ONE);
    let got = rejected_by(setting.open(&setting.commitments(), Fit::Nothing));
    assert_eq!(got, Check::COLUMN_VALUES);

    let mut setting = Setting::new();
    setting.claim(setting.narrow, Fr::ONE);
    setting.claim(setting.narrow, -Fr::ONE);
    let got = rejected_by(setting.open(&setting.commitments(), Fit::Nothing));
    assert_eq!(got, Check::MERGED_VALUES);
}

/// The claims are true of the rows that the prover uses, but those are not the committed ones.
#[test]
fn commitments_to_other_data() {
    for id in [0, 1] {
        let mut setting = Setting::new();
        let id = [setting.narrow, setting.wide][id];
        let commitments = setting.commitments();
        let rows = setting.rows.get_mut(&id).expect("rows");
        rows[1][2] += Fr::ONE;
        setting.claim(setting.narrow, Fr::ZERO);
        setting.claim(setting.wide, Fr::ZERO);
        assert_eq!(
            rejected_by(setting.open(&commitments, Fit::Vector)),
            Check::GROUP
        );
    }
}

#[test]
fn rows_exchanged() {
    let mut setting = Setting::new();
    let mut commitments = setting.commitments();
    commitments
        .get_mut(&setting.narrow)
        .expect("rows")
        .swap(0, 2);
    setting.claim(setting.narrow, Fr::ZERO);
    assert_eq!(
        rejected_by(setting.open(&commitments, Fit::Vector)),
        Check::GROUP
    );
}

#[test]
fn rows_missing_or_added() {
    for change in [
        (|rows: &mut Vec<G1Affine>| rows.truncate(2)) as fn(&mut Vec<G1Affine>),
        |rows| rows.push(rows[0]),
        |rows| rows.clear(),
    ] {
        let mut setting = Setting::new();
        setting.claim(setting.narrow, Fr::ZERO);
        let mut commitments = setting.commitments();
        change(commitments.get_mut(&setting.narrow).expect("rows"));
        let got = rejected_by(setting.open(&commitments, Fit::Vector));
        assert_eq!(
            got,
            Check::Opening("a tensor has no commitment of its shape")
        );
    }
}

/// The prover merges fewer claims than there are, one of them twice, or in another order.
#[test]
fn claim_dropped_duplicated_or_reordered_in_the_merge() {
    type Change = fn(&mut Vec<(Functional, Fr)>);
    let changes: [(&str, Change); 3] = [
        ("dropped", |claims| drop(claims.remove(1))),
        ("duplicated", |claims| claims.push(claims[1].clone())),
        ("reordered", |claims| claims.swap(0, 2)),
    ];
    for (what, change) in changes {
        let mut setting = Setting::new();
        let id = setting.narrow;
        let mut listed: Vec<(Functional, Fr)> = (0..3)
            .map(|_| {
                let functional = setting.random_point(id);
                let value = setting.value(id, &functional);
                (functional, value)
            })
            .collect();
        let fill = |claims: &mut Claims, listed: &[(Functional, Fr)]| {
            for (functional, value) in listed {
                claims.add(id, functional.clone(), *value);
            }
        };
        fill(&mut setting.claims[0], &listed);
        change(&mut listed);
        fill(&mut setting.claims[1], &listed);
        let got = rejected_by(setting.open(&setting.commitments(), Fit::Vector));
        assert_eq!(got, Check::MERGED_VALUES, "{what}");
    }
}

/// The rows of the narrow tensor are committed with values beyond its four columns, over bases that the wide one does use.
#[test]
fn garbage_beyond_the_columns_counts_for_nothing() {
    let with_garbage = || {
        let mut setting = Setting::new();
        for row in setting.rows.get_mut(&setting.narrow).expect("rows") {
            row.extend((0..4).map(|j| Fr::from(100 + j as u64)));
        }
        setting.claim(setting.wide, Fr::ZERO);
        setting
    };
    // A claim on the logical elements is about them alone, at a point or under a vector, direct or merged.
    for merged in [false, true] {
        let mut setting = with_garbage();
        setting.claim(setting.narrow, Fr::ZERO);
        if merged {
            setting.claim(setting.narrow, Fr::ZERO);
        }
        assert_eq!(setting.open(&setting.commitments(), Fit::Nothing), Ok(()));
    }
    // No claim that the garbage would satisfy can be opened.
    let mut setting = with_garbage();
    let garbage: Fr = setting.rows[&setting.narrow]
        .iter()
        .flat_map(|row| &row[4..])
        .sum();
    setting.claim(setting.narrow, garbage);
    for (fit, expected) in [
        (Fit::Nothing, Check::COLUMN_VALUES),
        (Fit::ColumnValues, Check::VECTOR),
        (Fit::Vector, Check::GROUP),
    ] {
        let got = rejected_by(setting.open(&setting.commitments(), fit));
        assert_eq!(got, expected);
    }
}

/// Values beyond the widest tensor's columns have no place in the opened vector.
#[test]
fn garbage_beyond_all_columns_is_rejected() {
    let mut setting = Setting::new();
    setting.rows.get_mut(&setting.wide).expect("rows")[0].push(Fr::ONE);
    setting.claim(setting.narrow, Fr::ZERO);
    setting.claim(setting.wide, Fr::ZERO);
    let got = rejected_by(setting.open(&setting.commitments(), Fit::Nothing));
    assert_eq!(got, Check::GROUP);
}
