//! Processor time and wall time.

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Whose processor time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CpuScope {
    /// The calling thread's: everything happens on it.
    Thread,
    /// All threads'.
    Process,
}

impl CpuScope {
    /// The scope for work on `threads` threads, one of them calling.
    pub fn of_threads(threads: usize) -> Self {
        if threads == 1 {
            Self::Thread
        } else {
            Self::Process
        }
    }

    fn clock(self) -> ClockId {
        match self {
            Self::Thread => ClockId::ThreadCPUTime,
            Self::Process => ClockId::ProcessCPUTime,
        }
    }
}

/// What one stretch of work took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lap {
    /// Processor time in nanoseconds.
    pub cpu_ns: u64,
    /// Wall time in nanoseconds.
    pub wall_ns: u64,
}

/// Started at a point in time.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    scope: CpuScope,
    cpu_ns: u64,
    wall_ns: u64,
}

fn nanoseconds(clock: ClockId) -> u64 {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(clock);
    (tv_sec as u64)
        .saturating_mul(1_000_000_000)
        .saturating_add(tv_nsec as u64)
}

impl Stopwatch {
    /// Starts now.
    pub fn start(scope: CpuScope) -> Self {
        Self {
            scope,
            wall_ns: nanoseconds(ClockId::Monotonic),
            cpu_ns: nanoseconds(scope.clock()),
        }
    }

    /// Time since the start.
    pub fn lap(&self) -> Lap {
        let cpu_ns = nanoseconds(self.scope.clock());
        let wall_ns = nanoseconds(ClockId::Monotonic);
        Lap {
            cpu_ns: cpu_ns.saturating_sub(self.cpu_ns),
            wall_ns: wall_ns.saturating_sub(self.wall_ns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleep_takes_wall_time_only() {
        let watch = Stopwatch::start(CpuScope::Thread);
        std::thread::sleep(std::time::Duration::from_millis(20));
        let lap = watch.lap();
        assert!(lap.wall_ns >= 20_000_000);
        assert!(lap.cpu_ns < lap.wall_ns);
    }

    #[test]
    fn one_thread_counts_alone() {
        assert_eq!(CpuScope::of_threads(1), CpuScope::Thread);
        assert_eq!(CpuScope::of_threads(2), CpuScope::Process);
    }
}
