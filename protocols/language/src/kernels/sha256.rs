//! SHA-256.
//!
//! The bits of every word that a round makes are hints, so that rounds do not wait for each other: each is one sum of bits, products
//! and carries that must vanish, and all of them lie side by side in the lowest layers.
//!
//! # Source
//! [FIPS 180-4](https://doi.org/10.6028/NIST.FIPS.180-4), sections 4.1.2, 5 and 6.2.

use super::{Encoding, constant_bits};
use crate::builder::{KernelBuilder, U32, Var};
use crate::error::KernelError;
use crate::kernel::CircuitKernel;

/// Bytes of a block.
const BLOCK_BYTES: usize = 64;
/// Rounds, and words of the schedule.
const ROUNDS: usize = 64;

/// The state after one more block of 16 words.
pub fn compress<'k>(
    k: &'k KernelBuilder,
    state: &[U32<'k>; 8],
    block: &[U32<'k>; 16],
) -> [U32<'k>; 8] {
    let mut schedule = block.to_vec();
    for t in 16..ROUNDS {
        let (near, far) = (schedule[t - 2], schedule[t - 15]);
        let sigma1 = near
            .rotate_right(17)
            .xor3(&near.rotate_right(19), &near.shift_right(10));
        let sigma0 = far
            .rotate_right(7)
            .xor3(&far.rotate_right(18), &far.shift_right(3));
        let words = [sigma1, schedule[t - 7], sigma0, schedule[t - 16]];
        schedule.push(U32::wrapping_sum(k, &words.map(|word| word.value())));
    }
    let constants: [u32; ROUNDS] = roots(3);
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for (word, constant) in schedule.iter().zip(constants) {
        let sum1 = e
            .rotate_right(6)
            .xor3(&e.rotate_right(11), &e.rotate_right(25));
        let choice = zip3(k, &e, &f, &g, |e, f, g| k.select(e, f, g));
        // Below 5·2^32; d and what a needs besides stay below 3 bits of carry.
        let temporary =
            h.value() + sum1.value() + choice.value() + word.value() + i64::from(constant);
        let new_e = k.to_bits(d.value() + temporary, 35);
        let temporary = k.from_bits(&new_e) - d.value();
        let sum0 = a
            .rotate_right(2)
            .xor3(&a.rotate_right(13), &a.rotate_right(22));
        let majority = zip3(k, &a, &b, &c, |a, b, c| majority(k, a, b, c));
        let new_a = k.to_bits(temporary + sum0.value() + majority.value(), 35);
        (h, g, f) = (g, f, e);
        e = U32::from_bits(k, &new_e[..32]);
        (d, c, b) = (c, b, a);
        a = U32::from_bits(k, &new_a[..32]);
    }
    let worked = [a, b, c, d, e, f, g, h];
    std::array::from_fn(|i| state[i].wrapping_add(&worked[i]))
}

/// The digest of a message of whole bytes, given as bits, as 32 bytes.
pub fn digest<'k>(k: &'k KernelBuilder, message: &[Var<'k>]) -> Vec<Var<'k>> {
    let bytes = message.len() / 8;
    let blocks = (bytes + 9).div_ceil(BLOCK_BYTES);
    let mut tail = vec![0u8; blocks * BLOCK_BYTES - bytes];
    tail[0] = 0x80;
    let length = tail.len() - 8;
    tail[length..].copy_from_slice(&(message.len() as u64).to_be_bytes());
    let mut padded = message.to_vec();
    padded.extend(constant_bits(k, &tail));
    let initial: [u32; 8] = roots(2);
    let mut state = initial.map(|word| U32::constant(k, word));
    for block in padded.chunks(8 * BLOCK_BYTES) {
        let words = std::array::from_fn(|i| big_endian(k, &block[32 * i..32 * (i + 1)]));
        state = compress(k, &state, &words);
    }
    state
        .iter()
        .flat_map(|word| word.bits().chunks(8).rev().map(|byte| k.from_bits(byte)))
        .collect()
}

/// SHA-256: input `message`, output `digest` of 32 bytes.
///
/// # Errors
/// [`KernelError::Misuse`] for an empty message, which leaves nothing to prove.
pub fn sha256(bytes: usize, encoding: Encoding) -> Result<CircuitKernel, KernelError> {
    CircuitKernel::compile("sha-256", |k| {
        if bytes == 0 {
            k.misuse("message", "at least one byte", bytes);
            return;
        }
        let message = encoding.input(k, bytes);
        k.output("digest", &digest(k, &message));
    })
}

/// The word of four bytes, the most significant first.
fn big_endian<'k>(k: &'k KernelBuilder, bits: &[Var<'k>]) -> U32<'k> {
    let bits: Vec<Var<'k>> = bits.chunks(8).rev().flatten().copied().collect();
    U32::from_bits(k, &bits)
}

fn zip3<'k>(
    k: &'k KernelBuilder,
    a: &U32<'k>,
    b: &U32<'k>,
    c: &U32<'k>,
    f: impl Fn(Var<'k>, Var<'k>, Var<'k>) -> Var<'k>,
) -> U32<'k> {
    let bits: Vec<Var<'k>> = (0..32)
        .map(|i| f(a.bits()[i], b.bits()[i], c.bits()[i]))
        .collect();
    U32::from_bits(k, &bits)
}

/// For signs, `(a + b + c − a·b·c) / 2`.
fn majority<'k>(k: &'k KernelBuilder, a: Var<'k>, b: Var<'k>, c: Var<'k>) -> Var<'k> {
    let signs = [a, b, c].map(|bit| k.sign(bit));
    let half = k.half();
    let sum = k.linear(0, &[(half, k.sum(&signs)), (-half, k.product(&signs))]);
    k.unsign(sum)
}

/// The first 32 fractional bits of the `degree`-th roots of the first primes.
fn roots<const N: usize>(degree: u32) -> [u32; N] {
    let mut primes = (2u64..).filter(|&n| (2..n).take_while(|d| d * d <= n).all(|d| n % d != 0));
    std::array::from_fn(|_| {
        // root · 2^32 is the largest integer whose power does not exceed prime · 2^(32·degree).
        let prime = u128::from(primes.next().unwrap_or(2));
        let (mut low, mut high) = (0u128, 1u128 << 37);
        while high - low > 1 {
            let middle = (low + high) / 2;
            let fits = middle.pow(degree) <= prime << (32 * degree);
            if fits {
                low = middle;
            } else {
                high = middle;
            }
        }
        low as u32
    })
}
