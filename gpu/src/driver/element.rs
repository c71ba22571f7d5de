//! Values as they lie in the memory of a device.

use kernelwise_field::{AffineRepr, BigInt, Fq, Fq2, Fr, G1Affine, G2Affine};

/// A value of fixed size with one layout on host and device: little-endian.
pub(crate) trait Element: Copy + Send + Sync + 'static {
    /// Size in bytes: a power of two.
    const BYTES: usize;

    /// Writes the value to exactly [`BYTES`](Element::BYTES) bytes.
    fn store(self, bytes: &mut [u8]);

    /// Reads a value from exactly [`BYTES`](Element::BYTES) bytes.
    fn load(bytes: &[u8]) -> Self;
}

macro_rules! integers {
    ($($integer:ty),*) => {
        $(impl Element for $integer {
            const BYTES: usize = size_of::<Self>();

            fn store(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_le_bytes());
            }

            fn load(bytes: &[u8]) -> Self {
                let mut value = [0; Self::BYTES];
                value.copy_from_slice(bytes);
                Self::from_le_bytes(value)
            }
        })*
    };
}

integers!(u8, i8, u16, i16, u32, i32, u64, i64);

impl Element for bool {
    const BYTES: usize = 1;

    fn store(self, bytes: &mut [u8]) {
        u8::from(self).store(bytes);
    }

    fn load(bytes: &[u8]) -> Self {
        u8::load(bytes) != 0
    }
}

/// Four words, the Montgomery form of a field element with radix 2^256.
impl Element for [u64; 4] {
    const BYTES: usize = 32;

    fn store(self, bytes: &mut [u8]) {
        for (word, bytes) in self.iter().zip(bytes.as_chunks_mut().0) {
            *bytes = word.to_le_bytes();
        }
    }

    fn load(bytes: &[u8]) -> Self {
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        words
    }
}

impl Element for Fr {
    const BYTES: usize = 32;

    fn store(self, bytes: &mut [u8]) {
        self.0.0.store(bytes);
    }

    fn load(bytes: &[u8]) -> Self {
        Self::new_unchecked(BigInt(Element::load(bytes)))
    }
}

impl Element for Fq {
    const BYTES: usize = 32;

    fn store(self, bytes: &mut [u8]) {
        self.0.0.store(bytes);
    }

    fn load(bytes: &[u8]) -> Self {
        Self::new_unchecked(BigInt(Element::load(bytes)))
    }
}

/// Both halves.
impl Element for Fq2 {
    const BYTES: usize = 64;

    fn store(self, bytes: &mut [u8]) {
        let (first, second) = bytes.split_at_mut(Fq::BYTES);
        self.c0.store(first);
        self.c1.store(second);
    }

    fn load(bytes: &[u8]) -> Self {
        let (first, second) = bytes.split_at(Fq::BYTES);
        Self::new(Element::load(first), Element::load(second))
    }
}

macro_rules! points {
    ($($point:ty: $coordinate:ty),*) => {
        /// Both coordinates; zeros, which are not on the curve, stand for the identity.
        $(impl Element for $point {
            const BYTES: usize = 2 * <$coordinate>::BYTES;

            fn store(self, bytes: &mut [u8]) {
                let (x, y) = self.xy().unwrap_or_default();
                let (first, second) = bytes.split_at_mut(<$coordinate>::BYTES);
                x.store(first);
                y.store(second);
            }

            fn load(bytes: &[u8]) -> Self {
                let (first, second) = bytes.split_at(<$coordinate>::BYTES);
                let (x, y) = (<$coordinate>::load(first), <$coordinate>::load(second));
                if (x, y) == Default::default() {
                    Self::zero()
                } else {
                    Self::new_unchecked(x, y)
                }
            }
        })*
    };
}

points!(G1Affine: Fq, G2Affine: Fq2);

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<T: Element + PartialEq + std::fmt::Debug>(values: &[T]) {
        let mut bytes = vec![0; T::BYTES];
        for &value in values {
            value.store(&mut bytes);
            assert_eq!(T::load(&bytes), value);
        }
    }

    #[test]
    fn values_survive() {
        round_trip(&[i8::MIN, -1, 0, 1, i8::MAX]);
        round_trip(&[i64::MIN, -1, 0, 1, i64::MAX]);
        round_trip(&[true, false]);
        round_trip(&[Fr::from(0u64), Fr::from(1u64), -Fr::from(1u64)]);
        round_trip(&[Fq::from(0u64), -Fq::from(1u64)]);
        round_trip(&[
            G1Affine::zero(),
            G1Affine::generator(),
            -G1Affine::generator(),
        ]);
        round_trip(&[
            G2Affine::zero(),
            G2Affine::generator(),
            -G2Affine::generator(),
        ]);
    }

    #[test]
    fn elements_have_the_layout_of_the_kernels() {
        // 2^256 mod r, the Montgomery form of one.
        let mut bytes = [0; 32];
        Fr::from(1u64).store(&mut bytes);
        let one = [
            0xac96_341c_4fff_fffb_u64,
            0x36fc_7695_9f60_cd29,
            0x666e_a36f_7879_462e,
            0x0e0a_77c1_9a07_df2f,
        ];
        assert_eq!(<[u64; 4]>::load(&bytes), one);
    }
}
