//! Times of sumchecks whose tables are resident: `rounds [LOG_SIZE…]`, on the first card, or on the kernels compiled for the host (feature `host-shim`).
//!
//! One JSON object per line: what copying the tables takes, and what all rounds take, medians of five in microseconds. The last claim is checked against the final
//! evaluations, which fails unless every round was right.

#![expect(clippy::print_stdout, reason = "results are data")]

use std::borrow::Cow;
use std::time::Instant;

use kernelwise_gpu::CudaFactory;
use kernelwise_hal::field::Fr;
use kernelwise_hal::{Device, DeviceError, DeviceFactory, SumcheckRequest, Table, Term};

/// Samples of each case; the median is printed.
const SAMPLES: usize = 5;

/// A form of request over three tables and an `eq`, which is table 3.
struct Shape {
    name: &'static str,
    terms: &'static [(i64, &'static [usize])],
}

const SHAPES: [Shape; 2] = [
    Shape {
        name: "product of two",
        terms: &[(1, &[0, 1])],
    },
    Shape {
        name: "eq * (a * b - c)",
        terms: &[(1, &[3, 0, 1]), (-1, &[3, 2])],
    },
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sizes: Vec<usize> = std::env::args()
        .skip(1)
        .map(|size| size.parse())
        .collect::<Result<_, _>>()?;
    let sizes = if sizes.is_empty() {
        vec![16, 20, 24]
    } else {
        sizes
    };
    let device = CudaFactory::default().open(name())?;
    for size in sizes {
        let tables: Vec<Vec<Fr>> = (1..=3).map(|seed| elements(seed, 1 << size)).collect();
        for shape in &SHAPES {
            let claim = total(shape, &tables, &elements(77, size));
            let mut laps = Vec::new();
            // The first is for the driver to load what it needs.
            for _ in 0..=SAMPLES {
                laps.push(sample(&*device, shape, &tables, claim)?);
            }
            let median = |part: fn(&(u64, u64)) -> u64| {
                let mut times: Vec<u64> = laps.iter().skip(1).map(part).collect();
                times.sort_unstable();
                times[SAMPLES / 2]
            };
            println!(
                r#"{{"device": "{}", "shape": "{}", "log_size": {size}, "copy_us": {}, "rounds_us": {}, "verified": true}}"#,
                device.info().description,
                shape.name,
                median(|lap| lap.0),
                median(|lap| lap.1),
            );
        }
    }
    Ok(())
}

fn name() -> &'static str {
    #[cfg(feature = "host-shim")]
    return kernelwise_gpu::HOST;
    #[cfg(not(feature = "host-shim"))]
    kernelwise_gpu::CUDA
}

/// Elements that look random.
fn elements(seed: u64, len: usize) -> Vec<Fr> {
    let scale = Fr::from(0x9e37_79b9_7f4a_7c15_u64 + seed);
    let next = |value: &Fr| Some(*value * scale + scale);
    std::iter::successors(Some(scale), next).take(len).collect()
}

/// Plays all rounds; returns the microseconds of the copy and of the rounds.
fn sample(
    device: &dyn Device,
    shape: &Shape,
    tables: &[Vec<Fr>],
    mut claim: Fr,
) -> Result<(u64, u64), Box<dyn std::error::Error>> {
    let size = tables[0].len().ilog2() as usize;
    let point = elements(77, size);
    let mut views: Vec<Table<'_>> = tables
        .iter()
        .map(|table| Table::Fr(Cow::Borrowed(&table[..])))
        .collect();
    views.push(Table::Eq(Cow::Borrowed(&point)));
    let term = |&(coefficient, factors): &(i64, &[usize])| Term {
        coefficient: Fr::from(coefficient),
        factors: factors.into(),
    };
    let terms: Vec<Term> = shape.terms.iter().map(term).collect();
    // Tables that no term has would be copied and bound for nothing.
    let used = |index: usize| {
        shape
            .terms
            .iter()
            .any(|(_, factors)| factors.contains(&index))
    };
    if !used(2) {
        views.truncate(2);
    }
    let missing = || DeviceError::Unsupported {
        device: device.info().name.clone(),
        operation: "sumcheck",
    };
    let start = Instant::now();
    let request = SumcheckRequest::new(size, views, terms)?;
    let mut prover = device.sumcheck().ok_or_else(missing)?.prepare(request)?;
    let copied = start.elapsed();
    let mut bind = None;
    for r in elements(99, size) {
        let round = prover.prove_round(bind, claim)?;
        claim = round.evaluate(r);
        bind = Some(r);
    }
    let finals = prover.finish(bind)?;
    let played = start.elapsed() - copied;
    let product =
        |factors: &[usize]| -> Fr { factors.iter().map(|&index| finals[index]).product() };
    let expected: Fr = shape
        .terms
        .iter()
        .map(|&(coefficient, factors)| Fr::from(coefficient) * product(factors))
        .sum();
    if claim != expected {
        return Err(format!("wrong result: {}, 2^{size}", shape.name).into());
    }
    Ok((copied.as_micros() as u64, played.as_micros() as u64))
}

/// The sum over all entries.
fn total(shape: &Shape, tables: &[Vec<Fr>], point: &[Fr]) -> Fr {
    let eq = if shape.terms.iter().any(|(_, factors)| factors.contains(&3)) {
        kernelwise_hal::rounds::eq_table(point)
    } else {
        Vec::new()
    };
    let entry = |index: usize, y: usize| if index == 3 { eq[y] } else { tables[index][y] };
    let product = |factors: &[usize], y: usize| -> Fr {
        factors.iter().map(|&index| entry(index, y)).product()
    };
    (0..tables[0].len())
        .map(|y| {
            let term = |&(coefficient, factors): &(i64, &[usize])| {
                Fr::from(coefficient) * product(factors, y)
            };
            shape.terms.iter().map(term).sum::<Fr>()
        })
        .sum()
}
