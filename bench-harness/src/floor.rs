//! The least time that an operation can take on a device whose hardware is known, its operands in the device's memory.
//!
//! An operation needs so many 32-bit multiply-adds and has to read and write so many bytes; the floor is the larger of the two times. What a
//! device cannot avoid counts, and nothing else: additions, addresses, launches and the way from the host are free.
//!
//! | what | 32-bit multiply-adds, one with a 64-bit result counting as two |
//! |---|---|
//! | product of elements of 8 limbs, reduced | 264 = 2·(64 + 64) + 8 |
//! | square | 208 = 2·(36 + 64) + 8 |
//! | product in the quadratic extension | 656 = 2·(3·64 + 2·64) + 2·8: three products of limbs, two reductions |
//! | square in it | two products: 528 |
//! | addition of affine points, their inversions shared by many | five products and a square |
//! | product of four bytes by four bytes, added up (dp4a) | 1 |

use kernelwise_hal::Peak;

use crate::ops::Op;

/// Of a product of field elements.
const PRODUCT: f64 = 264.0;
/// Of an addition of points of G1.
const ADDITION: f64 = 5.0 * PRODUCT + 208.0;
/// Of an addition of points of G2.
const ADDITION_G2: f64 = 5.0 * 656.0 + 528.0;
/// Bytes of a field element.
const ELEMENT: f64 = 32.0;
/// Byte planes of a field element.
const PLANES: f64 = 32.0;
/// Bits of a scalar as signed digits.
const SCALAR_BITS: u32 = 255;
/// The widest digit considered: beyond, buckets outnumber any points that fit a device.
const MAX_DIGIT_BITS: u32 = 24;

/// What an operation takes at least.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Work {
    multiply_adds: f64,
    bytes: f64,
}

/// The floor of `op` on numbers of `kind` at size `2^log_size`, in nanoseconds; none if no derivation is known for it.
pub fn floor_ns(peak: Peak, op: &str, kind: &str, log_size: u32) -> Option<f64> {
    let work = work(op, kind, log_size)?;
    let time = |amount: f64, per_second: u64| 1e9 * amount / per_second as f64;
    let arithmetic = time(work.multiply_adds, peak.multiply_adds_per_second);
    let memory = time(work.bytes, peak.bytes_per_second);
    Some(arithmetic.max(memory)).filter(|floor| floor.is_finite())
}

fn work(op: &str, kind: &str, log_size: u32) -> Option<Work> {
    let n = (log_size as f64).exp2();
    let is = |wanted: Op| wanted.name() == op;
    if is(Op::Msm) {
        return Some(sums(1.0, n, SCALAR_BITS, ADDITION, 2.0 * ELEMENT));
    }
    if is(Op::MsmG2) {
        return Some(sums(1.0, n, SCALAR_BITS, ADDITION_G2, 4.0 * ELEMENT));
    }
    if is(Op::MsmSmall) {
        let width = match kind {
            "bits" => 1,
            "i8" => 8,
            "i16" => 16,
            "i32" => 32,
            _ => return None,
        };
        return Some(sums(1.0, n, width, ADDITION, 2.0 * ELEMENT));
    }
    if is(Op::MsmRows) {
        let row_len = crate::ops::row_len(log_size) as f64;
        return Some(sums(n / row_len, row_len, 8, ADDITION, 2.0 * ELEMENT));
    }
    if is(Op::Sumcheck) {
        return sumcheck(kind, n);
    }
    if is(Op::Contract) {
        let width = if kind.starts_with("i16") { 2.0 } else { 1.0 };
        return Some(Work {
            multiply_adds: n * width * PLANES / 4.0,
            bytes: n * width,
        });
    }
    if is(Op::Ntt) {
        return Some(Work {
            multiply_adds: n / 2.0 * f64::from(log_size) * PRODUCT,
            bytes: 2.0 * n * ELEMENT,
        });
    }
    None
}

/// `rows` sums over the same `len` points of scalars of `width` bits, in the best of windows: each scalar is added to one bucket per window, and
/// each bucket takes two additions afterwards. Of random bits one half is added.
fn sums(rows: f64, len: f64, width: u32, addition: f64, point_bytes: f64) -> Work {
    let windowed = |bits: u32| {
        let buckets = f64::from(1u32 << (bits - 1));
        f64::from(width.div_ceil(bits)) * (len + 2.0 * buckets)
    };
    let additions = match width {
        1 => len / 2.0,
        _ => (1..=width.min(MAX_DIGIT_BITS))
            .map(windowed)
            .fold(f64::INFINITY, f64::min),
    };
    let scalar_bytes = match width {
        SCALAR_BITS => ELEMENT,
        _ => f64::from(width.div_ceil(8)),
    };
    Work {
        multiply_adds: rows * additions * addition,
        bytes: rows * len * scalar_bytes + len * point_bytes,
    }
}

/// Rounds over halves of `n/2, n/4, … 1` entries, `n` altogether: the value at 1 follows from the claim and an `eq` factor is taken out, so that a
/// product of two tables is evaluated at two points; binding is one product per entry of a half, in all rounds but the first.
///
/// A table of elements is read once, then `n, n/2, …` entries are read and half of them written: 4·n elements altogether.
fn sumcheck(kind: &str, n: f64) -> Option<Work> {
    let (products, bytes) = match kind {
        "fr-fr" => (2.0 * n + 2.0 * n, 2.0 * 4.0 * n * ELEMENT),
        // Products of bytes are free: half of the evaluations and of the binding of that table, which is read as bytes twice.
        "i8-fr" => (
            n + n + n / 2.0,
            4.0 * n * ELEMENT + 2.0 * n + 2.0 * n * ELEMENT,
        ),
        "eq-abc" => (2.0 * n + 3.0 * n, 3.0 * 4.0 * n * ELEMENT),
        _ => return None,
    };
    Some(Work {
        multiply_adds: products * PRODUCT,
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 132 multiprocessors at 1.98 GHz, 5120 bits at 2.619 GHz.
    const H100: Peak = Peak {
        multiply_adds_per_second: 132 * 64 * 1_980_000_000,
        bytes_per_second: 2 * 2_619_000_000 * 5120 / 8,
    };

    fn milliseconds(op: &str, kind: &str, log_size: u32) -> f64 {
        floor_ns(H100, op, kind, log_size).unwrap() / 1e6
    }

    fn near(got: f64, expected: f64) {
        assert!((got / expected - 1.0).abs() < 0.01, "{got} for {expected}");
    }

    #[test]
    fn arithmetic_binds_sums_and_transforms() {
        // 15 windows of 17 bits: 15 · (2^22 + 2^17) additions of 1528, at 16.73e12 a second.
        near(milliseconds("msm", "fr", 22), 5.926);
        near(milliseconds("ntt", "forward", 20), 0.1655);
        near(milliseconds("msm-small", "bits", 20), 0.0479);
        near(
            milliseconds("msm-g2", "fr", 22) / milliseconds("msm", "fr", 22),
            3808.0 / 1528.0,
        );
    }

    #[test]
    fn memory_binds_sumchecks() {
        // 2^24 · 2 · 128 bytes at 3.352 TB/s, against 4 products per entry: 1.06 ms.
        near(milliseconds("sumcheck", "fr-fr", 24), 1.281);
        near(milliseconds("sumcheck", "eq-abc", 24), 1.922);
        assert!(milliseconds("sumcheck", "i8-fr", 24) < 1.281);
    }

    #[test]
    fn the_larger_of_the_two_counts() {
        let of = |multiply_adds_per_second, bytes_per_second| {
            let peak = Peak {
                multiply_adds_per_second,
                bytes_per_second,
            };
            floor_ns(peak, "contract", "i16-rows", 10)
        };
        // 2^10 integers of two bytes: 16 · 2^10 multiply-adds, 2 · 2^10 bytes.
        assert_eq!(of(1 << 14, u64::MAX), Some(1e9));
        assert_eq!(of(u64::MAX, 1 << 11), Some(1e9));
        assert_eq!(of(0, 1), None);
    }

    #[test]
    fn what_is_not_derived_has_none() {
        for op in ["field", "groth16", "sumcheck-wide", "nothing"] {
            assert_eq!(floor_ns(H100, op, "fr", 10), None, "{op}");
        }
        assert_eq!(floor_ns(H100, "sumcheck", "fr-fr-fr", 10), None);
    }

    #[test]
    fn floors_grow_with_sizes() {
        for op in [
            Op::Msm,
            Op::MsmSmall,
            Op::MsmRows,
            Op::Sumcheck,
            Op::Contract,
            Op::Ntt,
            Op::MsmG2,
        ] {
            for kind in op.scalar_kinds() {
                let floors: Vec<f64> = (4..24)
                    .map(|log_size| floor_ns(H100, op.name(), kind, log_size).unwrap())
                    .collect();
                assert!(floors.is_sorted() && floors[0] > 0.0, "{op:?} {kind}");
            }
        }
    }
}
