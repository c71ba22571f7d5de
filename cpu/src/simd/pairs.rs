//! Rows of sixteen integers that hold both ends of lines, evaluated at pairs of points by an exchange of lanes.
#![expect(
    unsafe_code,
    reason = "calls of functions compiled for AVX-512, guarded by detection"
)]

use super::Level;
use super::products::{ROWS, Row};

/// Two points at which a line with ends `v0, v1` is evaluated; the value at the first takes the place of `v0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pair {
    /// `v1 − v0` and `v0 + v1`.
    DifferenceSum,
    /// `2·v1 − v0` and `2·v0 − v1`.
    Reflections,
    /// `v0 + 2·v1` and `v1 + 2·v0`.
    Thirds,
}

/// Evaluates every row of `rows`, whose lines have ends `distance` lanes apart, modulo `2^16`.
///
/// # Panics
/// If the lengths differ, or `distance` is not 1, 2, 4 or 8.
pub fn evaluate(level: Level, distance: usize, pair: Pair, rows: &[Row], out: &mut [Row]) {
    assert_eq!(rows.len(), out.len());
    assert!(distance.is_power_of_two() && distance < ROWS);
    #[cfg(target_arch = "x86_64")]
    if level == Level::Avx512
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
    {
        // SAFETY: the CPU has the features.
        unsafe {
            match distance {
                1 => vectors::<1>(pair, rows, out),
                2 => vectors::<2>(pair, rows, out),
                4 => vectors::<4>(pair, rows, out),
                _ => vectors::<8>(pair, rows, out),
            }
        }
        return;
    }
    let _ = level;
    for (row, out) in rows.iter().zip(out) {
        for (lane, out) in out.0.iter_mut().enumerate() {
            let (own, other) = (row.0[lane], row.0[lane ^ distance]);
            *out = match pair {
                Pair::DifferenceSum if lane & distance == 0 => other.wrapping_sub(own),
                Pair::DifferenceSum => other.wrapping_add(own),
                Pair::Reflections => other.wrapping_add(other).wrapping_sub(own),
                Pair::Thirds => other.wrapping_add(other).wrapping_add(own),
            };
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn vectors<const D: usize>(pair: Pair, rows: &[Row], out: &mut [Row]) {
    use std::arch::x86_64::*;
    let signs: [i16; ROWS] = std::array::from_fn(|lane| if lane & D == 0 { -1 } else { 1 });
    // SAFETY: an array of sixteen integers is 32 bytes; the load has no alignment requirement.
    let signs = unsafe { _mm256_loadu_si256(signs.as_ptr().cast()) };
    for (row, out) in rows.iter().zip(out) {
        // SAFETY: a row is 32 bytes, aligned to 32.
        let own = unsafe { _mm256_load_si256(row.0.as_ptr().cast()) };
        let other = match D {
            1 => _mm256_rol_epi32::<16>(own),
            2 => _mm256_shuffle_epi32::<0b10_11_00_01>(own),
            4 => _mm256_shuffle_epi32::<0b01_00_11_10>(own),
            _ => _mm256_permute2x128_si256::<1>(own, own),
        };
        let twice = _mm256_add_epi16(other, other);
        let values = match pair {
            Pair::DifferenceSum => _mm256_add_epi16(other, _mm256_sign_epi16(own, signs)),
            Pair::Reflections => _mm256_sub_epi16(twice, own),
            Pair::Thirds => _mm256_add_epi16(twice, own),
        };
        // SAFETY: as for the load.
        unsafe { _mm256_store_si256(out.0.as_mut_ptr().cast(), values) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_agree_with_scalars() {
        let extremes = [i16::MIN, i16::MAX, -1, 0, 1, 7, -3];
        let row = |i: usize| {
            Row(std::array::from_fn(|lane| {
                extremes[(i * 5 + lane * lane) % 7]
            }))
        };
        let rows: Vec<Row> = (0..9).map(row).collect();
        for distance in [1, 2, 4, 8] {
            for pair in [Pair::DifferenceSum, Pair::Reflections, Pair::Thirds] {
                let [mut plain, mut fast] = [vec![Row::ZERO; 9], vec![Row::ZERO; 9]];
                evaluate(Level::Portable, distance, pair, &rows, &mut plain);
                evaluate(Level::detect(), distance, pair, &rows, &mut fast);
                assert_eq!(plain, fast, "{pair:?} over {distance}");
            }
        }
    }

    #[test]
    fn values_take_the_places_of_ends() {
        let mut row = Row::ZERO;
        (row.0[1], row.0[5]) = (10, 3);
        for (pair, expected) in [
            (Pair::DifferenceSum, (-7, 13)),
            (Pair::Reflections, (-4, 17)),
            (Pair::Thirds, (16, 23)),
        ] {
            let mut out = [Row::ZERO];
            evaluate(Level::Portable, 4, pair, &[row], &mut out);
            assert_eq!((out[0].0[1], out[0].0[5]), expected);
        }
    }
}
