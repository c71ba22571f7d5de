//! The order of calls of a sumcheck.

use crate::DeviceError;
use kernelwise_field::Fr;

/// Refuses calls out of order.
#[derive(Debug)]
pub struct RoundOrder {
    device: String,
    num_vars: usize,
    played: usize,
}

impl RoundOrder {
    /// Before the first of `num_vars` rounds on the device called `device`.
    pub fn new(device: &str, num_vars: usize) -> Self {
        Self {
            device: device.to_owned(),
            num_vars,
            played: 0,
        }
    }

    /// Admits one more round and returns the number of variables that are free in it.
    ///
    /// # Errors
    /// [`DeviceError::InvariantViolation`] after the last round, or if `bind` does not fit the round.
    pub fn next_round(&mut self, bind: Option<Fr>) -> Result<usize, DeviceError> {
        if self.played == self.num_vars {
            return Err(self.violation(format!("all {} rounds were played", self.num_vars)));
        }
        self.check_bind(bind)?;
        let remaining = self.num_vars - self.played;
        self.played += 1;
        Ok(remaining)
    }

    /// Admits the end.
    ///
    /// # Errors
    /// [`DeviceError::InvariantViolation`] before the last round, or if `bind` does not fit.
    pub fn finish(&self, bind: Option<Fr>) -> Result<(), DeviceError> {
        if self.played != self.num_vars {
            return Err(self.violation(format!(
                "finished after {} of {} rounds",
                self.played, self.num_vars
            )));
        }
        self.check_bind(bind)
    }

    fn check_bind(&self, bind: Option<Fr>) -> Result<(), DeviceError> {
        match (self.played, bind) {
            (0, None) | (1.., Some(_)) => Ok(()),
            (0, Some(_)) => {
                Err(self.violation("a challenge came before the first round".to_owned()))
            }
            (played, None) => Err(self.violation(format!("no challenge after round {played}"))),
        }
    }

    fn violation(&self, reason: String) -> DeviceError {
        DeviceError::InvariantViolation {
            device: self.device.clone(),
            reason,
        }
    }
}
