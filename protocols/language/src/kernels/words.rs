//! Arithmetic on 32-bit words.

use crate::builder::{BIT, KernelBuilder, U32};
use crate::error::KernelError;
use crate::kernel::CircuitKernel;
use kernelwise_core::program::Range;

/// All values of 32 bits.
pub const WORD: Range = Range::new(0, u32::MAX as i64);

/// Inputs `a` and `b`; outputs `sum`, `difference` and `product` modulo `2^32`, `and`, `or`, `xor`, `rotated` (`a` by 7), and the bits
/// `less` and `equal`.
///
/// # Errors
/// None in practice; as [`CircuitKernel::compile`].
pub fn arithmetic() -> Result<CircuitKernel, KernelError> {
    CircuitKernel::compile("u32 arithmetic", |k: &KernelBuilder| {
        let (a, b) = (k.scalar("a", WORD), k.scalar("b", WORD));
        let (a, b) = (U32::decompose(k, a), U32::decompose(k, b));
        for (name, word) in [
            ("sum", a.wrapping_add(&b)),
            ("difference", a.wrapping_sub(&b)),
            ("product", a.wrapping_mul(&b)),
            ("and", a.and(&b)),
            ("or", a.or(&b)),
            ("xor", a.xor(&b)),
            ("rotated", a.rotate_right(7)),
        ] {
            k.output_scalar(name, word.value());
        }
        k.output_scalar("less", a.less_than(&b));
        k.output_scalar_in("equal", a.equals(&b), BIT);
    })
}
