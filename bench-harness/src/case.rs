//! One comparison: several contenders that must return the same.

use std::sync::Arc;

use kernelwise_hal::{Device, DeviceKind, Peak};
use serde::{Deserialize, Serialize};

use crate::BenchError;
use crate::meter::{Meter, Metered};

/// Work that can be repeated.
pub trait Task: Send {
    /// Does the work once and keeps the result. This is what is timed.
    ///
    /// # Errors
    /// What the device or library reports.
    fn run(&mut self) -> Result<(), BenchError>;

    /// Gives up the result of the last run as canonical bytes, equal for equal results. Not timed.
    ///
    /// # Errors
    /// [`BenchError::NotRun`] if there is none.
    fn output(&mut self) -> Result<Vec<u8>, BenchError>;
}

struct ClosureTask<T, R, C> {
    run: R,
    canonical: C,
    last: Option<T>,
}

impl<T, R, C> Task for ClosureTask<T, R, C>
where
    T: Send,
    R: FnMut() -> Result<T, BenchError> + Send,
    C: Fn(T) -> Vec<u8> + Send,
{
    fn run(&mut self) -> Result<(), BenchError> {
        self.last = Some((self.run)()?);
        Ok(())
    }

    fn output(&mut self) -> Result<Vec<u8>, BenchError> {
        let last = self.last.take().ok_or_else(|| BenchError::NotRun {
            contender: "a task".to_owned(),
        })?;
        Ok((self.canonical)(last))
    }
}

/// A task from what it does and how its result reads as bytes.
pub fn task<T: Send + 'static>(
    run: impl FnMut() -> Result<T, BenchError> + Send + 'static,
    canonical: impl Fn(T) -> Vec<u8> + Send + 'static,
) -> Box<dyn Task> {
    Box::new(ClosureTask {
        run,
        canonical,
        last: None,
    })
}

/// On which side of the comparison a contender is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// What is measured.
    Device,
    /// What it is measured against.
    Reference,
}

/// The time that ratios of a contender are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// Processor time of the host.
    Cpu,
    /// Wall time: the work is not on host cores.
    Wall,
}

impl Clock {
    /// The clock of a family of devices.
    pub fn of_device(kind: DeviceKind) -> Self {
        match kind {
            DeviceKind::Cpu => Self::Cpu,
            _ => Self::Wall,
        }
    }
}

/// One side of a case.
pub struct Contender {
    /// Name of the device or library.
    pub name: String,
    /// One line for people.
    pub description: String,
    /// Which side.
    pub role: Role,
    /// The time that counts.
    pub clock: Clock,
    /// What its hardware does at most, if that is known.
    pub peak: Option<Peak>,
    /// Counts the work of one run, if the contender is metered.
    pub meter: Option<Arc<Meter>>,
    /// The work.
    pub task: Box<dyn Task>,
}

impl Contender {
    /// A device, whose meter counts what is asked of it.
    pub fn device(device: &Metered, task: Box<dyn Task>) -> Self {
        let info = device.info();
        Self {
            name: info.name.clone(),
            description: info.description.clone(),
            role: Role::Device,
            clock: Clock::of_device(info.kind),
            peak: device.peak(),
            meter: Some(device.meter()),
            task,
        }
    }

    /// A reference that computes on host cores.
    pub fn reference(name: &str, description: &str, task: Box<dyn Task>) -> Self {
        Self {
            name: name.to_owned(),
            description: description.to_owned(),
            role: Role::Reference,
            clock: Clock::Cpu,
            peak: None,
            meter: None,
            task,
        }
    }
}

/// One workload at one size: every contender returns the same.
pub struct Case {
    /// The operation.
    pub op: &'static str,
    /// Binary logarithm of the number of entries.
    pub log_size: u32,
    /// What kind of numbers, in the words of the operation.
    pub scalar_kind: &'static str,
    /// Sizes in words.
    pub shape: String,
    /// References first; the first is the one that `ratio` of a record is against.
    pub contenders: Vec<Contender>,
}

impl Case {
    /// `op/scalar_kind/2^log_size`.
    pub fn name(&self) -> String {
        format!("{}/{}/2^{}", self.op, self.scalar_kind, self.log_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_needs_a_run_and_is_given_up_once() {
        let mut task = task(|| Ok(7u8), |value| vec![value]);
        assert!(matches!(task.output(), Err(BenchError::NotRun { .. })));
        task.run().unwrap();
        assert_eq!(task.output().unwrap(), vec![7]);
        assert!(task.output().is_err());
    }
}
