//! Times the operations of the optimized tier against arkworks or the reference tier, in one process.
//!
//! ```text
//! RAYON_NUM_THREADS=1 cargo run --release -p kernelwise-cpu --example speed -- [contract] [sumcheck] [ntt]
//! ```
//! Times are processor time of the calling thread with one thread, wall time otherwise.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "prints a table, and stops at the first failure"
)]

use std::borrow::Cow;

use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use kernelwise_cpu::CpuDevice;
use kernelwise_hal::field::{FftField, Fr};
use kernelwise_hal::{ContractAxis, Device, IntMatrix, IntSlice, SumcheckRequest, Table, Term};
use rustix::time::{ClockId, clock_gettime};

/// Samples per figure, after one run to warm up.
const SAMPLES: usize = 7;

/// Nanoseconds of processor time if there is one thread, so that other processes do not count; else of wall time.
fn clock_ns() -> f64 {
    let clock = match rayon::current_num_threads() {
        1 => ClockId::ThreadCPUTime,
        _ => ClockId::Monotonic,
    };
    let now = clock_gettime(clock);
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

/// Median and minimum in nanoseconds.
fn time<T>(body: impl FnMut() -> T) -> (f64, f64) {
    sample(SAMPLES, body)
}

/// As [`time`], with the fewest samples, for what is slow.
fn time_few<T>(body: impl FnMut() -> T) -> (f64, f64) {
    sample(
        if std::env::var_os("FEW").is_some() {
            1
        } else {
            5
        },
        body,
    )
}

fn sample<T>(count: usize, mut body: impl FnMut() -> T) -> (f64, f64) {
    let mut samples: Vec<f64> = (0..=count)
        .map(|_| {
            let before = clock_ns();
            std::hint::black_box(body());
            clock_ns() - before
        })
        .skip(1)
        .collect();
    samples.sort_by(f64::total_cmp);
    (samples[count / 2], samples[0])
}

fn report(name: &str, units: usize, fast: (f64, f64), slow: (f64, f64)) {
    let each = |ns: f64| ns / units as f64;
    println!(
        "{name:44} {:9.3} ns (min {:9.3})   base {:9.3} ns (min {:9.3})   {:6.2}x (min {:6.2}x)",
        each(fast.0),
        each(fast.1),
        each(slow.0),
        each(slow.1),
        slow.0 / fast.0,
        slow.1 / fast.1
    );
}

fn field(seed: u64) -> Fr {
    let word = |k: u64| seed.wrapping_add(k).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (0..4).fold(Fr::from(seed), |acc, k| {
        acc * Fr::from(word(k)) + Fr::from(word(k + 7))
    })
}

fn contract() {
    let device = CpuDevice::optimized();
    for (rows, cols) in [(4096, 4096), (784, 128), (128, 784)] {
        let bytes: Vec<i8> = (0..rows * cols)
            .map(|i| (i as u32).wrapping_mul(2_654_435_761).to_be_bytes()[0] as i8)
            .collect();
        let words: Vec<i16> = bytes.iter().map(|&b| i16::from(b) * 251).collect();
        let weights: Vec<Fr> = (0..rows.max(cols) as u64).map(field).collect();
        // One product and one sum per entry, the lift to the field apart.
        let lifted: Vec<Fr> = (i8::MIN..=i8::MAX).map(Fr::from).collect();
        let lift = |m: i8| lifted[(i16::from(m) + 128) as usize];
        let base = time(|| {
            let sum =
                |row: &[i8]| -> Fr { row.iter().zip(&weights).map(|(&m, w)| *w * lift(m)).sum() };
            bytes
                .chunks(cols)
                .take(64.min(rows))
                .map(sum)
                .collect::<Vec<Fr>>()
        });
        let scale = rows as f64 / 64f64.min(rows as f64);
        let base = (base.0 * scale, base.1 * scale);
        for (axis, len) in [(ContractAxis::Cols, cols), (ContractAxis::Rows, rows)] {
            for (name, data) in [("i8", IntSlice::I8(&bytes)), ("i16", IntSlice::I16(&words))] {
                let matrix = IntMatrix::new(data, rows, cols).unwrap();
                let fast = time(|| {
                    device
                        .contract()
                        .unwrap()
                        .contract(matrix, axis, &weights[..len])
                        .unwrap()
                });
                report(
                    &format!("contract {name} {rows} x {cols} over {axis:?}"),
                    rows * cols,
                    fast,
                    base,
                );
            }
        }
    }
}

/// One whole sumcheck with the challenges 3, 5, 7, …
fn play(
    device: &CpuDevice,
    num_vars: usize,
    tables: &[Table<'_>],
    terms: &[Term],
    claim: Fr,
) -> Vec<Fr> {
    let request = SumcheckRequest::new(num_vars, tables.to_vec(), terms.to_vec()).unwrap();
    let mut prover = device.sumcheck().unwrap().prepare(request).unwrap();
    let (mut bind, mut claim) = (None, claim);
    for round in 0..num_vars as u64 {
        let round_poly = prover.prove_round(bind, claim).unwrap();
        let r = field(2 * round + 3);
        claim = round_poly.evaluate(r);
        bind = Some(r);
    }
    prover.finish(bind).unwrap()
}

/// One entry of a table.
fn entry(table: &Table<'_>, y: usize) -> Fr {
    match table {
        Table::Fr(values) => values[y],
        Table::Int(values) => Fr::from(values.get(y).unwrap()),
        Table::Eq(point) => point
            .iter()
            .rev()
            .enumerate()
            .map(|(bit, tau)| {
                if y >> bit & 1 == 1 {
                    *tau
                } else {
                    Fr::from(1u64) - tau
                }
            })
            .product(),
    }
}

fn sumcheck() {
    for num_vars in [20, 14, 8] {
        sumcheck_of(num_vars);
    }
}

fn sumcheck_of(num_vars: usize) {
    let dense = |seed: u64| -> Vec<Fr> {
        (0..1u64 << num_vars)
            .map(|i| field(i ^ seed << 32))
            .collect()
    };
    let (f, g) = (dense(1), dense(2));
    let bytes = |seed: u64| -> Vec<i8> {
        (0..1u64 << num_vars)
            .map(|i| ((i ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as i8)
            .collect()
    };
    let (a, b) = (bytes(1), bytes(2));
    let point: Vec<Fr> = (0..num_vars as u64).map(|i| field(i + 99)).collect();
    let tables = [
        Table::Fr(Cow::Borrowed(&f)),
        Table::Fr(Cow::Borrowed(&g)),
        Table::Int(IntSlice::I8(&a)),
        Table::Int(IntSlice::I8(&b)),
        Table::Eq(Cow::Borrowed(&point)),
    ];
    for (name, factors) in [
        ("dense dense", vec![0, 1]),
        ("eq dense dense", vec![4, 0, 1]),
        ("dense i8", vec![0, 2]),
        ("i8 i8", vec![2, 3]),
        ("eq i8 i8", vec![4, 2, 3]),
        ("eq i8", vec![4, 2]),
        ("dense dense i8", vec![0, 1, 2]),
    ] {
        // Only the tables that occur, so that no others are bound.
        let used: Vec<Table<'_>> = factors.iter().map(|&i| tables[i].clone()).collect();
        let terms = vec![Term {
            coefficient: Fr::from(1u64),
            factors: (0..factors.len()).collect(),
        }];
        let product = |y: usize| -> Fr { factors.iter().map(|&i| entry(&tables[i], y)).product() };
        let claim = (0..1 << num_vars).map(product).sum();
        let (reference, optimized) = (CpuDevice::reference(), CpuDevice::optimized());
        let fast = time(|| play(&optimized, num_vars, &used, &terms, claim));
        // Without the reference, for profiles of the optimized tier.
        let base = if std::env::var_os("FAST_ONLY").is_some() {
            fast
        } else {
            let expected = play(&reference, num_vars, &used, &terms, claim);
            assert_eq!(expected, play(&optimized, num_vars, &used, &terms, claim));
            time_few(|| play(&reference, num_vars, &used, &terms, claim))
        };
        report(
            &format!("sumcheck {name}, 2^{num_vars}"),
            1 << num_vars,
            fast,
            base,
        );
    }
}

fn ntt() {
    let device = CpuDevice::optimized();
    let ntt = device.ntt().unwrap();
    for log_len in [20, 19, 16, 12, 8] {
        let values: Vec<Fr> = (0..1u64 << log_len).map(field).collect();
        let domain = Radix2EvaluationDomain::<Fr>::new(values.len()).unwrap();
        let coset = domain.get_coset(Fr::GENERATOR).unwrap();
        let one = Fr::from(1u64);
        let mut x = values.clone();
        ntt.forward(&mut x, Fr::GENERATOR).unwrap();
        assert_eq!(x, coset.fft(&values));
        for (name, domain, shift) in [("", domain, one), (" coset", coset, Fr::GENERATOR)] {
            let base = time_few(|| domain.fft_in_place(&mut x));
            let fast = time(|| ntt.forward(&mut x, shift).unwrap());
            report(
                &format!("ntt forward{name} 2^{log_len}"),
                1 << log_len,
                fast,
                base,
            );
            let base = time_few(|| domain.ifft_in_place(&mut x));
            let fast = time(|| ntt.inverse(&mut x, shift).unwrap());
            report(
                &format!("ntt inverse{name} 2^{log_len}"),
                1 << log_len,
                fast,
                base,
            );
        }
    }
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    // With one thread the work must not leave this one, whose processor time is read.
    let threads = std::env::var("RAYON_NUM_THREADS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1);
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .use_current_thread()
        .build_global()
        .unwrap();
    println!("threads: {}", rayon::current_num_threads());
    for (name, body) in [
        ("contract", contract as fn()),
        ("sumcheck", sumcheck),
        ("ntt", ntt),
    ] {
        if wanted.is_empty() || wanted.iter().any(|w| w == name) {
            body();
        }
    }
}
