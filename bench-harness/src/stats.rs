//! Median, minimum and spread of samples.

use serde::{Deserialize, Serialize};

/// Samples farther from the median than this many scaled median deviations count as outliers; 3 is the usual
/// cut-off ([Leys et al. 2013](https://doi.org/10.1016/j.jesp.2013.03.013)).
const OUTLIER_DEVIATIONS: f64 = 3.0;

/// Makes the median absolute deviation of a normal sample its standard deviation.
const NORMAL_SCALE: f64 = 1.4826;

/// What samples say, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// The middle sample, or the mean of the middle two.
    pub median_ns: f64,
    /// The smallest sample.
    pub min_ns: f64,
    /// Standard deviation of the samples; zero for fewer than two.
    pub stddev_ns: f64,
    /// Median absolute deviation, scaled to a standard deviation: a spread that outliers do not move.
    pub spread_ns: f64,
    /// How many samples lie far from the median.
    pub outliers: usize,
}

impl Summary {
    /// Summarises samples in nanoseconds; all zero if there are none.
    pub fn of(samples_ns: &[f64]) -> Self {
        if samples_ns.is_empty() {
            return Self::default();
        }
        let center = median(samples_ns);
        let distances: Vec<f64> = samples_ns.iter().map(|s| (s - center).abs()).collect();
        let spread = NORMAL_SCALE * median(&distances);
        let far = |distance: &&f64| spread > 0.0 && **distance > OUTLIER_DEVIATIONS * spread;
        Self {
            median_ns: center,
            min_ns: samples_ns.iter().copied().fold(f64::INFINITY, f64::min),
            stddev_ns: standard_deviation(samples_ns),
            spread_ns: spread,
            outliers: distances.iter().filter(far).count(),
        }
    }

    /// Spread over median; zero for an empty summary.
    pub fn relative_spread(&self) -> f64 {
        if self.median_ns > 0.0 {
            self.spread_ns / self.median_ns
        } else {
            0.0
        }
    }
}

/// The middle value, or the mean of the middle two; zero if there are none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.get(sorted.len() / 2), sorted.len() % 2) {
        (Some(&upper), 1) => upper,
        (Some(&upper), _) => (upper + sorted[sorted.len() / 2 - 1]) / 2.0,
        (None, _) => 0.0,
    }
}

fn standard_deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_odd_and_even_counts() {
        assert_eq!(median(&[]), 0.0);
        assert_eq!(median(&[7.0]), 7.0);
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
    }

    #[test]
    fn an_outlier_moves_the_deviation_but_not_the_spread() {
        let summary = Summary::of(&[10.0, 11.0, 10.0, 9.0, 100.0]);
        assert_eq!(summary.median_ns, 10.0);
        assert_eq!(summary.min_ns, 9.0);
        assert_eq!(summary.outliers, 1);
        assert!((summary.spread_ns - 1.4826).abs() < 1e-9);
        assert!(summary.stddev_ns > 30.0);
    }

    #[test]
    fn equal_samples_have_no_spread_and_no_outliers() {
        let summary = Summary::of(&[5.0; 6]);
        assert_eq!(
            (summary.stddev_ns, summary.spread_ns, summary.outliers),
            (0.0, 0.0, 0)
        );
    }

    #[test]
    fn known_standard_deviation() {
        // Squares 2, 4, 4, 4, 5, 5, 7, 9: variance 32/7.
        let samples = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        let summary = Summary::of(&samples);
        assert!((summary.stddev_ns - (32.0f64 / 7.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn nothing_summarises_to_zero() {
        assert_eq!(Summary::of(&[]), Summary::default());
        assert_eq!(Summary::default().relative_spread(), 0.0);
    }
}
