//! Peak memory of the process, as a whole and per phase.
//!
//! The system counts: the largest resident size (`VmHWM`), reset at the begin of every phase. That includes mapped files, stacks and what
//! the allocator keeps, and costs two small files per phase; an allocator that counts would see neither, and would need unsafe code.

use std::sync::Mutex;

use crate::observer::{Observer, Phase};

/// The largest resident size since the last [`reset_peak`], in bytes; `None` where the system does not say.
pub fn peak_bytes() -> Option<u64> {
    parse_status(
        &std::fs::read_to_string("/proc/self/status").ok()?,
        "VmHWM:",
    )
}

/// Lets the peak start again at the present size. Where the system does not allow it, peaks are those of the process so far.
pub fn reset_peak() {
    // 5 resets the peak resident size: https://docs.kernel.org/filesystems/proc.html
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn parse_status(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// The peaks of one proof.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Peaks {
    /// Before the first phase, in bytes.
    pub before: Option<u64>,
    /// Of each phase, in order, in bytes.
    pub phases: Vec<(Phase, Option<u64>)>,
}

impl Peaks {
    /// The largest of all.
    pub fn whole(&self) -> Option<u64> {
        let phases = self.phases.iter().filter_map(|(_, peak)| *peak);
        phases.chain(self.before).max()
    }

    /// That of one phase, if it took place and the system says.
    pub fn of(&self, phase: Phase) -> Option<u64> {
        self.phases
            .iter()
            .find_map(|&(name, peak)| (name == phase).then_some(peak))
            .flatten()
    }
}

/// Notes the peak of each phase, and passes on what it is told.
///
/// Resets the peak of the whole process: one at a time.
pub struct PhasePeaks<'a> {
    next: &'a dyn Observer,
    peaks: Mutex<Peaks>,
}

impl<'a> PhasePeaks<'a> {
    /// Passes on to `next`.
    pub fn new(next: &'a dyn Observer) -> Self {
        Self {
            next,
            peaks: Mutex::default(),
        }
    }

    /// The peaks, that of the last phase until now.
    pub fn finish(self) -> Peaks {
        let mut peaks = self.peaks.into_inner().unwrap_or_default();
        note(&mut peaks);
        peaks
    }
}

/// Ends the current phase.
fn note(peaks: &mut Peaks) {
    let peak = peak_bytes();
    match peaks.phases.last_mut() {
        Some((_, last)) => *last = peak,
        None => peaks.before = peak,
    }
}

impl Observer for PhasePeaks<'_> {
    fn begin(&self, phase: Phase, steps: usize) {
        if let Ok(mut peaks) = self.peaks.lock() {
            note(&mut peaks);
            reset_peak();
            peaks.phases.push((phase, None));
        }
        self.next.begin(phase, steps);
    }

    fn step(&self, phase: Phase) {
        self.next.step(phase);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observer::Quiet;

    #[test]
    fn reads_kibibytes() {
        let status = "Name:\tx\nVmHWM:\t     12 kB\nVmRSS:\t      8 kB\n";
        assert_eq!(parse_status(status, "VmHWM:"), Some(12 * 1024));
        assert_eq!(parse_status(status, "VmSwap:"), None);
    }

    #[test]
    fn peaks_belong_to_their_phases() {
        const LARGE: usize = 64 << 20;
        let peaks = PhasePeaks::new(&Quiet);
        peaks.begin(Phase::Commit, 1);
        let memory = std::hint::black_box(vec![1u8; LARGE]);
        assert_eq!(memory.len(), LARGE);
        drop(memory);
        peaks.begin(Phase::Open, 1);
        let peaks = peaks.finish();
        assert_eq!(
            peaks.whole(),
            peaks
                .of(Phase::Commit)
                .max(peaks.before)
                .max(peaks.of(Phase::Open))
        );
        assert_eq!(peaks.of(Phase::Backward), None);
        if let (Some(before), Some(commit)) = (peaks.before, peaks.of(Phase::Commit)) {
            // Other tests of the process may free memory meanwhile, but not half of this.
            assert!(commit > before.min(LARGE as u64 / 2), "{before} {commit}");
        }
    }
}
