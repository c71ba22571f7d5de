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
    crossing(|vars| Ok((least(card, vars)?, least(other, vars)?)))
}

/// The most entries at which the second of two times is not above the first, nor at fewer.
fn crossing(
    times: impl Fn(usize) -> Result<(Duration, Duration), DeviceError>,
) -> Result<usize, DeviceError> {
    let mut most = 0;
    for vars in VARS {
        let (card, other) = times(vars)?;
        if other > card {
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
    fn the_other_device_gets_what_it_plays_faster() {
        // A round of the card takes 10, an entry of the other 1 for every 64.
        let times = |scale: u32| {
            move |vars: usize| {
                let card = Duration::from_micros(10 * vars as u64);
                Ok((card, Duration::from_micros(1 << vars) / 64 * scale))
            }
        };
        assert_eq!(crossing(times(1)).unwrap(), entries(13, 2));
        assert_eq!(crossing(times(0)).unwrap(), entries(*VARS.end(), 2));
        assert_eq!(crossing(times(1000)).unwrap(), 0);
    }

    #[test]
    fn what_is_measured_is_a_whole_sumcheck() {
        let device = CpuDevice::optimized();
        let device = device.sumcheck().unwrap();
        let most = hand_over(device, device).unwrap();
        assert!(most == 0 || VARS.map(|vars| entries(vars, 2)).any(|size| size == most));
        // A device refuses to finish before all rounds were played.
        for vars in VARS {
            play(device, vars).unwrap();
        }
    }
}
