//! Memory for tables that cannot be bound in place, kept from one sumcheck to the next.
//!
//! A fresh page costs more than the arithmetic on it: the kernel clears it, and on a virtual machine maps it twice.

use std::sync::{Mutex, PoisonError};

use kernelwise_field::{AdditiveGroup, Fr};

/// Elements kept at most, over all rooms: 64 MiB.
const KEPT: usize = 1 << 21;

/// Free memory, no more than was ever in use at once.
#[derive(Default)]
pub(super) struct Rooms(Mutex<State>);

#[derive(Default)]
struct State {
    free: Vec<Vec<Fr>>,
    /// Elements in use, and the most that ever were.
    used: usize,
    most: usize,
}

impl Rooms {
    /// Memory of at least `len` elements with arbitrary contents.
    pub(super) fn take(&self, len: usize) -> Vec<Fr> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let free = &mut state.free;
        let smallest = (0..free.len())
            .filter(|&index| free[index].len() >= len)
            .min_by_key(|&index| free[index].len());
        let found = smallest.map(|index| free.swap_remove(index));
        let outgrown = if found.is_none() {
            // What is too small gives way to what is not.
            let largest = (0..free.len()).max_by_key(|&index| free[index].len());
            largest.map(|index| free.swap_remove(index))
        } else {
            None
        };
        state.used += found.as_ref().map_or(len, Vec::len);
        state.most = state.most.max(state.used);
        drop(state);
        drop(outgrown);
        found.unwrap_or_else(|| vec![Fr::ZERO; len])
    }

    /// Keeps memory for later, unless there is enough. It need not have been taken from here.
    pub(super) fn give_back(&self, room: Vec<Fr>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.used = state.used.saturating_sub(room.len());
        let kept: usize = state.free.iter().map(Vec::len).sum();
        if kept + room.len() <= state.most.min(KEPT) {
            state.free.push(room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rooms that were taken at once and are free now.
    fn free(lens: &[usize]) -> Rooms {
        let rooms = Rooms::default();
        let taken: Vec<_> = lens.iter().map(|&len| rooms.take(len)).collect();
        taken.into_iter().for_each(|room| rooms.give_back(room));
        rooms
    }

    #[test]
    fn memory_is_reused_smallest_first() {
        let rooms = free(&[64, 32]);
        assert_eq!(rooms.take(16).len(), 32);
        assert_eq!(rooms.take(16).len(), 64);
        assert_eq!(rooms.take(16).len(), 16);
    }

    #[test]
    fn what_is_outgrown_goes() {
        let rooms = free(&[8, 32]);
        assert_eq!(rooms.take(64).len(), 64);
        assert_eq!(rooms.take(1).len(), 8);
        assert_eq!(rooms.take(1).len(), 1);
    }

    #[test]
    fn what_was_never_taken_does_not_pile_up() {
        let rooms = free(&[16]);
        (0..9).for_each(|_| rooms.give_back(vec![Fr::ZERO; 16]));
        assert_eq!(rooms.take(1).len(), 16);
        assert_eq!(rooms.take(1).len(), 1);
    }

    #[test]
    fn no_more_is_kept_than_said() {
        let rooms = free(&[KEPT + 1]);
        assert_eq!(rooms.take(1).len(), 1);
    }
}
