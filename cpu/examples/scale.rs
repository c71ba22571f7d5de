//! scratch
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]
use kernelwise_cpu::CpuDevice;
use kernelwise_hal::field::{Field, Fr};
use kernelwise_hal::*;
use std::borrow::Cow;
use std::time::Instant;
fn main() {
    let args: Vec<usize> = std::env::args()
        .skip(1)
        .map(|a| a.parse().unwrap())
        .collect();
    let (n, reps, owned) = (args[0], args[1], args.get(2).copied().unwrap_or(0) == 1);
    let mut s = Fr::from(12345u64);
    let mut dense = |_: u64| -> Vec<Fr> {
        (0..1u64 << n)
            .map(|_| {
                s = s * s + Fr::ONE;
                s
            })
            .collect()
    };
    let (f, g) = (dense(1), dense(2));
    let claim: Fr = f.iter().zip(&g).map(|(a, b)| *a * b).sum();
    let pools: Vec<_> = [1, 2]
        .iter()
        .map(|&t| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(t)
                .build()
                .unwrap()
        })
        .collect();
    let mut best = vec![vec![f64::MAX; n + 3]; 2];
    let dev: Vec<_> = pools
        .iter()
        .map(|p| p.install(CpuDevice::optimized))
        .collect();
    for _ in 0..reps {
        for (i, pool) in pools.iter().enumerate() {
            pool.install(|| {
                let table = |v: &Vec<Fr>| -> Table<'static> {
                    if owned {
                        Table::Fr(Cow::Owned(v.clone()))
                    } else {
                        Table::Fr(Cow::Borrowed(unsafe {
                            std::mem::transmute::<&[Fr], &'static [Fr]>(&v[..])
                        }))
                    }
                };
                let tables = vec![table(&f), table(&g)];
                let t0 = Instant::now();
                let mut t = t0;
                let mut lap = |k: usize| {
                    let e = t.elapsed().as_secs_f64() * 1e6;
                    t = Instant::now();
                    if e < best[i][k] {
                        best[i][k] = e;
                    }
                };
                let req = SumcheckRequest::new(
                    n,
                    tables,
                    vec![Term {
                        coefficient: Fr::ONE,
                        factors: [0, 1].into(),
                    }],
                )
                .unwrap();
                let mut rounds = dev[i].sumcheck().unwrap().prepare(req).unwrap();
                lap(0);
                let (mut bind, mut claim) = (None, claim);
                for k in 0..n {
                    let RoundPoly(v) = rounds.prove_round(bind, claim).unwrap();
                    assert_eq!(v[0] + v[1], claim);
                    let r = Fr::from(7 + k as u64).pow([5]);
                    let two = Fr::from(2u64).inverse().unwrap();
                    // quadratic through 0,1,2
                    let c2 = (v[2] - v[1] - v[1] + v[0]) * two;
                    let c1 = v[1] - v[0] - c2;
                    claim = v[0] + r * (c1 + r * c2);
                    bind = Some(r);
                    lap(1 + k);
                }
                let e = rounds.finish(bind).unwrap();
                assert_eq!(e[0] * e[1], claim);
                lap(n + 1);
                let whole = t0.elapsed().as_secs_f64() * 1e6;
                if whole < best[i][n + 2] {
                    best[i][n + 2] = whole;
                }
            });
        }
    }
    for i in 0..2 {
        let sum: f64 = best[i][..n + 2].iter().sum();
        println!(
            "threads {} whole {:.0} us, sum of best rounds {:.0}: {:?}",
            i + 1,
            best[i][n + 2],
            sum,
            best[i]
                .iter()
                .map(|x| (x * 10.0).round() / 10.0)
                .collect::<Vec<_>>()
        );
    }
    println!(
        "ratio whole {:.3} rounds {:.3}",
        best[0][n + 2] / best[1][n + 2],
        best[0][..n + 2].iter().sum::<f64>() / best[1][..n + 2].iter().sum::<f64>()
    );
}
