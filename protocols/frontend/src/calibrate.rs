//! What interval each value of the float model spans on sample inputs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::FloatError;
use crate::onnx::OnnxModel;

/// The interval of each value over all samples, by name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Calibration {
    intervals: BTreeMap<String, (f32, f32)>,
    samples: usize,
}

impl Calibration {
    /// Smallest and largest value seen under `name`.
    pub fn interval(&self, name: &str) -> Option<(f32, f32)> {
        self.intervals.get(name).copied()
    }

    /// Number of samples seen.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Widens the intervals by one more sample.
    pub fn add(&mut self, trace: &BTreeMap<String, Vec<f32>>) {
        for (name, values) in trace {
            let first = values.first().copied().unwrap_or(0.0);
            let interval = self.intervals.entry(name.clone()).or_insert((first, first));
            for &value in values {
                interval.0 = interval.0.min(value);
                interval.1 = interval.1.max(value);
            }
        }
        self.samples += 1;
    }
}

impl OnnxModel {
    /// Runs the float model on sample inputs and records the interval of every value.
    ///
    /// Values beyond these intervals saturate when quantised, so samples should look like what will be proved; ten suffice for
    /// small models.
    ///
    /// # Errors
    /// [`FloatError`] of the first sample that does not run.
    pub fn calibrate<'a>(
        &self,
        samples: impl IntoIterator<Item = &'a [Vec<f32>]>,
    ) -> Result<Calibration, FloatError> {
        let mut calibration = Calibration::default();
        for sample in samples {
            calibration.add(&self.float_trace(sample)?);
        }
        Ok(calibration)
    }

    /// Deterministic noise in 0..1 and −1..1 by turns: a stand-in where no sample is at hand.
    pub fn synthetic_samples(&self, count: usize) -> Vec<Vec<Vec<f32>>> {
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut unit = move || {
            // Knuth's multiplicative congruence; the upper bits are good enough for noise.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u32 << 24) as f32
        };
        let mut noise = |index: usize, len: usize| -> Vec<f32> {
            let shape = |value: f32| {
                if index.is_multiple_of(2) {
                    value
                } else {
                    2.0 * value - 1.0
                }
            };
            (0..len).map(|_| shape(unit())).collect()
        };
        (0..count)
            .map(|index| {
                let inputs = self.inputs();
                inputs.iter().map(|port| noise(index, port.len())).collect()
            })
            .collect()
    }
}
