//! The launcher runs what is right and finds what is wrong, whatever the order of threads.

use super::gpu;
use crate::driver::{Args, Grid};

const SEEDS: std::ops::Range<u64> = 0..6;

#[test]
fn blocks_wait_and_share() {
    let values: Vec<u32> = (0..1000u32).map(|i| i.wrapping_mul(0x9e37_79b9)).collect();
    for seed in SEEDS {
        let gpu = gpu(seed);
        let uploaded = gpu.upload(&values).unwrap();
        let sums = gpu.allocate::<u64>(4).unwrap();
        let args = Args::new().buffer(&sums).buffer(&uploaded).u64(1000);
        let grid = Grid {
            shared_bytes: 256 * 8,
            ..Grid::line(4, 256)
        };
        gpu.launch("kw_shim_sum", grid, &args).unwrap();
        let expected: Vec<u64> = values
            .chunks(256)
            .map(|block| block.iter().copied().map(u64::from).sum())
            .collect();
        assert_eq!(sums.read().unwrap(), expected);
    }
}

#[test]
fn warps_exchange() {
    for seed in SEEDS {
        let gpu = gpu(seed);
        let results = gpu.allocate::<u32>(4 * 64).unwrap();
        gpu.launch(
            "kw_shim_warp",
            Grid::line(1, 64),
            &Args::new().buffer(&results),
        )
        .unwrap();
        for (t, got) in (0u32..).zip(results.read().unwrap().chunks(4)) {
            let (warp, half) = (t / 32 * 32, t / 16 * 16);
            let lanes = |hit: &dyn Fn(u32) -> bool| -> u32 {
                (0..32)
                    .filter(|&lane| hit(warp + lane))
                    .map(|lane| 1 << lane)
                    .sum()
            };
            let expected = [
                if t % 32 == 31 { t } else { t + 1 },
                lanes(&|other| other % 3 == 0),
                lanes(&|other| other % 5 == t % 5),
                (half..half + 16).sum(),
            ];
            assert_eq!(got, expected, "thread {t}");
        }
    }
}

#[test]
fn the_seed_decides_the_order() {
    let orders: Vec<Vec<u32>> = SEEDS
        .map(|seed| {
            let gpu = gpu(seed);
            let counter = gpu.zeroed::<u32>(1).unwrap();
            let order = gpu.allocate::<u32>(96).unwrap();
            let args = Args::new().buffer(&counter).buffer(&order);
            gpu.launch("kw_shim_order", Grid::line(3, 32), &args)
                .unwrap();
            order.read().unwrap()
        })
        .collect();
    for (i, order) in orders.iter().enumerate() {
        assert!(!orders[..i].contains(order));
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..96));
    }
}

#[test]
fn faults_are_errors() {
    let expected = [
        "",
        "waits at a barrier that not all threads reach",
        "thread 0 waits at this barrier",
        "shared index 64 of 64",
        "shared index 64 of 64",
        "outside of 256 bytes of shared memory",
        "for lanes that do not come",
        "is not in mask 00000001",
        "waits at this barrier",
    ];
    for seed in SEEDS {
        for (fault, text) in (0u32..).zip(expected) {
            // AddressSanitizer ends the process there.
            if fault == 5 && option_env!("KERNELWISE_SANITIZE").is_some() {
                continue;
            }
            let gpu = gpu(seed);
            let results = gpu.allocate::<u32>(64).unwrap();
            let grid = Grid {
                shared_bytes: 256,
                ..Grid::line(2, 64)
            };
            let args = Args::new().buffer(&results).u32(fault);
            let outcome = gpu.launch("kw_shim_fault", grid, &args);
            match fault {
                0 => {
                    outcome.unwrap();
                    assert!(results.read().unwrap().into_iter().eq((0..64).rev()));
                }
                _ => {
                    let error = outcome.unwrap_err().to_string();
                    assert!(error.contains(text), "fault {fault}: {error}");
                }
            }
        }
    }
}
