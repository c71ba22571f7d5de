//! Round constants of Poseidon and Poseidon2, from the shift register that defines them.
//!
//! # Source
//! Grassi, Khovratovich, Rechberger, Roy, Schofnegger, [*Poseidon*](https://eprint.iacr.org/2019/458), appendix E.

use kernelwise_core::field::{BigInteger, Fr, PrimeField};

/// Bits of the register.
const LENGTH: u32 = 80;
/// Bits that are thrown away first.
const WARM_UP: usize = 160;

/// The register; its oldest bit is the lowest.
pub(super) struct Grain(u128);

impl Grain {
    /// The register for the scalar field, `x^α` as the S-box, a state of `width` elements and so many full and partial rounds.
    pub(super) fn new(width: u128, full: u128, partial: u128) -> Self {
        // A prime field, and the S-box x^α.
        let parameters = [
            (2, 1),
            (4, 0),
            (12, u128::from(Fr::MODULUS_BIT_SIZE)),
            (12, width),
            (10, full),
            (10, partial),
        ];
        let ones = (1 << 30) - 1;
        let fields = parameters.into_iter().chain([(30, ones)]);
        // Each number is written from its highest bit on.
        let written = fields.fold(0, |bits: u128, (len, value)| bits << len | value);
        let mut grain = Self(written.reverse_bits() >> (u128::BITS - LENGTH));
        for _ in 0..WARM_UP {
            grain.shift();
        }
        grain
    }

    fn shift(&mut self) -> bool {
        let taps = [0, 13, 23, 38, 51, 62];
        let new = taps.iter().fold(0, |sum, tap| sum ^ self.0 >> tap & 1);
        self.0 = self.0 >> 1 | new << (LENGTH - 1);
        new == 1
    }

    /// The next bit of the register that shrinks itself: the second of a pair whose first is 1.
    fn bit(&mut self) -> bool {
        while !self.shift() {
            self.shift();
        }
        self.shift()
    }

    /// The next number below the modulus, written from its highest bit on.
    pub(super) fn element(&mut self) -> Fr {
        loop {
            let bits: Vec<bool> = (0..Fr::MODULUS_BIT_SIZE).map(|_| self.bit()).collect();
            if let Some(element) = Fr::from_bigint(BigInteger::from_bits_be(&bits)) {
                return element;
            }
        }
    }
}
