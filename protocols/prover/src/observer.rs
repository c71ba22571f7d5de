//! Phases of a proof, for progress bars and reports.

/// A stretch of work that a person may wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Phase {
    /// Running the program over integers.
    Execute,
    /// Committing to advice.
    Commit,
    /// The lookup argument.
    Lookups,
    /// Claims from outputs to inputs.
    Backward,
    /// The batch opening.
    Open,
    /// The proofs of Groth16 launches.
    Groth16,
}

impl Phase {
    /// All phases, in the order in which they take place.
    pub const ALL: [Self; 6] = [
        Self::Execute,
        Self::Commit,
        Self::Lookups,
        Self::Backward,
        Self::Open,
        Self::Groth16,
    ];

    /// One word for reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::Commit => "commit",
            Self::Lookups => "lookups",
            Self::Backward => "backward",
            Self::Open => "open",
            Self::Groth16 => "groth16",
        }
    }
}

/// Told when work moves on; must be quick.
pub trait Observer: Sync {
    /// A phase begins, with `steps` steps to come.
    fn begin(&self, phase: Phase, steps: usize);

    /// One step of the current phase is done.
    fn step(&self, phase: Phase);
}

/// Looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Observer for Quiet {
    fn begin(&self, _phase: Phase, _steps: usize) {}

    fn step(&self, _phase: Phase) {}
}
