//! What a device was measured to do.

use std::sync::Mutex;
use std::time::Duration;

use kernelwise_field::G1;

use crate::{MsmGroup, Scalars};

/// Kinds of work whose rates differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Full scalars of a sum of points; in G2 if so.
    Full(bool),
    /// Small integers and bits.
    Small(bool),
    /// Entries of a sumcheck.
    Sumcheck,
}

impl Work {
    /// Sums of points of `G`.
    pub(crate) fn of_sums<G: MsmGroup>(scalars: Scalars<'_>) -> Self {
        let g2 = G::NAME != G1::NAME;
        match scalars {
            Scalars::Fr(_) => Self::Full(g2),
            Scalars::Int(_) | Scalars::Bits(_) => Self::Small(g2),
        }
    }

    const COUNT: usize = 5;

    fn place(self) -> usize {
        match self {
            Self::Full(g2) => usize::from(g2),
            Self::Small(g2) => 2 + usize::from(g2),
            Self::Sumcheck => 4,
        }
    }
}

/// How much a new measurement counts against the old ones.
const NEW: f64 = 0.5;

/// Units per second by kind of work, where measured.
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<[Option<f64>; Work::COUNT]>);

impl Rates {
    /// Units per second, if known.
    pub(crate) fn get(&self, work: Work) -> Option<f64> {
        let rates = self.0.lock().unwrap_or_else(|error| error.into_inner());
        rates[work.place()]
    }

    /// Takes in that `units` took `time`; the time of nothing says nothing.
    pub(crate) fn measured(&self, work: Work, units: usize, time: Duration) {
        if units == 0 {
            return;
        }
        let rate = units as f64 / time.as_secs_f64().max(1e-9);
        let mut rates = self.0.lock().unwrap_or_else(|error| error.into_inner());
        let known = &mut rates[work.place()];
        *known = Some(known.map_or(rate, |old| old + NEW * (rate - old)));
    }
}

/// The weight of each device: its rate, and the mean of the others' where none was measured.
pub(crate) fn weights(rates: &[Option<f64>]) -> Vec<f64> {
    let known: Vec<f64> = rates.iter().copied().flatten().collect();
    let mean = match known.len() {
        0 => 1.0,
        len => known.iter().sum::<f64>() / len as f64,
    };
    rates.iter().map(|rate| rate.unwrap_or(mean)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_follow_measurements() {
        let rates = Rates::default();
        assert_eq!(rates.get(Work::Sumcheck), None);
        rates.measured(Work::Sumcheck, 100, Duration::from_secs(1));
        rates.measured(Work::Sumcheck, 300, Duration::from_secs(1));
        rates.measured(Work::Sumcheck, 0, Duration::from_secs(1));
        assert_eq!(rates.get(Work::Sumcheck), Some(200.0));
        assert_eq!(rates.get(Work::Full(false)), None);
    }

    #[test]
    fn unknown_devices_get_a_mean_share() {
        assert_eq!(weights(&[None, None]), [1.0, 1.0]);
        assert_eq!(weights(&[Some(4.0), None, Some(2.0)]), [4.0, 3.0, 2.0]);
    }
}
