//! Weights and biases as integers, one scale per output channel.
//!
//! The scale is not chosen freely: with an integer multiplier `m` per channel, `s_w = m·unit` makes the later rescaling by
//! `m` exact, so that rounding weights and activations is the only error.

use kernelwise_core::program::Range;

use crate::layers::Weights;

/// The largest magnitude of a weight; symmetric.
pub(super) const MAX_WEIGHT: i64 = 127;

/// Biases stay below this, so that they fit 32 bits.
const MAX_BIAS: f64 = (1u32 << 30) as f64;

/// Integers for one layer.
pub(super) struct QuantisedWeights {
    /// In the order of the floats.
    pub values: Vec<i8>,
    /// One per channel.
    pub bias: Option<Vec<i32>>,
    /// The interval of `multiplier·(Σ w·x + b)` over all channels and inputs within bounds.
    pub scaled: (i128, i128),
}

/// The largest magnitude of each channel's weights.
pub(super) fn magnitudes(weights: &Weights) -> Vec<f64> {
    let mut magnitudes = vec![0f64; weights.channels];
    for (index, &weight) in weights.data.iter().enumerate() {
        let magnitude = &mut magnitudes[weights.channel_of(index)];
        *magnitude = magnitude.max(f64::from(weight).abs());
    }
    magnitudes
}

/// The least multipliers for which weights fit 8 bits and biases 32, for weights in steps of `unit` per multiplier and biases in steps of
/// `x_scale` times that.
pub(super) fn multipliers(
    weights: &Weights,
    magnitudes: &[f64],
    unit: f64,
    x_scale: f64,
) -> Vec<i64> {
    let bias = |channel: usize| {
        weights
            .bias
            .as_ref()
            .map_or(0.0, |bias| bias[channel].abs())
    };
    let multiplier = |(channel, magnitude): (usize, &f64)| {
        let for_weights = magnitude / (MAX_WEIGHT as f64 * unit);
        let for_bias = f64::from(bias(channel)) / (x_scale * unit * MAX_BIAS);
        for_weights.max(for_bias).ceil().max(1.0) as i64
    };
    magnitudes.iter().enumerate().map(multiplier).collect()
}

/// Rounds weights to multiples of `multiplier·unit` and biases to multiples of `x_scale` times `bias_unit` of each channel.
pub(super) fn quantise(
    weights: &Weights,
    multipliers: &[i64],
    unit: f64,
    x: (f64, Range),
) -> QuantisedWeights {
    let (x_scale, x_bound) = x;
    let steps: Vec<f64> = multipliers.iter().map(|&m| m as f64 * unit).collect();
    // Windows may reach into padding, where inputs are zero.
    let x_lo = i128::from(x_bound.lo.min(0));
    let x_hi = i128::from(x_bound.hi.max(0));
    let mut intervals = vec![(0i128, 0i128); weights.channels];
    let mut values = Vec::with_capacity(weights.data.len());
    for (index, &weight) in weights.data.iter().enumerate() {
        let channel = weights.channel_of(index);
        let rounded = (f64::from(weight) / steps[channel]).round() as i64;
        let value = rounded.clamp(-MAX_WEIGHT, MAX_WEIGHT);
        values.push(value as i8);
        let (a, b) = (i128::from(value) * x_lo, i128::from(value) * x_hi);
        intervals[channel].0 += a.min(b);
        intervals[channel].1 += a.max(b);
    }
    let bias = weights.bias.as_ref().map(|bias| {
        let round =
            |(value, step): (&f32, &f64)| (f64::from(*value) / (x_scale * step)).round() as i32;
        bias.iter().zip(&steps).map(round).collect::<Vec<i32>>()
    });
    let mut scaled = (i128::MAX, i128::MIN);
    for (channel, interval) in intervals.iter().enumerate() {
        let bias = bias.as_ref().map_or(0, |bias| i128::from(bias[channel]));
        let (lo, hi) = (interval.0 + bias, interval.1 + bias);
        let multiplier = i128::from(multipliers[channel]);
        scaled = (scaled.0.min(lo * multiplier), scaled.1.max(hi * multiplier));
    }
    QuantisedWeights {
        values,
        bias,
        scaled,
    }
}

/// The interval in 64 bits.
pub(super) fn saturated(interval: (i128, i128)) -> Range {
    let narrow =
        |value: i128| i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX });
    Range::new(narrow(interval.0), narrow(interval.1))
}

/// `floor((v + 2^(shift−1)) / 2^shift)` at both ends.
pub(super) fn shifted(interval: (i128, i128), shift: u32) -> Range {
    let half = 1i128 << (shift - 1);
    saturated(((interval.0 + half) >> shift, (interval.1 + half) >> shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_multiples_of_the_unit_and_intervals_are_tight() {
        let weights = Weights {
            data: vec![1.0, -0.5, 0.25, 2.0, 0.0, 0.0],
            channels: 2,
            channel_last: true,
            bias: Some(vec![1.0, -3.0]),
        };
        let magnitudes = magnitudes(&weights);
        assert_eq!(magnitudes, [1.0, 2.0]);
        let unit = 1.0 / (127.0 * 8.0);
        let multipliers = multipliers(&weights, &magnitudes, unit, 0.5);
        assert_eq!(multipliers, [8, 16]);
        let quantised = quantise(&weights, &multipliers, unit, (0.5, Range::new(0, 10)));
        assert_eq!(quantised.values, [127, -32, 32, 127, 0, 0]);
        assert_eq!(quantised.bias.as_deref(), Some(&[254, -381][..]));
        // Channel 0: 8·(0 + 254) to 8·(159·10 + 254); channel 1: 16·(−320 − 381) to 16·(1270 − 381).
        assert_eq!(quantised.scaled, (16 * -701, 8 * 1844));
    }

    #[test]
    fn shifting_rounds_half_up() {
        assert_eq!(shifted((-6, 6), 2), Range::new(-1, 2));
        assert_eq!(shifted((-7, 5), 2), Range::new(-2, 1));
        let wide = (i128::from(i64::MIN) * 4, i128::from(i64::MAX) * 4);
        assert_eq!(shifted(wide, 1), Range::new(i64::MIN, i64::MAX));
    }
}
