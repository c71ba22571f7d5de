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

use kernelwise_cpu::CpuDevice;
use kernelwise_hal::field::Fr;
use kernelwise_hal::{ContractAxis, Device, IntMatrix, IntSlice};
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
fn time<T>(mut body: impl FnMut() -> T) -> (f64, f64) {
    let mut samples: Vec<f64> = (0..=SAMPLES)
        .map(|_| {
            let before = clock_ns();
            std::hint::black_box(body());
            clock_ns() - before
        })
        .skip(1)
        .collect();
    samples.sort_by(f64::total_cmp);
    (samples[SAMPLES / 2], samples[0])
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
    for (name, body) in [("contract", contract as fn())] {
        if wanted.is_empty() || wanted.iter().any(|w| w == name) {
            body();
        }
    }
}
