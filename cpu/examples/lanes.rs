//! Times field lanes and multi-scalar multiplication against arkworks, in one process.
//!
//! ```text
//! RAYON_NUM_THREADS=1 cargo run --release -p kernelwise-cpu --example lanes -- [field] [full] [small] [rows] [threads]
//! ```
//! Times are processor time of the whole process, the minimum of several runs; every sum is compared before it is
//! printed. `threads` prints wall time on one and on two threads.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "prints a table, and stops at the first failure"
)]

use std::hint::black_box;

use kernelwise_cpu::CpuDevice;
use kernelwise_cpu::simd::{LaneField, LaneKernel, LaneOps, WIDTH, dispatch};
use kernelwise_hal::field::{
    CurveGroup, Fq, Fr, G1, G1Affine, PrimeField, PrimeGroup, VariableBaseMSM,
};
use kernelwise_hal::{BaseSet, Device, IntSlice, Msm, Scalars};
use rustix::time::{ClockId, clock_gettime};

const SAMPLES: usize = 5;

/// Minimum milliseconds on `clock`, and the last result.
fn time<T>(clock: ClockId, mut body: impl FnMut() -> T) -> (f64, T) {
    let now = || {
        let now = clock_gettime(clock);
        now.tv_sec as f64 * 1e3 + now.tv_nsec as f64 / 1e6
    };
    let mut result = body();
    let mut best = f64::INFINITY;
    for _ in 0..SAMPLES {
        let before = now();
        result = body();
        best = best.min(now() - before);
    }
    (best, result)
}

fn report<T: PartialEq>(name: &str, unit: usize, fast: (f64, T), slow: (f64, T)) {
    assert!(fast.1 == slow.1, "{name}: results differ");
    println!(
        "{name:36} {:10.3} ms {:9.2} ns each   arkworks {:10.3} ms   {:6.2}x",
        fast.0,
        fast.0 * 1e6 / unit as f64,
        slow.0,
        slow.0 / fast.0
    );
}

/// Rounds of independent products over a table that fits a first-level cache.
struct Products<'a, F> {
    a: &'a [F],
    b: &'a [F],
    rounds: usize,
}

impl<F: LaneField> LaneKernel for Products<'_, F> {
    type Output = (f64, Vec<F>);

    #[inline(always)]
    fn call<S: LaneOps>(self, ops: S) -> Self::Output {
        let pack = |values: &[F]| -> Vec<_> {
            let chunks = values.as_chunks::<WIDTH>().0.iter();
            chunks.map(|chunk| ops.pack(chunk)).collect()
        };
        let (a, b) = (pack(self.a), pack(self.b));
        let mut c = a.clone();
        let (ms, ()) = time(ClockId::ProcessCPUTime, || {
            for _ in 0..self.rounds {
                for ((c, a), b) in c.iter_mut().zip(&a).zip(&b) {
                    *c = ops.mul(*a, *b);
                }
                black_box(&mut c);
            }
        });
        (ms, c.into_iter().flat_map(|c| ops.unpack(c)).collect())
    }
}

fn field<F: LaneField>(name: &str) {
    let (len, rounds) = (128, 4000);
    let a: Vec<F> = (1..=len as u64)
        .map(|i| F::from(i).inverse().unwrap())
        .collect();
    let b: Vec<F> = a.iter().map(|a| a.square() + F::ONE).collect();
    let fast = dispatch(Products {
        a: &a,
        b: &b,
        rounds,
    });
    let slow = time(ClockId::ProcessCPUTime, || {
        let mut c = a.clone();
        for _ in 0..rounds {
            for ((c, a), b) in c.iter_mut().zip(&a).zip(&b) {
                *c = *a * b;
            }
            black_box(&mut c);
        }
        c
    });
    report(name, len * rounds, fast, slow);
}

struct Bench {
    bases: Vec<G1Affine>,
    scalars: Vec<Fr>,
    device: CpuDevice,
    loaded: BaseSet,
}

impl Bench {
    fn new(len: usize) -> Self {
        let mut point = G1::generator();
        let points: Vec<G1> = (0..len as u64)
            .map(|i| {
                point = point + point + G1::generator() * Fr::from(i);
                point
            })
            .collect();
        let bases = G1::normalize_batch(&points);
        let mut x = Fr::from(5u64);
        let scalars = (0..len as u64)
            .map(|i| {
                x = x * x + Fr::from(i);
                x
            })
            .collect();
        let device = CpuDevice::optimized();
        let loaded = device.msm().unwrap().load(&bases).unwrap();
        Self {
            bases,
            scalars,
            device,
            loaded,
        }
    }

    fn msm(&self) -> &dyn Msm {
        self.device.msm().unwrap()
    }

    fn words(&self) -> impl Iterator<Item = u64> {
        self.scalars.iter().map(|scalar| scalar.into_bigint().0[0])
    }

    fn full(&self, log: usize) {
        let len = 1 << log;
        let scalars = &self.scalars[..len];
        let integers: Vec<_> = scalars.iter().map(|scalar| scalar.into_bigint()).collect();
        let clock = ClockId::ProcessCPUTime;
        let fast = time(clock, || {
            self.msm().msm(&self.loaded, Scalars::Fr(scalars)).unwrap()
        });
        let slow = time(clock, || G1::msm_bigint(&self.bases[..len], &integers));
        report(&format!("msm 2^{log}, full scalars"), len, fast, slow);
    }

    fn small(&self) {
        let clock = ClockId::ProcessCPUTime;
        let len = self.bases.len();
        let sum = |scalars| self.msm().msm(&self.loaded, scalars).unwrap();
        let bits: Vec<bool> = self.words().map(|w| w & 1 == 1).collect();
        let fast = time(clock, || sum(Scalars::Bits(&bits)));
        report(
            "msm 2^18, bits",
            len,
            fast,
            time(clock, || G1::msm_u1(&self.bases, &bits)),
        );
        // Arkworks' entry points are unsigned: the nearest signed ones have as many buckets.
        let u8s: Vec<u8> = self.words().map(|w| w as u8 >> 1).collect();
        let i8s: Vec<i8> = u8s.iter().map(|&v| v as i8).collect();
        let fast = time(clock, || sum(Scalars::Int(IntSlice::I8(&i8s))));
        report(
            "msm 2^18, i8 >= 0 (7 bits)",
            len,
            fast,
            time(clock, || G1::msm_u8(&self.bases, &u8s)),
        );
        let u8s: Vec<u8> = self.words().map(|w| w as u8).collect();
        let i16s: Vec<i16> = u8s.iter().map(|&v| i16::from(v)).collect();
        let fast = time(clock, || sum(Scalars::Int(IntSlice::I16(&i16s))));
        report(
            "msm 2^18, 8 bits unsigned",
            len,
            fast,
            time(clock, || G1::msm_u8(&self.bases, &u8s)),
        );
        let u16s: Vec<u16> = self.words().map(|w| w as u16 >> 1).collect();
        let i16s: Vec<i16> = u16s.iter().map(|&v| v as i16).collect();
        let fast = time(clock, || sum(Scalars::Int(IntSlice::I16(&i16s))));
        report(
            "msm 2^18, i16 >= 0 (15 bits)",
            len,
            fast,
            time(clock, || G1::msm_u16(&self.bases, &u16s)),
        );
        let u16s: Vec<u16> = self.words().map(|w| w as u16).collect();
        let i32s: Vec<i32> = u16s.iter().map(|&v| i32::from(v)).collect();
        let fast = time(clock, || sum(Scalars::Int(IntSlice::I32(&i32s))));
        report(
            "msm 2^18, 16 bits unsigned",
            len,
            fast,
            time(clock, || G1::msm_u16(&self.bases, &u16s)),
        );
    }

    fn rows(&self, rows: usize, row_len: usize) {
        let words: Vec<u64> = self.words().collect();
        let values: Vec<i8> = (0..rows * row_len)
            .map(|i| (words[i % words.len()] >> (8 * (i / words.len()))) as i8)
            .collect();
        let clock = ClockId::ProcessCPUTime;
        let scalars = Scalars::Int(IntSlice::I8(&values));
        let fast = time(clock, || {
            self.msm().msm_rows(&self.loaded, scalars, row_len).unwrap()
        });
        // Arkworks' entry point is unsigned: one sum for each sign, of the bases that have it.
        let one_sign = |row: &[i8], negative: bool| {
            let (bases, scalars): (Vec<_>, Vec<_>) = row
                .iter()
                .zip(&self.bases)
                .filter(|(v, _)| (**v < 0) == negative)
                .map(|(v, base)| (*base, v.unsigned_abs()))
                .unzip();
            G1::msm_u8(&bases, &scalars)
        };
        let slow = time(clock, || {
            let rows = values.chunks(row_len);
            rows.map(|row| one_sign(row, false) - one_sign(row, true))
                .collect::<Vec<_>>()
        });
        report(
            &format!("{rows} rows of {row_len} i8"),
            rows * row_len,
            fast,
            slow,
        );
    }

    fn threads(&self) {
        for log in [16, 18] {
            let ms = [1, 2].map(|threads| {
                let pool = rayon::ThreadPoolBuilder::new()
                    .num_threads(threads)
                    .build()
                    .unwrap();
                let scalars = Scalars::Fr(&self.scalars[..1 << log]);
                let sum = || self.msm().msm(&self.loaded, scalars).unwrap();
                time(ClockId::Monotonic, || pool.install(sum)).0
            });
            println!(
                "msm 2^{log}, wall: one thread {:.2} ms, two {:.2} ms   {:.2}x",
                ms[0],
                ms[1],
                ms[0] / ms[1]
            );
        }
    }
}

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let wants = |name: &str| asked.is_empty() || asked.iter().any(|asked| asked == name);
    println!("threads: {}", rayon::current_num_threads());
    if wants("field") {
        field::<Fr>("Fr products");
        field::<Fq>("Fq products");
    }
    if ["full", "small", "rows", "threads"].into_iter().any(wants) {
        let bench = Bench::new(1 << 18);
        if wants("full") {
            [10, 12, 14, 16, 18]
                .into_iter()
                .for_each(|log| bench.full(log));
        }
        if wants("small") {
            bench.small();
        }
        if wants("rows") {
            for (rows, row_len) in [(1024, 1024), (64, 1024), (1024, 64), (256, 20)] {
                bench.rows(rows, row_len);
            }
        }
        if wants("threads") {
            bench.threads();
        }
    }
}
