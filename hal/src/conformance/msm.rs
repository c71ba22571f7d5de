//! Cases for multi-scalar multiplication, the same in both groups.
//!
//! Bases are `a_i · G` with known `a_i`, so that the right answer is `(Σ s_i · a_i) · G`: one field sum and
//! one double-and-add.

use kernelwise_field::{AffineRepr, Field, Fr, PrimeField};

use super::inputs::{Inputs, Ints, Width};
use super::{Cases, Failure, Reason, expect_equal, expect_error};
use crate::{DeviceError, IntSlice, Msm, MsmGroup, Scalars};

/// Empty, tiny, around a multiple of common lane and window sizes, odd, and longer than one batch.
const LENGTHS: [usize; 9] = [0, 1, 2, 3, 31, 32, 33, 100, 257];

/// Bases with their logarithms to the generator.
struct KnownBases<G: MsmGroup> {
    logs: Vec<Fr>,
    points: Vec<G::Affine>,
}

impl<G: MsmGroup> KnownBases<G> {
    fn new(logs: Vec<Fr>) -> Self {
        let points: Vec<G> = logs.iter().map(|&log| times_generator(log)).collect();
        Self {
            logs,
            points: G::normalize_batch(&points),
        }
    }

    /// The sum over the bases from `start` on.
    fn expected(&self, start: usize, scalars: &[Fr]) -> G {
        let products = scalars.iter().zip(&self.logs[start..]);
        times_generator(products.map(|(s, a)| *s * a).sum())
    }
}

fn times_generator<G: MsmGroup>(scalar: Fr) -> G {
    G::Affine::generator().mul_bigint(scalar.into_bigint())
}

pub(super) fn run<G: MsmGroup>(msm: &dyn Msm<G>, cases: &mut Cases) -> Result<(), Failure> {
    let mut inputs = Inputs::new(0x6d73_6d00);
    for len in LENGTHS {
        let bases = KnownBases::<G>::new(inputs.fields(len));
        every_kind(
            msm,
            cases,
            &format!("random bases, length {len}"),
            &bases,
            len,
            &mut inputs,
        )?;
    }
    awkward_bases(msm, cases, &mut inputs)?;
    let bases = KnownBases::<G>::new(inputs.fields(40));
    every_kind(
        msm,
        cases,
        "fewer scalars than bases",
        &bases,
        17,
        &mut inputs,
    )?;
    extreme_scalars(msm, cases, &bases)?;
    rows(msm, cases, &bases, &mut inputs)?;
    parts(msm, cases, &bases, &mut inputs)?;
    refusals(msm, cases, &bases)
}

fn check<G: MsmGroup>(
    msm: &dyn Msm<G>,
    bases: &KnownBases<G>,
    scalars: Scalars<'_>,
) -> Result<(), Reason> {
    let loaded = msm.load(&bases.points)?;
    expect_equal("length of base set", &bases.points.len(), &loaded.len())?;
    let expected = bases.expected(0, &scalars.to_field());
    expect_equal("point", &expected, &msm.msm(&loaded, scalars)?)
}

/// Sums over bases from one in the middle on.
fn parts<G: MsmGroup>(
    msm: &dyn Msm<G>,
    cases: &mut Cases,
    bases: &KnownBases<G>,
    inputs: &mut Inputs,
) -> Result<(), Failure> {
    let check = |start: usize, scalars: Scalars<'_>| {
        let loaded = msm.load(&bases.points)?;
        let expected = bases.expected(start, &scalars.to_field());
        expect_equal("part", &expected, &msm.msm_from(&loaded, start, scalars)?)
    };
    for (start, len) in [(0, 40), (13, 27), (39, 1), (40, 0), (5, 20)] {
        let name = format!("msm in {}: {len} scalars from base {start}", G::NAME);
        let full = inputs.fields(len);
        cases.case(format!("{name}, full"), || check(start, Scalars::Fr(&full)))?;
        let bits = inputs.bits(len);
        cases.case(format!("{name}, bits"), || {
            check(start, Scalars::Bits(&bits))
        })?;
        for width in Width::ALL {
            let ints = inputs.ints(width, len);
            cases.case(format!("{name}, {width:?} integers"), || {
                check(start, Scalars::Int(ints.view()))
            })?;
        }
    }
    Ok(())
}

fn every_kind<G: MsmGroup>(
    msm: &dyn Msm<G>,
    cases: &mut Cases,
    name: &str,
    bases: &KnownBases<G>,
    len: usize,
    inputs: &mut Inputs,
) -> Result<(), Failure> {
    let full = inputs.fields(len);
    cases.case(format!("msm in {}: {name}, full scalars", G::NAME), || {
        check(msm, bases, Scalars::Fr(&full))
    })?;
    let bits = inputs.bits(len);
    cases.case(format!("msm in {}: {name}, bits", G::NAME), || {
        check(msm, bases, Scalars::Bits(&bits))
    })?;
    for width in Width::ALL {
        let ints = inputs.ints(width, len);
        let scalars = Scalars::Int(ints.view());
        cases.case(
            format!("msm in {}: {name}, {width:?} integers", G::NAME),
            || check(msm, bases, scalars),
        )?;
    }
    Ok(())
}

/// Bases that defeat addition formulas without their exceptional cases.
fn awkward_bases<G: MsmGroup>(
    msm: &dyn Msm<G>,
    cases: &mut Cases,
    inputs: &mut Inputs,
) -> Result<(), Failure> {
    let one = Fr::from(1u64);
    let some = inputs.field();
    let alternating = |even: Fr, odd: Fr| {
        (0..67)
            .map(|i| if i % 2 == 0 { even } else { odd })
            .collect()
    };
    let tables: [(&str, Vec<Fr>); 5] = [
        ("identity bases", vec![Fr::from(0u64); 67]),
        ("some identity bases", alternating(Fr::from(0u64), some)),
        ("one base repeated", vec![some; 67]),
        ("opposite bases", alternating(some, -some)),
        (
            "consecutive multiples",
            (0..67u64).map(|i| one * Fr::from(i + 1)).collect(),
        ),
    ];
    for (name, logs) in tables {
        let bases = KnownBases::<G>::new(logs);
        every_kind(msm, cases, name, &bases, 67, inputs)?;
        let equal = Ints::I8(vec![-7; 67]);
        let scalars = Scalars::Int(equal.view());
        cases.case(format!("msm in {}: {name}, equal scalars", G::NAME), || {
            check(msm, &bases, scalars)
        })?;
        let ones = vec![true; 67];
        cases.case(format!("msm in {}: {name}, all bits set", G::NAME), || {
            check(msm, &bases, Scalars::Bits(&ones))
        })?;
    }
    Ok(())
}

fn extreme_scalars<G: MsmGroup>(
    msm: &dyn Msm<G>,
    cases: &mut Cases,
    bases: &KnownBases<G>,
) -> Result<(), Failure> {
    let minus_one = -Fr::from(1u64);
    let half = Fr::from(2u64).inverse().unwrap_or_default();
    let full = [
        minus_one,
        Fr::from(1u64),
        Fr::from(0u64),
        minus_one,
        half,
        minus_one - half,
        -half,
    ];
    cases.case(format!("msm in {}: extreme full scalars", G::NAME), || {
        check(msm, bases, Scalars::Fr(&full))
    })?;
    cases.case(format!("msm in {}: full scalars all r-1", G::NAME), || {
        check(msm, bases, Scalars::Fr(&[minus_one; 40]))
    })?;
    cases.case(format!("msm in {}: full scalars all zero", G::NAME), || {
        check(msm, bases, Scalars::Fr(&[Fr::from(0u64); 40]))
    })?;
    cases.case(format!("msm in {}: bits all zero", G::NAME), || {
        check(msm, bases, Scalars::Bits(&[false; 40]))
    })?;
    for width in Width::ALL {
        let extremes = width.extremes();
        cases.case(
            format!("msm in {}: extreme {width:?} integers", G::NAME),
            || check(msm, bases, Scalars::Int(extremes.view())),
        )?;
        let minima = width.minima(40);
        cases.case(
            format!("msm in {}: {width:?} integers all minimal", G::NAME),
            || check(msm, bases, Scalars::Int(minima.view())),
        )?;
    }
    cases.case(format!("msm in {}: integers all zero", G::NAME), || {
        check(msm, bases, Scalars::Int(IntSlice::I16(&[0; 40])))
    })
}

fn check_rows<G: MsmGroup>(
    msm: &dyn Msm<G>,
    bases: &KnownBases<G>,
    scalars: Scalars<'_>,
    row_len: usize,
) -> Result<(), Reason> {
    let loaded = msm.load(&bases.points)?;
    let expected: Vec<G> = scalars
        .to_field()
        .chunks(row_len.max(1))
        .map(|row| bases.expected(0, row))
        .collect();
    expect_equal(
        "row points",
        &expected,
        &msm.msm_rows(&loaded, scalars, row_len)?,
    )
}

fn rows<G: MsmGroup>(
    msm: &dyn Msm<G>,
    cases: &mut Cases,
    bases: &KnownBases<G>,
    inputs: &mut Inputs,
) -> Result<(), Failure> {
    for (count, row_len) in [(0, 5), (1, 40), (3, 1), (7, 20), (5, 33), (40, 40), (70, 2)] {
        let name = format!("msm in {}: {count} rows of {row_len}", G::NAME);
        let full = inputs.fields(count * row_len);
        cases.case(format!("{name}, full scalars"), || {
            check_rows(msm, bases, Scalars::Fr(&full), row_len)
        })?;
        let bits = inputs.bits(count * row_len);
        cases.case(format!("{name}, bits"), || {
            check_rows(msm, bases, Scalars::Bits(&bits), row_len)
        })?;
        for width in Width::ALL {
            let ints = inputs.ints(width, count * row_len);
            cases.case(format!("{name}, {width:?} integers"), || {
                check_rows(msm, bases, Scalars::Int(ints.view()), row_len)
            })?;
        }
    }
    let zeros = Ints::I8(vec![0; 60]);
    cases.case(format!("msm in {}: rows of zeros", G::NAME), || {
        check_rows(msm, bases, Scalars::Int(zeros.view()), 20)
    })?;
    let minima = Width::W8.minima(120);
    cases.case(format!("msm in {}: rows of minima", G::NAME), || {
        check_rows(msm, bases, Scalars::Int(minima.view()), 40)
    })
}

fn refusals<G: MsmGroup>(
    msm: &dyn Msm<G>,
    cases: &mut Cases,
    bases: &KnownBases<G>,
) -> Result<(), Failure> {
    let mismatch = |error: &DeviceError| matches!(error, DeviceError::LengthMismatch { .. });
    for scalars in [
        Scalars::Fr(&[Fr::ONE; 41]),
        Scalars::Int(IntSlice::I8(&[0; 41])),
        Scalars::Bits(&[true; 41]),
    ] {
        cases.case(
            format!("msm in {}: more {} than bases", G::NAME, kind(scalars)),
            || {
                let loaded = msm.load(&bases.points)?;
                expect_error("LengthMismatch", msm.msm(&loaded, scalars), mismatch)?;
                let part = Scalars::Bits(&[true; 40]);
                expect_error("LengthMismatch", msm.msm_from(&loaded, 1, part), mismatch)?;
                let none = Scalars::Bits(&[]);
                expect_error("LengthMismatch", msm.msm_from(&loaded, 41, none), mismatch)?;
                expect_error(
                    "LengthMismatch",
                    msm.msm_rows(&loaded, scalars, 41),
                    mismatch,
                )
            },
        )?;
    }
    for row_len in [0, 7] {
        cases.case(
            format!("msm in {}: rows of {row_len} from 40 scalars", G::NAME),
            || {
                let loaded = msm.load(&bases.points)?;
                let scalars = Scalars::Int(IntSlice::I8(&[1; 40]));
                expect_error(
                    "LengthMismatch",
                    msm.msm_rows(&loaded, scalars, row_len),
                    mismatch,
                )
            },
        )?;
    }
    cases.case(format!("msm in {}: foreign bases", G::NAME), || {
        let foreign = crate::BaseSet::new("elsewhere", 3, Box::new(()));
        let accept = |error: &DeviceError| matches!(error, DeviceError::ForeignBases { .. });
        let scalars = Scalars::Bits(&[true, false]);
        expect_error("ForeignBases", msm.msm(&foreign, scalars), accept)?;
        expect_error("ForeignBases", msm.msm_rows(&foreign, scalars, 1), accept)
    })
}

fn kind(scalars: Scalars<'_>) -> &'static str {
    match scalars {
        Scalars::Fr(_) => "full scalars",
        Scalars::Int(_) => "integers",
        Scalars::Bits(_) => "bits",
    }
}
