//! False runs: one tensor is wrong, everything that follows from it is right.

use kernelwise_core::VerifyError;
use kernelwise_core::program::{Program, TensorId, TensorKind};
use kernelwise_prover::Witness;
use kernelwise_tests::cheats::{edit, run_with_other_weight, tensor};
use kernelwise_tests::checks::Check;
use kernelwise_tests::graphs::network;
use kernelwise_tests::run::{Case, integers};
use kernelwise_tests::small;

/// Proves a run that `change` made false; returns the check that rejects it.
fn rejected_by(program: Program, change: impl FnOnce(&Case, &mut Witness)) -> Check {
    let case = Case::new(program, 1);
    let mut witness = case.witness();
    change(&case, &mut witness);
    Check::of(&case.refusal(&witness))
}

/// As [`rejected_by`], and counts lookups anew, so that only the altered values are wrong.
fn recounted(program: Program, change: impl FnOnce(&Case, &mut Witness)) -> Check {
    rejected_by(program, |case, witness| {
        change(case, witness);
        witness.count_lookups(case.key.program()).expect("counts");
    })
}

fn find(case: &Case, name: &str) -> TensorId {
    tensor(case.key.program(), name, 0)
}

#[test]
fn wrong_output_of_each_kernel() {
    for (program, name, expected) in [
        (small::product(), "matmul", Check::Kernel("matmul")),
        (small::convolved(), "conv", Check::Kernel("conv2d")),
        (small::mirrored(false), "linear", Check::Kernel("linear")),
        (small::reshaped(), "reshape", Check::Merge),
        (small::reshaped_input(), "reshape", Check::InputClaim),
        (small::quantised(), "y", Check::LookupLayer(0)),
        (network(1), "matmul", Check::Kernel("matmul")),
    ] {
        let got = rejected_by(program, |case, witness| {
            // The last tensor of that name is the public output.
            let id = *case.key.program().graph().outputs.last().expect("output");
            assert_eq!(
                case.key
                    .program()
                    .graph()
                    .tensor(id)
                    .map(|t| t.name.as_str()),
                Some(name)
            );
            edit(witness, id, |values| {
                values[1] += if values[1] > 0 { -1 } else { 1 }
            });
        });
        assert_eq!(got, expected, "{name}");
    }
}

#[test]
fn outputs_in_the_wrong_order() {
    let got = rejected_by(small::product(), |case, witness| {
        edit(witness, find(case, "matmul"), |values| {
            values.sort_unstable();
        });
    });
    assert_eq!(got, Check::Kernel("matmul"));
}

/// For every parameter of the network: the run is that of other weights, all the way to the output, and the prover then either
/// claims that its accumulators come from the committed weights, or that the committed weights are the others.
#[test]
fn wrong_accumulators_and_wrong_weights() {
    let case = Case::new(network(2), 2);
    let program = case.key.program();
    let mut kernels = Vec::new();
    for (id, _) in program.tensors_of(TensorKind::Parameter) {
        let launch = program
            .graph()
            .launches
            .iter()
            .find(|launch| launch.inputs.contains(&id))
            .expect("every parameter is used");
        let mut witness = run_with_other_weight(&case, id);
        let wrong_weight = case.refusal(&witness);
        assert_eq!(Check::of(&wrong_weight), Check::GROUP, "{}", launch.name);

        witness.set(id, case.key.parameters()[&id].clone());
        let kernel = launch.kernel.relation().name();
        let expected = VerifyError::Kernel {
            launch: launch.name.clone(),
            kernel,
        };
        assert_eq!(case.refusal(&witness), expected);
        kernels.push(kernel);
    }
    assert_eq!(kernels, ["conv2d", "linear", "conv2d", "matmul", "matmul"]);
}

#[test]
fn run_of_another_input() {
    for (program, expected) in [
        (small::product(), Check::Kernel("matmul")),
        (small::convolved(), Check::Kernel("conv2d")),
        (small::mirrored(false), Check::Kernel("linear")),
        (small::reshaped_input(), Check::InputClaim),
        (small::pooled(), Check::LookupLayer(0)),
        (network(3), Check::Kernel("conv2d")),
    ] {
        let got = rejected_by(program, |case, witness| {
            let (mut other, honest) = (case.inputs.clone(), witness.clone());
            // Far from the true value, so that maxima move.
            let first = &mut integers(&mut other[0])[0];
            *first = if *first > 0 { -8 } else { 7 };
            let id = find(case, "input");
            *witness = kernelwise_prover::execute(
                case.key.program(),
                case.key.parameters(),
                case.key.hints(),
                &other,
            )
            .expect("execution");
            witness.set(id, honest.tensor(id).expect("input").clone());
        });
        assert_eq!(got, expected);
    }
}

/// What `quantised` clamps to.
fn clamp(q: i64) -> i64 {
    q.clamp(-8, 7)
}

/// Sets the first quotient of `quantised`, with the clamped output to match.
fn set_quotient(case: &Case, witness: &mut Witness, change: impl Fn(i64) -> i64) {
    edit(witness, find(case, "q"), |q| q[0] = change(q[0]));
    let q = witness.tensor(find(case, "q")).expect("q").to_vec();
    let y = find(case, "y");
    if witness.tensor(y).expect("y").to_vec()[0] != clamp(q[0]) {
        edit(witness, y, |y| y[0] = clamp(q[0]));
    }
}

/// The shift is 8 bits: the lowest limb and one committed limb of 4 bits each.
#[test]
fn quotient_off_by_one_with_the_remainder_to_match() {
    for step in [-1, 1] {
        // Only the range of the committed limb is violated: the equation holds.
        let limb = recounted(small::quantised(), |case, witness| {
            set_quotient(case, witness, |q| q + step);
            edit(witness, find(case, "limb"), |limb| limb[0] -= 16 * step);
        });
        assert_eq!(limb, Check::LookupLayer(0));
        // Only the range of the lowest limb is violated, which is what the equation leaves.
        let lowest = recounted(small::quantised(), |case, witness| {
            set_quotient(case, witness, |q| q + step);
        });
        assert_eq!(lowest, Check::LookupLayer(0));
    }
}

#[test]
fn limb_off_by_one_with_the_lowest_limb_to_match() {
    for step in [-1, 1] {
        let got = recounted(small::quantised(), |case, witness| {
            edit(witness, find(case, "limb"), |limb| {
                // A limb that stays in its range: only the lowest one leaves it.
                let index = limb
                    .iter()
                    .position(|limb| (0..16).contains(&(limb + step)))
                    .expect("some limb can move");
                limb[index] += step;
            });
        });
        assert_eq!(got, Check::LookupLayer(0));
    }
}

#[test]
fn quotient_outside_its_table() {
    let got = recounted(small::quantised(), |case, witness| {
        set_quotient(case, witness, |q| q + 1000);
        edit(witness, find(case, "limb"), |limb| limb[0] -= 16 * 1000);
    });
    assert_eq!(got, Check::LookupLayer(0));
}

#[test]
fn looked_up_output_of_another_entry() {
    let got = recounted(small::quantised(), |case, witness| {
        // A value that the table does contain, but for another input.
        edit(witness, find(case, "y"), |y| {
            y[0] = if y[0] == 7 { -8 } else { 7 }
        });
    });
    assert_eq!(got, Check::LookupLayer(0));
}

#[test]
fn multiplicity_off_by_one() {
    for step in [-1, 1] {
        for table in ["range", "clamp"] {
            let got = rejected_by(small::quantised(), |case, witness| {
                edit(witness, find(case, table), |counts| counts[3] += step);
            });
            assert_eq!(got, Check::LookupLayer(0), "{table} {step}");
        }
    }
}

#[test]
fn multiplicities_that_add_up_to_the_right_number() {
    let got = rejected_by(small::quantised(), |case, witness| {
        edit(witness, find(case, "range"), |counts| {
            counts[3] += 1;
            counts[4] -= 1;
        });
    });
    assert_eq!(got, Check::LookupLayer(0));
    let between_tables = rejected_by(small::quantised(), |case, witness| {
        edit(witness, find(case, "range"), |counts| counts[3] += 1);
        edit(witness, find(case, "clamp"), |counts| counts[3] -= 1);
    });
    assert_eq!(between_tables, Check::LookupLayer(0));
}

/// A value outside the table, counted at an entry of the table nonetheless.
#[test]
fn multiplicity_for_a_value_outside_the_table() {
    let got = rejected_by(small::quantised(), |case, witness| {
        set_quotient(case, witness, |q| q + 1);
        edit(witness, find(case, "limb"), |limb| limb[0] -= 16);
        witness.count_lookups(case.key.program()).expect("counts");
        edit(witness, find(case, "range"), |counts| counts[0] += 1);
    });
    assert_eq!(got, Check::LookupLayer(0));
}

/// The 4 × 4 input of `pooled`, all windows with distinct values.
fn pool_case() -> Case {
    let mut case = Case::new(small::pooled(), 1);
    *integers(&mut case.inputs[0]) = vec![
        1, 5, -3, 2, //
        3, -2, 0, 4, //
        -8, -7, 6, 5, //
        -6, -5, 3, 1,
    ];
    case
}

fn pool_rejected_by(change: impl FnOnce(&mut [i64])) -> Check {
    let case = pool_case();
    let mut witness = case.witness();
    let max = find(&case, "max");
    assert_eq!(witness.tensor(max).expect("max").to_vec(), [5, 4, -5, 6]);
    edit(&mut witness, max, change);
    witness.count_lookups(case.key.program()).expect("counts");
    Check::of(&case.refusal(&witness))
}

#[test]
fn maximum_larger_than_every_element() {
    assert_eq!(
        pool_rejected_by(|max| max[0] += 1),
        Check::Kernel("max-pool")
    );
    assert_eq!(
        pool_rejected_by(|max| max[2] += 1),
        Check::Kernel("max-pool")
    );
}

/// The product of differences is zero: only the sign of one of them is wrong.
#[test]
fn maximum_is_the_second_largest_element() {
    assert_eq!(pool_rejected_by(|max| max[0] = 3), Check::LookupLayer(0));
    assert_eq!(pool_rejected_by(|max| max[2] = -6), Check::LookupLayer(0));
}

#[test]
fn maximum_of_another_window() {
    assert_eq!(
        pool_rejected_by(|max| max.swap(0, 3)),
        Check::LookupLayer(0)
    );
}
