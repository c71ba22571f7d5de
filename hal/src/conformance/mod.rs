//! The case tables that every device must pass.
//!
//! Expected values come from plain arithmetic written here, never from another device: points are multiples
//! of the generator whose logarithms are known, sumchecks are summed entry by entry, fractions added one by one, contractions are double
//! loops, and transforms are evaluations of a polynomial. Inputs are pseudo-random from a fixed seed, so that a failure repeats.
//!
//! An operation that the device does not offer is skipped and counted, never silently passed.

mod contract;
mod fractions;
mod inputs;
mod msm;
mod ntt;
mod order;
mod sumcheck;

use crate::{Device, DeviceError};

/// What a device passed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Names of the cases that passed, in the order they ran.
    pub passed: Vec<String>,
    /// Operations that the device does not offer.
    pub skipped: Vec<&'static str>,
}

/// The first case that a device failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{device} fails {case}: {reason}")]
pub struct Failure {
    /// Name of the device.
    pub device: String,
    /// Name of the case.
    pub case: String,
    /// How it failed.
    #[source]
    pub reason: Box<Reason>,
}

/// How a case failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The device returned another value than plain arithmetic gives.
    #[error("{what}: expected {expected}, got {got}")]
    WrongValue {
        /// Which result.
        what: String,
        /// The right value.
        expected: String,
        /// What the device returned.
        got: String,
    },
    /// The device accepted a call that it must refuse, or refused it with another error.
    #[error("expected {expected}, got {got}")]
    WrongError {
        /// The error that is due.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// The device refused a valid call.
    #[error("valid call refused")]
    Refused(#[from] DeviceError),
}

/// Runs every case table against `device`.
///
/// # Cost
/// A few thousand calls on small inputs; seconds on a CPU.
///
/// # Errors
/// The first [`Failure`].
pub fn run(device: &dyn Device) -> Result<Report, Failure> {
    let mut cases = Cases {
        device: device.info().name.clone(),
        report: Report::default(),
    };
    match device.msm() {
        Some(msm) => msm::run(msm, &mut cases)?,
        None => cases.report.skipped.push("msm in G1"),
    }
    match device.msm_g2() {
        Some(msm) => msm::run(msm, &mut cases)?,
        None => cases.report.skipped.push("msm in G2"),
    }
    match device.sumcheck() {
        Some(sumcheck) => {
            sumcheck::run(sumcheck, &mut cases)?;
            order::run(sumcheck, &mut cases)?;
        }
        None => cases.report.skipped.push("sumcheck"),
    }
    match device.fractions() {
        Some(tree) => fractions::run(tree, &mut cases)?,
        None => cases.report.skipped.push("fractions"),
    }
    match device.contract() {
        Some(contract) => contract::run(contract, &mut cases)?,
        None => cases.report.skipped.push("contract"),
    }
    match device.ntt() {
        Some(ntt) => ntt::run(ntt, &mut cases)?,
        None => cases.report.skipped.push("ntt"),
    }
    Ok(cases.report)
}

/// Collects the outcome of named cases.
struct Cases {
    device: String,
    report: Report,
}

impl Cases {
    fn case(
        &mut self,
        name: String,
        body: impl FnOnce() -> Result<(), Reason>,
    ) -> Result<(), Failure> {
        match body() {
            Ok(()) => {
                self.report.passed.push(name);
                Ok(())
            }
            Err(reason) => Err(Failure {
                device: self.device.clone(),
                case: name,
                reason: Box::new(reason),
            }),
        }
    }
}

fn expect_equal<T: PartialEq + std::fmt::Debug>(
    what: impl Into<String>,
    expected: &T,
    got: &T,
) -> Result<(), Reason> {
    if expected == got {
        return Ok(());
    }
    Err(Reason::WrongValue {
        what: what.into(),
        expected: format!("{expected:?}"),
        got: format!("{got:?}"),
    })
}

fn expect_error<T>(
    expected: &'static str,
    result: Result<T, DeviceError>,
    accept: impl FnOnce(&DeviceError) -> bool,
) -> Result<(), Reason> {
    match result {
        Err(error) if accept(&error) => Ok(()),
        Err(error) => Err(Reason::WrongError {
            expected,
            got: error.to_string(),
        }),
        Ok(_) => Err(Reason::WrongError {
            expected,
            got: "success".to_owned(),
        }),
    }
}
