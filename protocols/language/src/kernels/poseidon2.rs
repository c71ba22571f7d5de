//! Poseidon2 over the scalar field of BN254 with three elements: `x^5`, 8 full and 56 partial rounds.
//!
//! A round is two layers: fifth powers, then the matrix with the next round's constants, which is linear and so costs next to nothing.
//! As rank-one constraints it is three for each fifth power, 240 in all.
//!
//! # Source
//! Grassi, Khovratovich, Schofnegger, [*Poseidon2*](https://eprint.iacr.org/2023/323), section 5; round constants as in
//! [*Poseidon*](https://eprint.iacr.org/2019/458), appendix E. Parameters and constants are those of the authors' reference code.

use std::sync::LazyLock;

use kernelwise_core::field::{AdditiveGroup, Fr};
use kernelwise_core::program::Range;

use super::grain::Grain;
use crate::builder::{KernelBuilder, Var};
use crate::error::KernelError;
use crate::kernel::CircuitKernel;
use crate::lower::CompileOptions;

/// Elements of the state.
pub const WIDTH: usize = 3;
/// Full rounds, half of them before the partial ones.
pub const FULL_ROUNDS: usize = 8;
/// Rounds whose S-box is applied to the first element alone.
pub const PARTIAL_ROUNDS: usize = 56;
const ROUNDS: usize = FULL_ROUNDS + PARTIAL_ROUNDS;

/// Fifth powers are one gate each.
pub(super) const OPTIONS: CompileOptions = CompileOptions {
    instances: 64,
    max_degree: Some(5),
};

/// The linear layer of full rounds, also applied before the first.
const EXTERNAL: [[u64; WIDTH]; WIDTH] = [[2, 1, 1], [1, 2, 1], [1, 1, 2]];
/// The linear layer of partial rounds.
const INTERNAL: [[u64; WIDTH]; WIDTH] = [[2, 1, 1], [1, 2, 1], [1, 1, 3]];

/// What each round adds before its S-boxes; nothing after the last.
static CONSTANTS: LazyLock<[[Fr; WIDTH]; ROUNDS + 1]> = LazyLock::new(|| {
    let mut grain = Grain::new(WIDTH as u128, FULL_ROUNDS as u128, PARTIAL_ROUNDS as u128);
    let mut constants = [[Fr::ZERO; WIDTH]; ROUNDS + 1];
    for (round, own) in constants.iter_mut().take(ROUNDS).enumerate() {
        let used = if is_full(round) { WIDTH } else { 1 };
        own[..used].fill_with(|| grain.element());
    }
    constants
});

fn is_full(round: usize) -> bool {
    !(FULL_ROUNDS / 2..FULL_ROUNDS / 2 + PARTIAL_ROUNDS).contains(&round)
}

/// The permutation.
pub fn permute<'k>(k: &'k KernelBuilder, state: [Var<'k>; WIDTH]) -> [Var<'k>; WIDTH] {
    let [first, rest @ ..] = &*CONSTANTS;
    let mut state = linear_layer(k, &EXTERNAL, first, state);
    for (round, next) in rest.iter().enumerate() {
        let full = is_full(round);
        let boxes = if full { WIDTH } else { 1 };
        for x in &mut state[..boxes] {
            let square = *x * *x;
            *x = k.wire(k.product(&[square, square, *x]));
        }
        state = linear_layer(k, if full { &EXTERNAL } else { &INTERNAL }, next, state);
    }
    state
}

/// `constants + matrix · state`, a wire for each element.
fn linear_layer<'k>(
    k: &'k KernelBuilder,
    matrix: &[[u64; WIDTH]; WIDTH],
    constants: &[Fr; WIDTH],
    state: [Var<'k>; WIDTH],
) -> [Var<'k>; WIDTH] {
    std::array::from_fn(|i| {
        let terms: [_; WIDTH] = std::array::from_fn(|j| (Fr::from(matrix[i][j]), state[j]));
        k.wire(k.linear(constants[i], &terms))
    })
}

/// Two elements to one: the first element of the permutation of `[left, right, 0]`.
///
/// This is the sponge with two elements of rate and one of capacity, on one block without padding, whose length is fixed: not the mode
/// that adds the input to the output.
pub fn compress<'k>(k: &'k KernelBuilder, left: Var<'k>, right: Var<'k>) -> Var<'k> {
    let [first, ..] = permute(k, [left, right, k.constant(Fr::ZERO)]);
    first
}

/// The permutation: input `state` and output `permuted`, of three field elements each.
///
/// # Errors
/// None in practice; as [`CircuitKernel::compile`].
pub fn permutation() -> Result<CircuitKernel, KernelError> {
    CircuitKernel::compile_with("poseidon2", &OPTIONS, |k| {
        let state = k.input("state", WIDTH, Range::FIELD);
        k.output("permuted", &permute(k, [state[0], state[1], state[2]]));
    })
}

/// [`compress`]: inputs `left` and `right`, output `digest`, one field element each.
///
/// # Errors
/// None in practice; as [`CircuitKernel::compile`].
pub fn compression() -> Result<CircuitKernel, KernelError> {
    CircuitKernel::compile_with("poseidon2 compression", &OPTIONS, |k| {
        let left = k.scalar("left", Range::FIELD);
        let right = k.scalar("right", Range::FIELD);
        k.output_scalar("digest", compress(k, left, right));
    })
}
