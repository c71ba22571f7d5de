//! Both clocks at the begin of each phase.

use std::sync::Mutex;

use kernelwise_prover::{Observer, Phase};

use crate::clock::{CpuScope, Lap, Stopwatch};

/// Notes when phases begin; the prover calls it from the thread that it runs on.
pub(super) struct PhaseClock {
    watch: Stopwatch,
    begins: Mutex<Vec<(Phase, Lap)>>,
}

impl PhaseClock {
    pub(super) fn start(scope: CpuScope) -> Self {
        Self {
            watch: Stopwatch::start(scope),
            begins: Mutex::default(),
        }
    }

    /// What each phase took, the last one until now.
    pub(super) fn finish(self) -> Vec<(Phase, Lap)> {
        let end = self.watch.lap();
        let begins = self.begins.into_inner().unwrap_or_default();
        let ends = begins.iter().skip(1).map(|(_, lap)| *lap);
        let ends = ends.chain(std::iter::once(end));
        begins
            .iter()
            .zip(ends)
            .map(|((phase, begin), end)| {
                let lap = Lap {
                    cpu_ns: end.cpu_ns.saturating_sub(begin.cpu_ns),
                    wall_ns: end.wall_ns.saturating_sub(begin.wall_ns),
                };
                (*phase, lap)
            })
            .collect()
    }
}

impl Observer for PhaseClock {
    fn begin(&self, phase: Phase, _steps: usize) {
        if let Ok(mut begins) = self.begins.lock() {
            begins.push((phase, self.watch.lap()));
        }
    }

    fn step(&self, _phase: Phase) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_fill_the_time_from_the_first_begin() {
        let clock = PhaseClock::start(CpuScope::Thread);
        clock.begin(Phase::Commit, 1);
        std::thread::sleep(std::time::Duration::from_millis(5));
        clock.begin(Phase::Open, 1);
        let laps = clock.finish();
        assert_eq!(laps.len(), 2);
        assert_eq!((laps[0].0, laps[1].0), (Phase::Commit, Phase::Open));
        assert!(laps[0].1.wall_ns >= 5_000_000);
    }
}
