//! What the case tables are too small for: the kernels compiled for the host, or a card, return what the CPU returns.
#![expect(clippy::unwrap_used, reason = "a broken helper must fail the test")]

mod common;

use std::borrow::Cow;
use std::sync::Arc;

use kernelwise_cpu::CpuDevice;
use kernelwise_gpu::CudaDevice;
use kernelwise_gpu::driver::Driver;
use kernelwise_gpu::driver::faulty::Faulty;
use kernelwise_hal::field::{AdditiveGroup, CurveGroup, Fr, G1, G1Affine, PrimeGroup};
use kernelwise_hal::{Device, DualDevice, IntSlice, Scalars, SumcheckRequest, Table, Term};

/// Words that look random.
fn words(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed | 1), |word| {
        Some(
            word.wrapping_mul(0x5851_f42d_4c95_7f2d)
                .wrapping_add(0x1405_7b7e_f767_814f),
        )
    })
    .skip(1)
    .map(|word| word ^ (word >> 29))
}

fn fields(seed: u64, len: usize) -> Vec<Fr> {
    let scale = Fr::from(0x9e37_79b9_7f4a_7c15_u64);
    let words = words(seed).take(len);
    words
        .map(|word| Fr::from(word) * scale * scale * scale)
        .collect()
}

/// Plays `request` on the host's kernels, with and without handing over, against the CPU.
fn agrees(request: &SumcheckRequest<'_>) -> Arc<Faulty> {
    let driver = Arc::new(Faulty::new(common::driver(7)));
    let cpu: Arc<dyn Device> = Arc::new(CpuDevice::optimized());
    for tail in [None, Some(Arc::clone(&cpu))] {
        let cuda = CudaDevice::new("cuda-host", driver.clone(), tail);
        let dual = DualDevice::new(Arc::clone(&cpu), Arc::new(cuda));
        let mut prover = dual.sumcheck().unwrap().prepare(request.clone()).unwrap();
        let mut claim = claim(request);
        let mut bind = None;
        for r in fields(99, request.num_vars()) {
            let round = prover.prove_round(bind, claim).unwrap();
            claim = round.evaluate(r);
            bind = Some(r);
        }
        prover.finish(bind).unwrap();
    }
    assert_eq!(driver.counts().live_buffers, 0);
    driver
}

/// The sum over all entries, from a round of the reference.
fn claim(request: &SumcheckRequest<'_>) -> Fr {
    let device = CpuDevice::reference();
    let mut prover = device.sumcheck().unwrap().prepare(request.clone()).unwrap();
    let round = prover.prove_round(None, Fr::from(0u64)).unwrap();
    round.0[0] + round.0[1]
}

fn term(coefficient: Fr, factors: &[usize]) -> Term {
    Term {
        coefficient,
        factors: factors.into(),
    }
}

#[test]
#[cfg_attr(not(feature = "host-shim"), ignore = "needs a card")]
fn threads_that_go_around_several_times() {
    const VARS: usize = 18;
    let tables = [1, 2, 3].map(|seed| fields(seed, 1 << VARS));
    let point = fields(4, VARS);
    let small: Vec<i8> = words(5).take(1 << VARS).map(|word| word as i8).collect();
    let table = |index: usize| Table::Fr(Cow::Borrowed(&tables[index][..]));
    let one = Fr::from(1u64);
    let request = SumcheckRequest::new(
        VARS,
        vec![
            Table::Eq(Cow::Borrowed(&point)),
            table(0),
            table(1),
            table(2),
            Table::Int(IntSlice::I8(&small)),
        ],
        vec![
            term(one, &[0, 1, 2]),
            term(-one, &[0, 3]),
            term(Fr::from(5u64), &[0, 4, 4]),
        ],
    );
    agrees(&request.unwrap());
    let request = SumcheckRequest::new(
        VARS,
        vec![table(0), table(1)],
        vec![term(one, &[0, 1]), term(Fr::from(3u64), &[1])],
    );
    agrees(&request.unwrap());
}

#[test]
#[cfg_attr(not(feature = "host-shim"), ignore = "needs a card")]
fn many_terms_take_rows_of_the_grid() {
    const VARS: usize = 5;
    let tables: Vec<Vec<Fr>> = (0..40).map(|seed| fields(seed, 1 << VARS)).collect();
    let ints: Vec<i16> = words(8).take(1 << VARS).map(|word| word as i16).collect();
    let point = fields(50, VARS);
    let mut all: Vec<Table<'_>> = tables
        .iter()
        .map(|table| Table::Fr(Cow::Borrowed(&table[..])))
        .collect();
    all.push(Table::Int(IntSlice::I16(&ints)));
    all.push(Table::Eq(Cow::Borrowed(&point)));
    let factor = |word: u64| word as usize % 42;
    let picks: Vec<u64> = words(77).take(1200).collect();
    let terms = picks.chunks(4).map(|pick| {
        let coefficient = Fr::from(pick[0] % 5) - Fr::from(2u64);
        let factors: Vec<usize> = pick[1..1 + pick[0] as usize % 3 + 1]
            .iter()
            .map(|&word| factor(word))
            .collect();
        term(coefficient, &factors)
    });
    let request = SumcheckRequest::new(VARS, all, terms.collect()).unwrap();
    let counts = agrees(&request).counts();
    assert!(counts.launches["kw_sumcheck_bind"] > VARS as u64);
}

#[test]
#[cfg_attr(not(feature = "host-shim"), ignore = "needs a card")]
fn a_round_is_one_launch() {
    const VARS: usize = 10;
    let tables = [1, 2].map(|seed| fields(seed, 1 << VARS));
    let table = |index: usize| Table::Fr(Cow::Borrowed(&tables[index][..]));
    let terms = vec![term(Fr::from(1u64), &[0, 1])];
    let request = SumcheckRequest::new(VARS, vec![table(0), table(1)], terms).unwrap();
    let driver = Arc::new(Faulty::new(common::driver(0)));
    let cuda = CudaDevice::new("cuda-host", driver.clone(), None);
    let mut prover = cuda.sumcheck().unwrap().prepare(request).unwrap();
    let mut bind = None;
    for _ in 0..VARS {
        prover.prove_round(bind, Fr::from(0u64)).unwrap();
        bind = Some(Fr::from(3u64));
    }
    let counts = driver.counts();
    let launches: Vec<_> = counts.launches.iter().collect();
    assert_eq!(
        launches,
        [(&"kw_sumcheck_round_2".to_owned(), &(VARS as u64))]
    );
    assert_eq!(counts.read_bytes, 2 * 32 * VARS as u64);
    // Tables, views, the program with and without binds; nothing from round to round.
    let written = 2 * 32 * (1 << VARS) + 2 * 24 + 2 * (8 + 16);
    assert_eq!(counts.written_bytes, written);
}

/// Buckets so full that entries are added by pairs, the same bases again and again.
#[test]
#[cfg_attr(not(feature = "host-shim"), ignore = "needs a card")]
fn full_buckets_are_added_by_pairs() {
    const DISTINCT: usize = 1 << 10;
    let driver = Arc::new(Faulty::new(common::driver(11)));
    let len = driver.properties().multiprocessors as usize * (1 << 15) + 77;
    let powers = std::iter::successors(Some(G1::generator()), |point| Some(point.double()));
    let distinct = G1::normalize_batch(&powers.take(DISTINCT).collect::<Vec<_>>());
    let bases: Vec<G1Affine> = distinct.into_iter().cycle().take(len).collect();
    let small: Vec<i8> = words(6).take(len).map(|word| word as i8).collect();
    let cuda: Arc<dyn Device> = Arc::new(CudaDevice::new("cuda-host", driver.clone(), None));
    let dual = DualDevice::new(Arc::new(CpuDevice::optimized()), cuda);
    let msm = dual.msm().unwrap();
    let loaded = msm.load(&bases).unwrap();
    let outcome = msm.msm(&loaded, Scalars::Int(IntSlice::I8(&small)));
    assert!(outcome.is_ok(), "{outcome:?}");
    let launches = driver.counts().launches;
    assert!(launches["kw_msm_pairs_first"] == 1 && launches["kw_msm_pairs_next"] > 0);
}

#[cfg(feature = "host-shim")]
#[test]
fn what_does_not_fit_goes_to_the_device_behind() {
    use kernelwise_gpu::driver::host::Host;
    use kernelwise_hal::{Fallback, conformance};

    let cpu: Arc<dyn Device> = Arc::new(CpuDevice::optimized());
    for memory_bytes in [0, 1 << 14, 1 << 18] {
        let driver = Arc::new(Faulty::new(Arc::new(Host::new(3, memory_bytes))));
        let cuda = CudaDevice::new("cuda-host", driver.clone(), None);
        let both = Fallback::new(Arc::new(cuda), Arc::clone(&cpu));
        let report = conformance::run(&both).unwrap();
        assert!(report.skipped.is_empty());
        assert_eq!(driver.counts().launches.is_empty(), memory_bytes == 0);
    }
}
