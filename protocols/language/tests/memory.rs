//! A proof that is to stay within a budget does, by computing again what it does not keep, and is the same proof.
#![allow(clippy::unwrap_used, reason = "a test")]

use kernelwise_core::field::Fr;
use kernelwise_core::program::Range;
use kernelwise_core::verify;
use kernelwise_cpu::CpuDevice;
use kernelwise_language::{CircuitKernel, CompileOptions, Compiled, Context};
use kernelwise_prover::memory::{peak_bytes, reset_peak};
use kernelwise_prover::{Devices, ProveError, Quiet, Rates};

const INSTANCES: usize = 1 << 13;
const WIRES: usize = 16;
const LEVELS: usize = 20;

/// A kernel of many levels of field elements: 4 MiB each.
fn deep() -> Compiled {
    let kernel = CircuitKernel::compile_with(
        "deep",
        &CompileOptions {
            max_degree: Some(2),
            ..CompileOptions::default()
        },
        |k| {
            let mut wires = k.input("x", WIRES, Range::FIELD);
            for _ in 0..LEVELS {
                wires = (0..WIRES)
                    .map(|i| wires[i] * wires[(i + 1) % WIRES] + 1)
                    .collect();
            }
            k.output("y", &wires);
        },
    )
    .unwrap();
    let mut context = Context::new();
    let values = (0..INSTANCES * WIRES).map(|i| Fr::from(i as u64 % 1009));
    let values: Vec<Fr> = values.collect();
    let x = context
        .upload("x", &[INSTANCES, WIRES], Range::FIELD, values)
        .unwrap();
    let y = context.launch(&kernel, &[INSTANCES], [x]).unwrap()[0];
    context.download("y", y).unwrap();
    context.compile().unwrap()
}

#[test]
fn budgets_are_kept_by_computing_again() {
    let program = deep();
    let rates = Rates::default();
    let device = CpuDevice::optimized();
    let devices = Devices::select(&[&device]).unwrap();
    let key = program.setup(devices).unwrap();
    let most = program.plan_within(&rates, u64::MAX).unwrap().peak_bytes();
    let least = match program.plan_within(&rates, 1).unwrap_err() {
        ProveError::MemoryBudget {
            step,
            needed,
            budget,
            missing,
        } => {
            assert_eq!((step.as_str(), budget, missing), ("deep", 1, needed - 1));
            needed
        }
        other => panic!("{other}"),
    };
    assert!(least < most / 3 * 2, "{least} {most}");
    let (mut proofs, mut rooms) = (Vec::new(), Vec::new());
    // The least first: what a process once had it does not always give back.
    for budget in [least, (least + most) / 2, most] {
        let plan = program.plan_within(&rates, budget).unwrap();
        assert!(plan.peak_bytes() <= budget);
        let key = key.clone().with_room(plan.room);
        reset_peak();
        let before = peak_bytes();
        let proved = program.prove(&key, devices, &Quiet).unwrap();
        if let Some((peak, before)) = peak_bytes().zip(before) {
            let taken = peak.saturating_sub(before);
            assert!(taken <= budget, "{taken} of {budget}");
        }
        verify(key.verifier(), &proved.public, &proved.proof).unwrap();
        proofs.push(proved.proof.messages);
        rooms.push(plan.room.level_bytes);
    }
    assert!(rooms.windows(2).all(|pair| pair[0] < pair[1]), "{rooms:?}");
    assert!(proofs.windows(2).all(|pair| pair[0] == pair[1]));
}
