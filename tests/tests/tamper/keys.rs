//! Verifier keys and graphs from an enemy: refused or understood, never a panic, and never taken for another.

use kernelwise_core::commitment::CommitmentKey;
use kernelwise_core::kernels::Kernel;
use kernelwise_core::program::{
    AxisMap, KernelGraph, Range, Shape, TableFunction, TensorId, TensorKind,
};
use kernelwise_core::wire::WireError;
use kernelwise_core::{VerifierKey, VerifyError, verify};
use kernelwise_prover::execute;
use kernelwise_tests::graphs::{Builder, Numbers, network};
use kernelwise_tests::run::Case;
use kernelwise_tests::small;

#[test]
fn key_survives_its_encoding() {
    let case = Case::new(network(1), 1);
    let key = case.key.verifier();
    let decoded = VerifierKey::decode(&key.encode().expect("bytes")).expect("a key");
    assert_eq!(decoded.digest(), key.digest());
    let proved = case.prove(&case.witness());
    assert_eq!(verify(&decoded, &proved.public, &proved.proof), Ok(()));
}

#[test]
fn key_cut_or_extended() {
    let case = Case::new(network(1), 1);
    let bytes = case.key.verifier().encode().expect("bytes");
    for len in 0..bytes.len() {
        match VerifierKey::decode(&bytes[..len]) {
            Err(WireError::Encoding { .. }) => {}
            other => panic!("{len} bytes: {other:?}"),
        }
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(matches!(
        VerifierKey::decode(&longer),
        Err(WireError::Encoding { .. })
    ));
}

#[test]
fn key_with_altered_bytes() {
    let case = Case::new(network(1), 1);
    let key = case.key.verifier();
    let bytes = key.encode().expect("bytes");
    let proved = case.prove(&case.witness());
    let mut numbers = Numbers::new(1);
    let mut understood = 0;
    for round in 0..4000 {
        let mut altered = bytes.clone();
        // The graph comes first and is where most can go wrong; a few alterations at a time.
        for _ in 0..1 + round % 3 {
            let index = numbers.below(altered.len());
            altered[index] = match numbers.below(4) {
                0 => 0,
                1 => 0xff,
                2 => altered[index] ^ 1 << numbers.below(8),
                _ => numbers.next_u64() as u8,
            };
        }
        let Ok(other) = VerifierKey::decode(&altered) else {
            continue;
        };
        understood += 1;
        let same = other.encode().expect("bytes") == bytes;
        assert_eq!(same, other.digest() == key.digest());
        match verify(&other, &proved.public, &proved.proof) {
            Ok(()) => assert!(same),
            Err(VerifyError::WrongProgram { .. } | VerifyError::WrongKey { .. }) => assert!(!same),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(understood > 100, "{understood}");
}

#[test]
fn key_with_other_commitments() {
    let case = Case::new(network(1), 1);
    let program = || case.key.program().clone();
    let honest = case.key.verifier().parameters();
    let bases = case.key.verifier().bases();
    let id = *honest.keys().next().expect("a parameter");
    let refused = |change: &dyn Fn(&mut kernelwise_core::commitment::Commitments)| {
        let mut commitments = honest.clone();
        change(&mut commitments);
        match VerifierKey::new(program(), commitments, bases.clone(), Vec::new()) {
            Err(VerifyError::Key { .. }) => {}
            other => panic!("{other:?}"),
        }
    };
    refused(&|commitments| drop(commitments.remove(&id)));
    refused(&|commitments| {
        let rows = commitments[&id].clone();
        commitments.insert(TensorId(1 << 20), rows);
    });
    refused(&|commitments| {
        let rows = commitments.remove(&id).expect("rows");
        commitments.insert(TensorId(0), rows);
    });
    refused(&|commitments| {
        let rows = commitments.get_mut(&id).expect("rows");
        rows.push(rows[0]);
    });
    refused(&|commitments| commitments.get_mut(&id).expect("rows").clear());
    let columns = bases.bases().len();
    for other in [0, columns - 1, columns + 1] {
        let other = CommitmentKey::derive(other);
        match VerifierKey::new(program(), honest.clone(), other, Vec::new()) {
            Err(VerifyError::Key { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Integers at which things go wrong.
const EXTREMES: [u64; 14] = [
    0,
    1,
    2,
    3,
    5,
    16,
    1 << 24,
    1 << 32,
    (1 << 32) + 1,
    i64::MAX as u64,
    i64::MIN as u64,
    u64::MAX,
    u64::MAX - 1,
    (-7i64) as u64,
];

fn extreme(numbers: &mut Numbers) -> u64 {
    EXTREMES[numbers.below(EXTREMES.len())]
}

/// Replaces one number, reference or choice somewhere in the graph.
fn alter(graph: &mut KernelGraph, numbers: &mut Numbers) {
    let value = extreme(numbers);
    let any_tensor = TensorId(numbers.below(graph.tensors.len() + 1) as u32);
    match numbers.below(8) {
        0 | 1 => {
            let index = numbers.below(graph.tensors.len());
            let tensor = &mut graph.tensors[index];
            let mut dims = tensor.shape.dims().to_vec();
            match numbers.below(6) {
                0 => tensor.range.lo = value as i64,
                1 => tensor.range.hi = value as i64,
                2 => tensor.range = Range::new(value as i64, value as i64),
                3 => {
                    let kinds = [
                        TensorKind::Input,
                        TensorKind::Parameter,
                        TensorKind::Advice,
                        TensorKind::Virtual,
                    ];
                    tensor.kind = kinds[numbers.below(4)];
                }
                4 => {
                    let axis = numbers.below(dims.len().max(1));
                    if let Some(dim) = dims.get_mut(axis) {
                        *dim = value as usize;
                    }
                    tensor.shape = Shape::new(dims);
                }
                _ => {
                    dims.push(value as usize);
                    tensor.shape = Shape::new(dims);
                }
            }
        }
        2 => {
            let index = numbers.below(graph.tables.len().max(1));
            if let Some(table) = graph.tables.get_mut(index) {
                match numbers.below(5) {
                    0 => table.lo = value as i64,
                    1 => table.bits = value as u32,
                    2 => table.multiplicities = any_tensor,
                    3 => {
                        table.function = TableFunction::Clamp(Range::new(value as i64, i64::MAX));
                    }
                    _ => table.function = TableFunction::Values(vec![value as i32; 16]),
                }
            }
        }
        3 => graph.max_columns = value as usize,
        4 => {
            let list = if numbers.below(2) == 0 {
                &mut graph.inputs
            } else {
                &mut graph.outputs
            };
            match numbers.below(3) {
                0 => list.push(any_tensor),
                1 => drop(list.pop()),
                _ => *list = vec![any_tensor],
            }
        }
        _ => {
            let index = numbers.below(graph.launches.len());
            let launch = &mut graph.launches[index];
            match numbers.below(4) {
                0 if !launch.inputs.is_empty() => launch.inputs[0] = any_tensor,
                1 if !launch.outputs.is_empty() => launch.outputs[0] = any_tensor,
                2 => launch.inputs.push(any_tensor),
                _ => alter_kernel(&mut launch.kernel, value, numbers),
            }
        }
    }
}

fn alter_map(map: &mut AxisMap, value: u64, numbers: &mut Numbers) {
    match numbers.below(5) {
        0 => map.driver = (!value.is_multiple_of(3)).then_some(value as usize),
        1 => map.stride = value as i64,
        2 => map.offset = value as i64,
        3 => map.window = value as usize,
        _ => map.dilation = value as i64,
    }
}

fn alter_kernel(kernel: &mut Kernel, value: u64, numbers: &mut Numbers) {
    match kernel {
        Kernel::MatMul(kernel) => kernel.contracted = value as usize,
        Kernel::Conv2d(kernel) => {
            let fields = [&mut kernel.strides, &mut kernel.pads, &mut kernel.dilations];
            match numbers.below(4) {
                3 => kernel.groups = value as usize,
                field => fields.into_iter().nth(field).expect("three")[0] = value as usize,
            }
        }
        Kernel::Linear(kernel) => {
            let index = numbers.below(kernel.terms.len().max(1));
            if let Some(term) = kernel.terms.get_mut(index) {
                let axis = numbers.below(term.map.0.len().max(1));
                match (numbers.below(4), term.map.0.get_mut(axis)) {
                    (0, _) => term.coefficient = value as i64,
                    (_, Some(map)) => alter_map(map, value, numbers),
                    _ => kernel.terms.clear(),
                }
            }
        }
        Kernel::Rescale(kernel) => match numbers.below(3) {
            0 => kernel.limbs = value as usize,
            1 => kernel.range_table.0 = value as u32,
            _ => kernel.multipliers.iter_mut().for_each(|multiplier| {
                multiplier.axis = value as usize % 5;
                multiplier.values[0] = value as i64;
            }),
        },
        Kernel::Lookup(kernel) => kernel.table.0 = value as u32,
        Kernel::MaxPool(kernel) => {
            let index = numbers.below(kernel.axes.len().max(1));
            if let Some(axis) = kernel.axes.get_mut(index) {
                match numbers.below(4) {
                    0 => axis.size = value as usize,
                    1 => axis.stride = value as usize,
                    2 => axis.pad = value as usize,
                    _ => axis.dilation = value as usize,
                }
            }
        }
        _ => {}
    }
}

/// Graphs that come out valid are programs like any other: their runs are provable.
#[test]
fn altered_graphs_are_refused_or_provable() {
    let mut numbers = Numbers::new(9);
    let programs = [
        network(1),
        small::quantised(),
        small::pooled(),
        small::mirrored(true),
        small::convolved(),
    ];
    let (mut refused, mut proved) = (0, 0);
    for round in 0..6000 {
        let mut graph = programs[round % programs.len()].graph().clone();
        for _ in 0..1 + numbers.below(2) {
            alter(&mut graph, &mut numbers);
        }
        let Ok(program) = graph.validate() else {
            refused += 1;
            continue;
        };
        let elements = |shape: &Shape| shape.len() <= 1 << 12;
        if round % 4 != 0 || !program.graph().tensors.iter().all(|t| elements(&t.shape)) {
            continue;
        }
        let case = Case::new(program, round as u64);
        if execute(
            case.key.program(),
            case.key.parameters(),
            case.key.hints(),
            &case.inputs,
        )
        .is_ok()
        {
            let proof = case.prove(&case.witness());
            assert_eq!(
                case.verify(&proof),
                Ok(()),
                "{:?}",
                case.key.program().graph()
            );
            proved += 1;
        }
    }
    assert!(refused > 1000 && proved > 100, "{refused} {proved}");
}

/// The least 64-bit integer has no negative.
#[test]
fn range_that_reaches_the_least_integer_is_refused() {
    let mut graph = small::pooled().graph().clone();
    let least = Range::new(i64::MIN, i64::MIN);
    for tensor in &mut graph.tensors {
        if tensor.name != "range" {
            tensor.range = least;
        }
    }
    for launch in &mut graph.launches {
        if let Kernel::MaxPool(kernel) = &mut launch.kernel {
            kernel.axes[0].pad = 1;
        }
    }
    graph
        .validate()
        .expect_err("no accumulator holds its negative");
}

/// A window that no memory holds is refused even where its sum is known to be zero.
#[test]
fn endless_window_is_refused() {
    let mut builder = Builder::without_tables();
    let x = builder.input(&[3]);
    builder.graph.tensors[x.0 as usize].range = Range::new(0, 0);
    let y = builder.tensor("y", &[3], TensorKind::Virtual, Range::new(0, 0));
    let endless = AxisMap {
        window: usize::MAX,
        ..AxisMap::identity(0)
    };
    let term = kernelwise_core::program::LinearTerm {
        coefficient: 1,
        multipliers: Vec::new(),
        map: kernelwise_core::program::IndexMap(vec![endless]),
    };
    let kernel = Kernel::Linear(kernelwise_core::kernels::Linear { terms: vec![term] });
    builder.launch(kernel, &[x], &[y]);
    builder.graph.outputs = vec![y];
    builder.graph.validate().expect_err("an endless window");
}
