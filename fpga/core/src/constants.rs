//! The two moduli of BN254.

use rust_hdl::prelude::*;

/// 64-bit limbs of the modulus of the scalar field or the base field, least significant first.
pub fn modulus(scalar_field: bool) -> [u64; 4] {
    if scalar_field {
        [
            0x43e1_f593_f000_0001,
            0x2833_e848_79b9_7091,
            0xb850_45b6_8181_585d,
            0x3064_4e72_e131_a029,
        ]
    } else {
        [
            0x3c20_8c16_d87c_fd47,
            0x9781_6a91_6871_ca8d,
            0xb850_45b6_8181_585d,
            0x3064_4e72_e131_a029,
        ]
    }
}

/// Twice the value; the moduli leave the two top bits free.
pub fn double(limbs: &[u64; 4]) -> [u64; 4] {
    std::array::from_fn(|i| (limbs[i] << 1) | if i == 0 { 0 } else { limbs[i - 1] >> 63 })
}

/// The frame of a value: its words, then zeros.
pub fn modulus_frame(limbs: &[u64; 4]) -> Bits<512> {
    let mut frame = Bits::<512>::default();
    for (i, limb) in limbs.iter().enumerate() {
        for bit in 0..64 {
            frame = frame.replace_bit(64 * i + bit, (limb >> bit) & 1 == 1);
        }
    }
    frame
}
