//! Keccak-f\[1600\], and the hashes built on it.
//!
//! Bits travel as signs `s = 1 − 2b`, for which exclusive or is the product. A round is three layers: parities of columns (products of
//! five), θ (products of three), and χ, which for signs is `(a + a·c − a·b + a·b·c) / 2`. ρ, π and ι are wiring.
//!
//! # Source
//! [FIPS 202](https://doi.org/10.6028/NIST.FIPS.202), sections 3.2 and 4.

use super::Encoding;
use crate::builder::{BIT, KernelBuilder, Var};
use crate::error::KernelError;
use crate::kernel::CircuitKernel;
use crate::lower::CompileOptions;

/// Bits of the state: lane `x + 5y` is the 64 bits from `64·(x + 5y)` on, least significant first.
pub const STATE_BITS: usize = 1600;
/// Rounds of Keccak-f\[1600\].
pub const ROUNDS: usize = 24;
/// Bytes of a digest of 256 bits.
const DIGEST_BYTES: usize = 32;
/// Bytes of a block for a capacity of 512 bits.
const RATE_BYTES: usize = 136;
/// Parities are one gate each.
const OPTIONS: CompileOptions = CompileOptions {
    instances: 64,
    max_degree: Some(5),
};

/// One round on signs.
pub fn round<'k>(k: &'k KernelBuilder, state: &[Var<'k>], constant: u64) -> Vec<Var<'k>> {
    if state.len() != STATE_BITS {
        k.misuse("keccak state", format!("{STATE_BITS} bits"), state.len());
        return state.to_vec();
    }
    let at = |x: usize, y: usize, z: usize| 64 * (x % 5 + 5 * (y % 5)) + z % 64;
    let columns =
        |x: usize| move |z: usize| k.product(&[0, 1, 2, 3, 4].map(|y| state[at(x, y, z)]));
    let parity: Vec<Vec<Var<'k>>> = (0..5).map(|x| (0..64).map(columns(x)).collect()).collect();
    // θ, then ρ and π: where each bit goes.
    let mut moved = state.to_vec();
    let offsets = rotations();
    for x in 0..5 {
        for y in 0..5 {
            for z in 0..64 {
                let theta = k.product(&[
                    state[at(x, y, z)],
                    parity[(x + 4) % 5][z],
                    parity[(x + 1) % 5][(z + 63) % 64],
                ]);
                moved[at(y, 2 * x + 3 * y, z + offsets[x][y])] = k.wire(theta);
            }
        }
    }
    let half = k.half();
    (0..STATE_BITS)
        .map(|index| {
            let (x, y, z) = (index / 64 % 5, index / 320, index % 64);
            let [a, b, c] = [0, 1, 2].map(|step| moved[at(x + step, y, z)]);
            let flipped = x == 0 && y == 0 && constant >> z & 1 == 1;
            let half = if flipped { -half } else { half };
            let terms = [
                (half, a),
                (half, k.term(&[a, c])),
                (-half, k.term(&[a, b])),
                (half, k.term(&[a, b, c])),
            ];
            k.wire(k.linear(0, &terms))
        })
        .collect()
}

/// Keccak-f\[1600\] on signs.
pub fn permute<'k>(k: &'k KernelBuilder, state: &[Var<'k>]) -> Vec<Var<'k>> {
    let constants = round_constants();
    constants.iter().fold(state.to_vec(), |state, &constant| {
        round(k, &state, constant)
    })
}

/// The sponge over a message of whole bytes: `suffix` holds the domain's bits and the first bit of the padding.
pub fn sponge<'k>(k: &'k KernelBuilder, message: &[Var<'k>], suffix: u8) -> Vec<Var<'k>> {
    let bytes = message.len() / 8;
    let padding = RATE_BYTES - bytes % RATE_BYTES;
    let mut tail = vec![0u8; padding];
    tail[0] = suffix;
    tail[padding - 1] |= 0x80;
    let signs = message.iter().map(|&bit| k.wire(k.sign(bit)));
    let tail = Encoding::Bits.encode(&tail);
    // The first permutation is laid out like any other, whatever of its state is known.
    let tail = tail.iter().map(|&bit| k.wired_constant(1 - 2 * bit));
    let padded: Vec<Var<'k>> = signs.chain(tail).collect();
    let mut state: Vec<Var<'k>> = vec![k.wired_constant(1); STATE_BITS];
    for (index, block) in padded.chunks(8 * RATE_BYTES).enumerate() {
        for (lane, &sign) in state.iter_mut().zip(block) {
            *lane = if index == 0 {
                sign
            } else {
                k.wire(*lane * sign)
            };
        }
        state = permute(k, &state);
    }
    let digest: Vec<Var<'k>> = state[..8 * DIGEST_BYTES]
        .iter()
        .map(|&sign| k.wire(k.unsign(sign)))
        .collect();
    k.bits_to_bytes(&digest)
}

/// Keccak-f\[1600\]: input `state` and output `state`, of 1600 bits each.
///
/// # Errors
/// None in practice; as [`CircuitKernel::compile`].
pub fn permutation() -> Result<CircuitKernel, KernelError> {
    CircuitKernel::compile_with("keccak-f1600", &OPTIONS, |k| {
        let bits = k.input("state", STATE_BITS, BIT);
        let signs: Vec<Var<'_>> = bits.iter().map(|&bit| k.wire(k.sign(bit))).collect();
        let permuted: Vec<Var<'_>> = permute(k, &signs)
            .iter()
            .map(|&sign| k.unsign(sign))
            .collect();
        k.output("permuted", &permuted);
    })
}

/// Keccak-256 as Ethereum uses it: input `message`, output `digest` of 32 bytes.
///
/// # Errors
/// [`KernelError::Misuse`] for an empty message, which leaves nothing to prove.
pub fn keccak256(bytes: usize, encoding: Encoding) -> Result<CircuitKernel, KernelError> {
    hash("keccak-256", bytes, encoding, 0x01)
}

/// SHA3-256: input `message`, output `digest` of 32 bytes.
///
/// # Errors
/// As [`keccak256`].
pub fn sha3_256(bytes: usize, encoding: Encoding) -> Result<CircuitKernel, KernelError> {
    hash("sha3-256", bytes, encoding, 0x06)
}

fn hash(
    name: &str,
    bytes: usize,
    encoding: Encoding,
    suffix: u8,
) -> Result<CircuitKernel, KernelError> {
    CircuitKernel::compile_with(name, &OPTIONS, |k| {
        if bytes == 0 {
            k.misuse("message", "at least one byte", bytes);
            return;
        }
        let message = encoding.input(k, bytes);
        k.output("digest", &sponge(k, &message, suffix));
    })
}

/// ρ: rotation of lane `(x, y)`, by the recurrence that defines it.
fn rotations() -> [[usize; 5]; 5] {
    let mut offsets = [[0; 5]; 5];
    let (mut x, mut y) = (1, 0);
    for t in 0..24 {
        offsets[x][y] = (t + 1) * (t + 2) / 2 % 64;
        (x, y) = (y, (2 * x + 3 * y) % 5);
    }
    offsets
}

/// ι: the constants, from the shift register that defines them.
fn round_constants() -> [u64; ROUNDS] {
    let mut register = 1u8;
    std::array::from_fn(|_| {
        (0..7).fold(0u64, |constant, j| {
            let bit = u64::from(register & 1);
            register = (register << 1) ^ (if register >> 7 == 1 { 0x71 } else { 0 });
            constant | bit << ((1 << j) - 1)
        })
    })
}
