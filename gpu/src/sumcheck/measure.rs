//! From which size on another device is faster: a round on a card takes a launch and a copy, however small it is.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use kernelwise_field::Fr;
use kernelwise_hal::{DeviceError, SumcheckDevice, SumcheckRequest, Table, Term};

use super::tail::entries;

/// Variables of the sumchecks that are tried.
const VARS: RangeInclusive<usize> = 6..=16;

/// Runs of each; the fastest counts.
const RUNS: usize = 3;

/// The most entries of all tables together at which `other` plays all rounds that are left faster than `card`, from tables that each of
/// them has.
///
/// # Cost
/// Some milliseconds.
pub(super) fn hand_over(
    card: &dyn SumcheckDevice,
    other: &dyn SumcheckDevice,
) -> Result<usize, DeviceError> {
    let mut most = 0;
    for vars in VARS {
        if least(other, vars)? > least(card, vars)? {
            break;
        }
        most = entries(vars, 2);
    }
    Ok(most)
}

fn least(device: &dyn SumcheckDevice, vars: usize) -> Result<Duration, DeviceError> {
    let mut least = Duration::MAX;
    for _ in 0..RUNS {
        least = least.min(play(device, vars)?);
    }
    Ok(least)
}

/// The time of all rounds of a product of two tables.
fn play(device: &dyn SumcheckDevice, vars: usize) -> Result<Duration, DeviceError> {
    let table = |first: u64| -> Table<'static> {
        let values = (0..1u64 << vars).map(|i| Fr::from(first + i));
        Table::Fr(values.collect::<Vec<_>>().into())
    };
    let term = Term {
        coefficient: Fr::from(1u64),
        factors: [0, 1].into(),
    };
    let request = SumcheckRequest::new(vars, vec![table(3), table(5)], vec![term])?;
    let mut rounds = device.prepare(request)?;
    let start = Instant::now();
    let (mut bind, mut claim) = (None, Fr::from(0u64));
    for _ in 0..vars {
        // The claim is wrong, and so is what follows from it: only time counts.
        let round = rounds.prove_round(bind, claim)?;
        let r = Fr::from(7u64);
        claim = round.evaluate(r);
        bind = Some(r);
    }
    rounds.finish(bind)?;
    Ok(start.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernelwise_cpu::CpuDevice;
    use kernelwise_hal::Device;

    #[test]
    fn the_faster_device_gets_what_it_plays_faster() {
        let (fast, slow) = (CpuDevice::optimized(), CpuDevice::reference());
        let (fast, slow) = (fast.sumcheck().unwrap(), slow.sumcheck().unwrap());
        assert_eq!(hand_over(slow, fast).unwrap(), entries(*VARS.end(), 2));
        assert!(hand_over(fast, slow).unwrap() < entries(*VARS.end(), 2));
    }
}
