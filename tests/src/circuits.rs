//! Small programs with circuits, random and by hand.

use kernelwise_core::circuit::{
    Circuit, CircuitId, CircuitLookup, Constant, HintFunction, Layer, Output, Port, Step,
};
use kernelwise_core::field::Fr;
use kernelwise_core::kernels::{CircuitLaunch, Kernel, Linear, ProofSystem};
use kernelwise_core::program::{
    AxisMap, IndexMap, KernelGraph, Launch, LinearTerm, Program, Range, Shape, TableFunction,
    TableId, Tensor, TensorId, TensorKind,
};

use crate::graphs::{Builder, Numbers};

/// Values of inputs: four bits.
const NIBBLE: Range = Range::new(0, 15);
/// Coefficients of random gates, by index among the constants.
const COEFFICIENTS: [i64; 6] = [1, -1, 2, -2, 3, -4];

fn port(name: &str, len: u32, scalar: bool) -> Port {
    Port {
        name: name.to_owned(),
        len,
        scalar,
    }
}

/// A random circuit over two inputs and hints: the four bits of the first wire and its product with the last one, all
/// constrained; then random gates up to degree 3.
pub fn random_circuit(numbers: &mut Numbers) -> Circuit {
    let scalar = numbers.below(2) == 0;
    let first = if scalar {
        1
    } else {
        1 + numbers.below(5) as u32
    };
    let second = 1 + numbers.below(4) as u32;
    let inputs = vec![port("a", first, scalar), port("b", second, false)];
    let (x, y, bits) = (0, first + second - 1, first + second);
    let product = bits + 4;
    let width = product + 1;
    let mut layers = Vec::new();
    let mut below = width;
    // The degree falls with the level, so that public outputs fit 64 bits.
    for (level, degree) in [3, 2, 1, 1]
        .into_iter()
        .enumerate()
        .take(1 + numbers.below(4))
    {
        let gates = 1 + numbers.below(7) as u32;
        let mut layer = Layer::new(gates, if level == 0 { 6 } else { 0 });
        for gate in 0..gates {
            for _ in 0..1 + numbers.below(3) {
                let wires: Vec<u32> = (0..numbers.below(degree + 1))
                    .map(|_| numbers.below(below as usize) as u32)
                    .collect();
                layer.push(gate, numbers.below(COEFFICIENTS.len()) as u32, &wires);
            }
        }
        if level == 0 {
            for bit in 0..4 {
                layer.push(gates + bit, 1, &[bits + bit]);
                layer.push(gates + bit, 0, &[bits + bit, bits + bit]);
            }
            // x − Σ 2^i bit_i, with 8 beyond the random coefficients.
            layer.push(gates + 4, 0, &[x]);
            for (bit, coefficient) in [1, 3, 5, 6].into_iter().enumerate() {
                layer.push(gates + 4, coefficient, &[bits + bit as u32]);
            }
            layer.push(gates + 5, 0, &[product]);
            layer.push(gates + 5, 1, &[x, y]);
        }
        layers.push(layer);
        below = gates;
    }
    let widths: Vec<u32> = std::iter::once(width)
        .chain(layers.iter().map(Layer::gates))
        .collect();
    let mut outputs: Vec<Output> = (0..1 + numbers.below(3))
        .map(|index| {
            let level = numbers.below(widths.len());
            let wires: Vec<u32> = (0..1 + numbers.below(4))
                .map(|_| numbers.below(widths[level] as usize) as u32)
                .collect();
            Output {
                port: port(&format!("out{index}"), wires.len() as u32, false),
                level: level as u32,
                wires,
            }
        })
        .collect();
    let top = widths.len() - 1;
    outputs.push(Output {
        port: port("top", 1, numbers.below(2) == 0),
        level: top as u32,
        wires: vec![0],
    });
    let mut circuit = Circuit {
        name: "random".to_owned(),
        inputs,
        hints: vec![
            port("bits", 4, false),
            port("product", 1, numbers.below(2) == 0),
        ],
        constants: COEFFICIENTS
            .into_iter()
            .chain([-8])
            .map(Constant::int)
            .collect(),
        sequence: (0..layers.len() as u32).collect(),
        layers,
        outputs,
        ..Circuit::default()
    };
    let known = first + second;
    circuit.advice.steps = vec![
        Step::Hint {
            function: HintFunction::Digits { width: 1 },
            arguments: vec![x],
            results: 4,
        },
        Step::Product(x, y),
    ];
    circuit.advice.wires = (known..known + 5).collect();
    circuit
}

/// A launch of `circuit` over `grid` with fresh public inputs and public outputs; returns the ids of outputs and hints.
pub fn add_launch(
    graph: &mut KernelGraph,
    circuit: Circuit,
    grid: &[usize],
    axes: Vec<Vec<bool>>,
) -> Vec<TensorId> {
    let id = CircuitId(graph.circuits.len() as u32);
    let kernel = CircuitLaunch {
        circuit: id,
        grid: Shape::new(grid),
        axes,
        tables: vec![],
        system: ProofSystem::Gkr,
    };
    let mut tensor = |name: &str, shape, kind, range| {
        graph.add_tensor(Tensor {
            name: name.to_owned(),
            shape,
            kind,
            range,
            scale: None,
        })
    };
    let inputs: Vec<TensorId> = circuit
        .inputs
        .iter()
        .zip(&kernel.axes)
        .map(|(port, axes)| {
            tensor(
                &port.name,
                kernel.tensor_shape(port, axes),
                TensorKind::Input,
                NIBBLE,
            )
        })
        .collect();
    let all = vec![true; grid.len()];
    // Public outputs may have any range: the verifier checks it.
    let wide = Range::new(-(1 << 60), 1 << 60);
    let mut outputs: Vec<TensorId> = circuit
        .outputs
        .iter()
        .map(|output| {
            tensor(
                &output.port.name,
                kernel.tensor_shape(&output.port, &all),
                TensorKind::Virtual,
                wide,
            )
        })
        .collect();
    graph.inputs.extend(&inputs);
    graph.outputs.extend(&outputs);
    outputs.extend(circuit.hints.iter().map(|port| {
        graph.add_tensor(Tensor {
            name: port.name.clone(),
            shape: kernel.tensor_shape(port, &all),
            kind: TensorKind::Advice,
            range: Range::FIELD,
            scale: None,
        })
    }));
    graph.circuits.push(circuit);
    graph.launches.push(Launch {
        name: "circuit".to_owned(),
        kernel: Kernel::Circuit(kernel),
        inputs,
        outputs: outputs.clone(),
    });
    outputs
}

/// A program of one random circuit over a random grid, some inputs broadcast.
pub fn random_program(seed: u64) -> KernelGraph {
    let mut numbers = Numbers::new(seed);
    let mut graph = KernelGraph {
        max_columns: 16,
        ..KernelGraph::default()
    };
    let grids: [&[usize]; 8] = [&[1], &[2], &[5], &[8], &[2, 3], &[3, 1, 4], &[], &[13]];
    let grid = grids[numbers.below(grids.len())];
    let axes = (0..2)
        .map(|_| grid.iter().map(|_| numbers.below(3) > 0).collect())
        .collect();
    let circuit = random_circuit(&mut numbers);
    add_launch(&mut graph, circuit, grid, axes);
    graph
}

/// Coefficients of [`pipeline`], by index.
const FIXED: [i64; 6] = [1, -1, 2, 4, 8, -8];

/// Two circuits and a matrix product that share a tensor, with hints, broadcast, assertions and lookups:
///
/// ```text
/// gate[n]: inputs a (4 wires), b (4, the same for all n); hints: bits of a0 + 8, square of a1 + 8
///          y = (a0·b0·a1 + 2·bit3, a1·b2 + 4·square, a3 − b3); a2 + 8 has four bits
/// power[n, i] = y[n, i]² − y[n, i],  matmul = y · w
/// ```
pub fn pipeline() -> Program {
    let mut builder = Builder::new();
    let squares = (0..16).map(|i| i * i).collect();
    let table = builder.table("square", 0, 4, TableFunction::Values(squares));
    let (a, b) = (builder.input(&[3, 4]), builder.input(&[4]));
    // Wires of level 0: a at 0, b at 4, bits at 8, square at 12.
    let mut first = Layer::new(8, 5);
    for (gate, terms) in [
        (0, vec![(0, vec![0, 4, 1])]),
        (1, vec![(0, vec![1, 6]), (3, vec![12])]),
        (2, vec![(0, vec![3]), (1, vec![7])]),
        (3, vec![(0, vec![1]), (4, vec![])]),
        (4, vec![(0, vec![2]), (4, vec![])]),
        (5, vec![(0, vec![11])]),
        (6, vec![(0, vec![0, 0])]),
        (7, vec![(0, vec![4])]),
        (8, vec![(1, vec![8]), (0, vec![8, 8])]),
        (9, vec![(1, vec![9]), (0, vec![9, 9])]),
        (10, vec![(1, vec![10]), (0, vec![10, 10])]),
        (11, vec![(1, vec![11]), (0, vec![11, 11])]),
        (
            12,
            vec![
                (1, vec![0]),
                (5, vec![]),
                (0, vec![8]),
                (2, vec![9]),
                (3, vec![10]),
                (4, vec![11]),
            ],
        ),
    ] {
        terms
            .iter()
            .for_each(|(coefficient, wires)| first.push(gate, *coefficient, wires));
    }
    let mut second = Layer::new(3, 0);
    second.push(0, 0, &[0]);
    second.push(0, 2, &[5]);
    second.push(1, 0, &[1]);
    second.push(2, 0, &[2]);
    let output = |name: &str, level, wires: &[u32]| Output {
        port: port(name, wires.len() as u32, false),
        level,
        wires: wires.to_vec(),
    };
    let mut gates = Circuit {
        name: "gate".to_owned(),
        inputs: vec![port("a", 4, false), port("b", 4, false)],
        hints: vec![port("bits", 4, false), port("square", 1, false)],
        constants: FIXED.map(Constant::int).into(),
        layers: vec![first, second],
        sequence: vec![0, 1],
        outputs: vec![
            output("y", 2, &[0, 1, 2]),
            output("squared", 1, &[3]),
            output("ranged", 1, &[4]),
        ],
        lookups: vec![
            CircuitLookup {
                table: 0,
                output: 1,
                result: Some(1),
            },
            CircuitLookup {
                table: 1,
                output: 2,
                result: None,
            },
        ],
        ..Circuit::default()
    };
    let shifted = |wire| Step::Linear {
        constant: Some(4),
        terms: vec![(0, wire)],
    };
    gates.advice.steps = vec![
        shifted(0),
        Step::Hint {
            function: HintFunction::Digits { width: 1 },
            arguments: vec![8],
            results: 4,
        },
        shifted(1),
        Step::Hint {
            function: HintFunction::Lookup { table: 0 },
            arguments: vec![13],
            results: 1,
        },
    ];
    gates.advice.wires = vec![9, 10, 11, 12, 14];
    let mut square = Layer::new(1, 0);
    square.push(0, 1, &[0]);
    square.push(0, 0, &[0, 0]);
    let power = Circuit {
        name: "power".to_owned(),
        inputs: vec![port("x", 1, true)],
        constants: FIXED.map(Constant::int).into(),
        layers: vec![square],
        sequence: vec![0],
        outputs: vec![Output {
            port: port("out", 1, true),
            level: 1,
            wires: vec![0],
        }],
        ..Circuit::default()
    };
    let (wide, virt) = (Range::new(-4096, 4096), TensorKind::Virtual);
    let y = builder.tensor("y", &[3, 3], virt, wide);
    let squared = builder.tensor("squared", &[3, 1], virt, Range::new(0, 15));
    let ranged = builder.tensor("ranged", &[3, 1], virt, Range::new(0, 15));
    let bits = builder.tensor("bits", &[3, 4], TensorKind::Advice, Range::new(0, 1));
    let root = builder.tensor("root", &[3, 1], TensorKind::Advice, Range::new(0, 225));
    let out = builder.tensor("power", &[3, 3], virt, Range::new(-(1 << 40), 1 << 40));
    builder.graph.circuits = vec![gates, power];
    let launch = |circuit, grid: &[usize], axes| {
        Kernel::Circuit(CircuitLaunch {
            circuit: CircuitId(circuit),
            grid: Shape::new(grid),
            axes,
            tables: if circuit == 0 {
                vec![table, TableId(0)]
            } else {
                vec![]
            },
            system: ProofSystem::Gkr,
        })
    };
    let kernel = launch(0, &[3], vec![vec![true], vec![false]]);
    builder.launch(kernel, &[a, b], &[y, squared, ranged, bits, root]);
    builder.launch(launch(1, &[3, 3], vec![vec![true, true]]), &[y], &[out]);
    let product = builder.matmul(y, 1, 2);
    builder.finish(&[out, product])
}

/// Field elements all the way: `cube = x³ + c`, `inverse · x = 1`, then the same elements in reverse order.
pub fn field_elements() -> Program {
    let mut builder = Builder::without_tables();
    let any = |builder: &mut Builder, name: &str, dims: &[usize], kind| {
        builder.tensor(name, dims, kind, Range::FIELD)
    };
    let x = any(&mut builder, "x", &[5], TensorKind::Input);
    builder.graph.inputs.push(x);
    let mut layer = Layer::new(1, 1);
    layer.push(0, 0, &[0, 0, 0]);
    layer.push(0, 2, &[]);
    layer.push(1, 0, &[0, 1]);
    layer.push(1, 1, &[]);
    let big = -(Fr::from(1u64 << 60) * Fr::from(1u64 << 60));
    let mut circuit = Circuit {
        name: "cube".to_owned(),
        inputs: vec![port("x", 1, true)],
        hints: vec![port("inverse", 1, true)],
        constants: vec![
            Constant::int(1),
            Constant::int(-1),
            Constant::from_field(big),
        ],
        layers: vec![layer],
        sequence: vec![0],
        outputs: vec![
            Output {
                port: port("cube", 1, true),
                level: 1,
                wires: vec![0],
            },
            Output {
                port: port("inverse", 1, true),
                level: 0,
                wires: vec![1],
            },
        ],
        ..Circuit::default()
    };
    circuit.advice.steps = vec![Step::Hint {
        function: HintFunction::Inverse,
        arguments: vec![0],
        results: 1,
    }];
    circuit.advice.wires = vec![1];
    builder.graph.circuits.push(circuit);
    let cube = any(&mut builder, "cube", &[5], TensorKind::Virtual);
    let inverse = any(&mut builder, "inverse", &[5], TensorKind::Virtual);
    let hint = any(&mut builder, "hint", &[5], TensorKind::Advice);
    let kernel = CircuitLaunch {
        circuit: CircuitId(0),
        grid: Shape::new([5]),
        axes: vec![vec![true]],
        tables: vec![],
        system: ProofSystem::Gkr,
    };
    builder.launch(Kernel::Circuit(kernel), &[x], &[cube, inverse, hint]);
    let reversed = any(&mut builder, "reversed", &[5], TensorKind::Virtual);
    let map = IndexMap(vec![AxisMap {
        driver: Some(0),
        stride: -1,
        offset: 4,
        window: 1,
        dilation: 1,
    }]);
    let term = LinearTerm {
        coefficient: 1,
        multipliers: vec![],
        map,
    };
    builder.launch(
        Kernel::Linear(Linear { terms: vec![term] }),
        &[cube],
        &[reversed],
    );
    builder.finish(&[reversed, inverse])
}

/// The same program with every circuit proved by Groth16.
///
/// # Panics
/// If it is not valid then.
pub fn by_groth16(program: &Program) -> Program {
    let mut graph = program.graph().clone();
    for index in 0..graph.launches.len() {
        if matches!(graph.launches[index].kernel, Kernel::Circuit(_)) {
            let chosen = graph.prove_with(index, ProofSystem::Groth16);
            chosen.expect("a launch of a circuit");
        }
    }
    graph.validate().expect("valid for either system")
}

/// Two launches of one circuit over equal grids, and so under one Groth16 key: `y = x²`, `z = y'²` with `y' = y` reversed by a
/// matrix product in between, whose result is public too.
pub fn chained_squares() -> Program {
    let mut builder = Builder::new();
    let mut layer = Layer::new(1, 0);
    layer.push(0, 0, &[0, 0]);
    builder.graph.circuits = vec![Circuit {
        name: "square".to_owned(),
        inputs: vec![port("x", 1, true)],
        constants: vec![Constant::int(1)],
        layers: vec![layer],
        sequence: vec![0],
        outputs: vec![Output {
            port: port("y", 1, true),
            level: 1,
            wires: vec![0],
        }],
        ..Circuit::default()
    }];
    let x = builder.input(&[2, 3]);
    let wide = Range::new(-(1 << 40), 1 << 40);
    let y = builder.tensor("y", &[2, 3], TensorKind::Virtual, wide);
    let z = builder.tensor("z", &[2, 3], TensorKind::Virtual, wide);
    let kernel = || {
        Kernel::Circuit(CircuitLaunch {
            circuit: CircuitId(0),
            grid: Shape::new([2, 3]),
            axes: vec![vec![true, true]],
            tables: vec![],
            system: ProofSystem::Groth16,
        })
    };
    builder.launch(kernel(), &[x], &[y]);
    let mixed = builder.matmul(y, 1, 3);
    builder.launch(kernel(), &[mixed], &[z]);
    builder.finish(&[z])
}
