//! The samples of one contender, and its ratio against another.

use crate::case::Clock;
use crate::clock::Lap;
use crate::record::Ratio;
use crate::stats::Summary;

/// The samples of one contender, on both clocks.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    /// Runs per sample.
    pub iterations: u32,
    /// Processor time of one run.
    pub cpu_ns: Vec<f64>,
    /// Wall time of one run.
    pub wall_ns: Vec<f64>,
}

impl Samples {
    /// No samples of `iterations` runs each.
    pub fn new(iterations: u32) -> Self {
        Self {
            iterations,
            ..Self::default()
        }
    }

    /// Adds one sample.
    pub fn push(&mut self, lap: Lap) {
        let runs = f64::from(self.iterations.max(1));
        self.cpu_ns.push(lap.cpu_ns as f64 / runs);
        self.wall_ns.push(lap.wall_ns as f64 / runs);
    }

    /// The samples on one clock.
    pub fn on(&self, clock: Clock) -> &[f64] {
        match clock {
            Clock::Cpu => &self.cpu_ns,
            Clock::Wall => &self.wall_ns,
        }
    }

    /// How much faster this is than `reference`, on the clock of this.
    pub fn ratio(&self, clock: Clock, name: &str, reference: &Self) -> Ratio {
        let (own, other) = (
            Summary::of(self.on(clock)),
            Summary::of(reference.on(clock)),
        );
        Ratio {
            reference: name.to_owned(),
            ratio: other.median_ns / own.median_ns.max(1.0),
            ratio_min: other.min_ns / own.min_ns.max(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_reference_over_own() {
        let mut own = Samples::new(2);
        let mut other = Samples::new(1);
        own.push(Lap {
            cpu_ns: 20,
            wall_ns: 40,
        });
        other.push(Lap {
            cpu_ns: 50,
            wall_ns: 60,
        });
        assert_eq!(own.ratio(Clock::Cpu, "x", &other).ratio, 5.0);
        assert_eq!(own.ratio(Clock::Wall, "x", &other).ratio, 3.0);
    }
}
