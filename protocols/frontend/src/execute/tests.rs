use kernelwise_core::kernels::{Kernel, Lookup, Rescale};
use kernelwise_core::program::{
    AxisMultiplier, KernelGraph, Launch, LookupTable, Range, TableFunction, TableId, Tensor,
};

use super::*;

/// `y = clamp(floor((x·m + 2^5) / 2^6))` with two limbs of three bits.
fn program() -> Program {
    let mut graph = KernelGraph {
        max_columns: 128,
        ..KernelGraph::default()
    };
    let mut add = |name: &str, dims: &[usize], kind, range| {
        graph.add_tensor(Tensor {
            name: name.to_owned(),
            shape: Shape::new(dims),
            kind,
            range,
            scale: None,
        })
    };
    let advice = TensorKind::Advice;
    let x = add("x", &[3], TensorKind::Input, Range::new(-100, 100));
    let q = add("q", &[3], advice, Range::new(-4, 3));
    let limb = add("limb", &[3], advice, Range::new(0, 7));
    let y = add("y", &[3], advice, Range::new(0, 2));
    let counts = Range::new(0, 100);
    let digits = add("range: multiplicities", &[8], advice, counts);
    let clamps = add("clamp: multiplicities", &[8], advice, counts);
    let table = |name: &str, lo, function, multiplicities| LookupTable {
        name: name.to_owned(),
        lo,
        bits: 3,
        function,
        multiplicities,
    };
    let clamp = TableFunction::Clamp(Range::new(0, 2));
    graph.tables = vec![
        table("range", 0, TableFunction::Range, digits),
        table("clamp", -4, clamp, clamps),
    ];
    let launch = |name: &str, kernel, inputs, outputs| Launch {
        name: name.to_owned(),
        kernel,
        inputs,
        outputs,
    };
    let rescale = Kernel::Rescale(Rescale {
        multipliers: vec![AxisMultiplier {
            axis: 0,
            values: vec![1, 2, 3],
        }],
        limbs: 2,
        range_table: TableId(0),
    });
    let lookup = Kernel::Lookup(Lookup { table: TableId(1) });
    graph.launches = vec![
        launch("rescale", rescale, vec![x], vec![q, limb]),
        launch("clamp", lookup, vec![q], vec![y]),
    ];
    graph.inputs = vec![x];
    graph.outputs = vec![y];
    graph.validate().unwrap()
}

#[test]
fn rescaling_rounds_and_the_limbs_are_the_remainder() {
    let inputs = [vec![100, -33, 40]];
    let execution = execute(&program(), &inputs, &BTreeMap::new()).unwrap();
    // 100 + 32 = 2·64 + 4; −66 + 32 = −1·64 + 30; 120 + 32 = 2·64 + 24.
    assert_eq!(execution.tensors()[1], [2, -1, 2]);
    assert_eq!(execution.tensors()[2], [0, 3, 3]);
    assert_eq!(execution.outputs(), [[2, 0, 2]]);
    // Lowest limbs 4, 6, 0 and the committed ones 0, 3, 3.
    assert_eq!(execution.tensors()[4], [2, 0, 0, 2, 1, 0, 1, 0]);
    assert_eq!(execution.tensors()[5], [0, 0, 0, 1, 0, 0, 2, 0]);
}

#[test]
fn values_outside_ranges_and_tables_are_errors() {
    let run = |inputs: &[Vec<i64>]| execute(&program(), inputs, &BTreeMap::new());
    let error = run(&[vec![0, 0, 101]]).unwrap_err();
    assert!(matches!(
        error,
        ExecuteError::OutOfRange {
            got: 101,
            index: 2,
            ..
        }
    ));
    // 3·100 rounds to 5, and q ends at 3.
    let error = run(&[vec![0, 0, 100]]).unwrap_err();
    assert!(matches!(error, ExecuteError::OutOfRange { got: 5, .. }));
    let error = run(&[vec![0, 0]]).unwrap_err();
    assert!(matches!(
        error,
        ExecuteError::Length {
            expected: 3,
            got: 2,
            ..
        }
    ));
    assert!(matches!(run(&[]), Err(ExecuteError::Length { .. })));
}
