//! Random programs, before and after.

use kernelwise_core::program::{AxisMap, AxisMultiplier, IndexMap, LinearTerm, Range};
use kernelwise_core::verify;
use kernelwise_cpu::CpuDevice;
use kernelwise_prover::plan::{Plan, Rates};
use kernelwise_prover::{Devices, Quiet};
use proptest::prelude::*;

use crate::{Array, CircuitKernel, Compiled, Context, KernelError, Table};

const SMALL: Range = Range::new(-4, 4);

/// Numbers that decide what is built.
struct Choices<'c>(std::slice::Iter<'c, u32>);

impl Choices<'_> {
    fn below(&mut self, limit: usize) -> usize {
        self.0.next().map_or(0, |&choice| choice as usize % limit)
    }
}

/// A program of tensor kernels and circuits on one input; every array that `public` names is downloaded.
fn build(choices: &[u32], public: &[bool]) -> Result<Context, KernelError> {
    let mut choose = Choices(choices.iter());
    let mut context = Context::new();
    let values: Vec<i64> = (0..24).map(|i| i * 7 % 9 - 4).collect();
    let mut arrays = vec![context.upload("x", &[2, 3, 4], SMALL, values)?];
    let square = CircuitKernel::compile("square", |k| {
        let x = k.scalar("x", Range::new(-1 << 20, 1 << 20));
        k.output_scalar("y", x * x + 1);
    })?;
    let clamp = Table::clamp(-64, 7, SMALL);
    for _ in 0..public.len() {
        let x = arrays[choose.below(arrays.len())];
        // What does not fit, because values grow too large, is left out.
        arrays.extend(step(&mut context, &mut choose, x, &arrays, &square, &clamp));
    }
    let mut downloads = 0;
    for (index, array) in arrays.iter().enumerate().skip(1) {
        let last = index + 1 == arrays.len() && downloads == 0;
        if last || public[index - 1] {
            downloads += usize::from(context.download(&index.to_string(), *array).is_ok());
        }
    }
    Ok(context)
}

fn step(
    context: &mut Context,
    choose: &mut Choices<'_>,
    x: Array,
    arrays: &[Array],
    square: &CircuitKernel,
    clamp: &Table,
) -> Option<Array> {
    let dims = context.shape(x).ok()?.to_vec();
    let axis = choose.below(dims.len().max(1));
    let length = dims.get(axis).copied().unwrap_or(1);
    match choose.below(8) {
        0 if !dims.is_empty() => {
            let order: Vec<usize> = (0..dims.len()).map(|i| (i + axis) % dims.len()).collect();
            context.transpose(x, &order).ok()
        }
        1 if length > 1 => {
            let start = choose.below(length);
            let end = start + 1 + choose.below(length - start);
            context.slice(x, axis, start..end).ok()
        }
        2 => {
            let mut wider = dims.clone();
            wider.insert(axis.min(dims.len()), 1);
            context.reshape(x, &wider).ok()
        }
        3 => context.reshape(x, &[dims.iter().product()]).ok(),
        4 => {
            let same = |y: &&Array| context.shape(**y).is_ok_and(|other| other == dims);
            let alike: Vec<Array> = arrays.iter().filter(same).copied().collect();
            let other = alike[choose.below(alike.len())];
            let factor = choose.below(3) as i64;
            context.sum(&[(1, x), (factor, other)]).ok()
        }
        5 => {
            let fits = context.range(x).ok()?.magnitude() < 64;
            fits.then(|| context.map(clamp, x).ok()).flatten()
        }
        6 => {
            let range = context.range(x).ok()?;
            let fits = range.magnitude() < 1 << 20;
            fits.then(|| context.launch(square, &dims, [x]).ok())
                .flatten()
                .map(|outputs| outputs[0])
        }
        _ if !dims.is_empty() => {
            // Windows, strides, beyond the ends, with factors along an axis.
            let mut maps: Vec<AxisMap> = (0..dims.len()).map(AxisMap::identity).collect();
            let stride = 1 + choose.below(2) as i64;
            let offset = choose.below(3) as i64 - 1;
            maps[axis] = match choose.below(4) {
                0 => AxisMap::window(axis, stride, offset, 1 + choose.below(3), 1),
                1 => AxisMap::strided(axis, stride, offset),
                2 => AxisMap::fixed(choose.below(length) as i64),
                _ => AxisMap::sum(length),
            };
            let values = (0..length as i64).map(|i| i - 1).collect();
            let term = LinearTerm {
                coefficient: 1 + choose.below(2) as i64,
                multipliers: vec![AxisMultiplier { axis, values }],
                map: IndexMap(maps),
            };
            context.linear("any", &[(x, term)], &dims).ok()
        }
        _ => None,
    }
}

fn planned(program: &Compiled) -> Plan {
    program.plan(&Rates::default()).unwrap()
}

fn units(plan: &Plan) -> u64 {
    let work = plan.steps.iter().flat_map(|step| &step.work);
    work.map(|work| work.units).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// The same outputs, from no more launches, and at hardly any cost where patches that each save something get in each other's way.
    #[test]
    fn outputs_stay_and_nothing_gets_much_dearer(
        choices in prop::collection::vec(any::<u32>(), 80),
        public in prop::collection::vec(prop::bool::weighted(0.2), 1..12),
    ) {
        let before = build(&choices, &public).unwrap().compile_as_written();
        prop_assume!(before.is_ok());
        let (before, after) = (before.unwrap(), build(&choices, &public).unwrap().compile().unwrap());
        prop_assert_eq!(before.outputs(), after.outputs());
        prop_assert_eq!(before.run().unwrap(), after.run().unwrap());
        let launches = |program: &Compiled| program.program().graph().launches.len();
        prop_assert!(launches(&after) <= launches(&before));
        let (before, after) = (planned(&before), planned(&after));
        let costs = |plan: &Plan| [plan.proof_bytes as u64, plan.resident_bytes, units(plan)];
        for (after, before) in costs(&after).into_iter().zip(costs(&before)) {
            prop_assert!(after <= before + before / 10, "{} {}", after, before);
        }
    }
}

/// Every patch at work, and a proof of what they leave.
#[test]
fn each_patch_finds_its_place() {
    let program = |context: &mut Context| {
        let values: Vec<i64> = (0..24).map(|i| i * 7 % 9 - 4).collect();
        let x = context.upload("x", &[2, 3, 4], SMALL, values).unwrap();
        let clamp = Table::clamp(-8, 4, Range::new(-2, 2));
        let (a, b) = (
            context.map(&clamp, x).unwrap(),
            context.map(&clamp, x).unwrap(),
        );
        // Nobody reads this.
        context.sum(&[(3, a), (1, b)]).unwrap();
        let moved = context.transpose(a, &[2, 0, 1]).unwrap();
        let part = context.slice(moved, 0, 1..3).unwrap();
        let wide = context.reshape(part, &[2, 1, 2, 3]).unwrap();
        let flat = context.reshape(wide, &[4, 3]).unwrap();
        let again = context.sum(&[(1, b)]).unwrap();
        let folded = context.reshape(again, &[4, 6]).unwrap();
        let folded = context.reshape(folded, &[8, 3]).unwrap();
        context.download("flat", flat).unwrap();
        context.download("folded", folded).unwrap();
    };
    let [mut written, mut patched] = [Context::new(), Context::new()];
    program(&mut written);
    program(&mut patched);
    let (written, patched) = (
        written.compile_as_written().unwrap(),
        patched.compile().unwrap(),
    );
    let graph = patched.program().graph();
    let kernels: Vec<&str> = graph
        .launches
        .iter()
        .map(|launch| launch.kernel.relation().name())
        .collect();
    assert_eq!(kernels, ["lookup", "linear", "reshape", "reshape"]);
    assert!(planned(&patched).proof_bytes < planned(&written).proof_bytes);
    let device = CpuDevice::optimized();
    let devices = Devices::select(&[&device]).unwrap();
    let key = patched.setup(devices).unwrap();
    let proved = patched.prove(&key, devices, &Quiet).unwrap();
    verify(key.verifier(), &proved.public, &proved.proof).unwrap();
    assert_eq!(proved.public.outputs, written.run().unwrap());
}

/// A launch that asserts something proves it, whoever reads its results.
#[test]
fn assertions_are_not_dropped() {
    let checked = CircuitKernel::compile("checked", |k| {
        let x = k.scalar("x", SMALL);
        k.assert_zero(x * x * x - x);
        k.output_scalar("y", x);
    })
    .unwrap();
    let mut context = Context::new();
    let x = context.upload("x", &[3], SMALL, vec![1i64, 0, 2]).unwrap();
    context.launch(&checked, &[3], [x]).unwrap();
    let y = context.sum(&[(1, x), (1, x)]).unwrap();
    context.download("y", y).unwrap();
    let program = context.compile().unwrap();
    assert_eq!(program.program().graph().launches.len(), 2);
    let device = CpuDevice::optimized();
    let devices = Devices::select(&[&device]).unwrap();
    let key = program.setup(devices).unwrap();
    let proved = program.prove(&key, devices, &Quiet).unwrap();
    assert!(verify(key.verifier(), &proved.public, &proved.proof).is_err());
}
