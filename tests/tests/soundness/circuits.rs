//! False runs of circuits: each obligation of a gate, an assertion, a hint, an instance, a broadcast.

use kernelwise_core::kernels::Kernel;
use kernelwise_core::program::{Program, TensorId};
use kernelwise_prover::execute;
use kernelwise_tests::cheats::{edit, tensor};
use kernelwise_tests::checks::Check;
use kernelwise_tests::circuits::pipeline;
use kernelwise_tests::run::{Case, integers};

const CIRCUIT: Check = Check::Kernel("circuit");

/// Alters the values of a tensor.
type Change = fn(&mut [i64]);

/// The check that rejects the pipeline's run after `changes` to tensors by name; everything else is as in the honest run.
fn rejected_by(changes: &[(&str, Change)]) -> Check {
    let case = Case::new(pipeline(), 3);
    let mut witness = case.witness();
    for (name, change) in changes {
        edit(&mut witness, tensor(case.key.program(), name, 0), change);
    }
    witness.count_lookups(case.key.program()).expect("counts");
    Check::of(&case.refusal(&witness))
}

#[test]
fn pipeline_verifies() {
    for seed in 0..5 {
        let case = Case::new(pipeline(), seed);
        case.verify(&case.prove(&case.witness())).expect("honest");
    }
}

#[test]
fn wrong_gate_output() {
    assert_eq!(rejected_by(&[("power", |values| values[4] += 1)]), CIRCUIT);
    assert_eq!(rejected_by(&[("power", |values| values[8] -= 1)]), CIRCUIT);
}

#[test]
fn instances_swapped() {
    assert_eq!(
        rejected_by(&[("power", |values| values.swap(0, 6))]),
        CIRCUIT
    );
    let two = rejected_by(&[("bits", |values| {
        let (first, rest) = values.split_at_mut(4);
        first.swap_with_slice(&mut rest[..4]);
    })]);
    assert_eq!(two, CIRCUIT);
}

#[test]
fn hint_altered() {
    // Still boolean, but not the bits of the input.
    assert_eq!(rejected_by(&[("bits", |values| values[5] ^= 1)]), CIRCUIT);
    // The table vouches for another pair.
    let got = rejected_by(&[("root", |values| {
        values[0] = if values[0] == 4 { 9 } else { 4 }
    })]);
    assert_eq!(got, Check::LookupLayer(0));
}

/// Digits that add up and are no bits: only the boolean assertions stand in the way.
#[test]
fn hint_not_boolean() {
    let got = rejected_by(&[("bits", |values| {
        let sum: i64 = values[..4]
            .iter()
            .zip([1, 2, 4, 8])
            .map(|(bit, weight)| bit * weight)
            .sum();
        let bit = values[3];
        values[..4].copy_from_slice(&[sum - 8 * bit, 0, 0, bit]);
        // If that changed nothing, move a two down.
        if values[0] <= 1 {
            values[..4].copy_from_slice(&[sum - 8 * bit + 2, -1, 0, bit]);
        }
    })]);
    assert_eq!(got, CIRCUIT);
}

/// A range lookup of a wire counts what the wire is.
#[test]
fn looked_up_wire_out_of_range() {
    let got = rejected_by(&[("ranged", |values| values[1] = 16)]);
    assert_eq!(got, Check::LookupLayer(0));
    let got = rejected_by(&[("ranged", |values| values[1] ^= 1)]);
    assert_eq!(got, CIRCUIT);
}

/// The whole run is right for another program, of the same shapes, and is claimed for this one.
fn run_of(change: impl FnOnce(&mut kernelwise_core::program::KernelGraph)) -> Check {
    let case = Case::new(pipeline(), 3);
    let mut graph = case.key.program().graph().clone();
    change(&mut graph);
    let other: Program = graph.validate().expect("as valid as the first");
    let witness = execute(
        &other,
        case.key.parameters(),
        case.key.hints(),
        &case.inputs,
    )
    .expect("execution");
    Check::of(&case.refusal(&witness))
}

#[test]
fn wrong_wiring() {
    let got = run_of(|graph| {
        let mut layer = kernelwise_core::circuit::Layer::new(1, 0);
        layer.push(0, 0, &[0]);
        layer.push(0, 0, &[0, 0]);
        graph.circuits[1].layers[0] = layer;
    });
    assert_eq!(got, CIRCUIT);
}

#[test]
fn wrong_relay() {
    let got = run_of(|graph| {
        let mut layer = kernelwise_core::circuit::Layer::new(3, 0);
        layer.push(0, 0, &[0]);
        layer.push(0, 2, &[5]);
        layer.push(1, 0, &[2]);
        layer.push(2, 0, &[1]);
        graph.circuits[0].layers[1] = layer;
    });
    assert_eq!(got, CIRCUIT);
}

/// One instance sees another value of an input that is the same for all.
#[test]
fn broadcast_differs_between_instances() {
    let case = Case::new(pipeline(), 3);
    let honest = case.witness();
    let mut inputs = case.inputs.clone();
    let shared = &mut integers(&mut inputs[1])[0];
    *shared += if *shared < 7 { 1 } else { -1 };
    let other = execute(
        case.key.program(),
        case.key.parameters(),
        case.key.hints(),
        &inputs,
    )
    .expect("execution");
    let program = case.key.program();
    let mut witness = honest.clone();
    for name in ["y", "power", "matmul"] {
        let id: TensorId = tensor(program, name, 0);
        let theirs = other.tensor(id).expect("a tensor").to_vec();
        let row = theirs.len() / 3;
        edit(&mut witness, id, |values| {
            values[2 * row..].copy_from_slice(&theirs[2 * row..])
        });
    }
    assert_eq!(Check::of(&case.refusal(&witness)), CIRCUIT);
}

/// Two launches of one circuit on different inputs, their outputs exchanged.
#[test]
fn launches_of_one_circuit_swapped() {
    let mut graph = pipeline().graph().clone();
    let Some(launch) = graph
        .launches
        .iter()
        .find(|launch| matches!(&launch.kernel, Kernel::Circuit(kernel) if kernel.circuit.0 == 1))
        .cloned()
    else {
        panic!("the pipeline launches it");
    };
    let mut again = launch;
    let source = graph.tensors[again.inputs[0].0 as usize].clone();
    let input = graph.add_tensor(kernelwise_core::program::Tensor {
        name: "other".to_owned(),
        kind: kernelwise_core::program::TensorKind::Input,
        range: kernelwise_core::program::Range::new(-8, 7),
        ..source
    });
    let output = graph.tensors[again.outputs[0].0 as usize].clone();
    let second = graph.add_tensor(kernelwise_core::program::Tensor {
        name: "second".to_owned(),
        ..output
    });
    again.inputs = vec![input];
    again.outputs = vec![second];
    graph.launches.push(again);
    graph.inputs.push(input);
    graph.outputs.push(second);
    let case = Case::new(graph.validate().expect("valid"), 3);
    let program = case.key.program();
    let mut witness = case.witness();
    let (one, two) = (tensor(program, "power", 0), tensor(program, "second", 0));
    let values = [one, two].map(|id| witness.tensor(id).expect("a tensor").to_vec());
    edit(&mut witness, one, |own| own.copy_from_slice(&values[1]));
    edit(&mut witness, two, |own| own.copy_from_slice(&values[0]));
    assert_eq!(Check::of(&case.refusal(&witness)), CIRCUIT);
}
