//! Memory for tables that cannot be bound in place, kept from one sumcheck to the next.
//!
//! A fresh page costs more than the arithmetic on it: the kernel clears it, and on a virtual machine maps it twice.

use std::sync::{Mutex, PoisonError};

use kernelwise_field::{AdditiveGroup, Fr};

/// Elements kept at most, over all rooms: 64 MiB.
const KEPT: usize = 1 << 21;

/// Free memory.
#[derive(Default)]
pub(super) struct Rooms {
    free: Mutex<Vec<Vec<Fr>>>,
}

impl Rooms {
    /// Memory of at least `len` elements with arbitrary contents.
    pub(super) fn take(&self, len: usize) -> Vec<Fr> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let smallest = (0..free.len())
            .filter(|&index| free[index].len() >= len)
            .min_by_key(|&index| free[index].len());
        match smallest {
            Some(index) => free.swap_remove(index),
            None => {
                // What is too small gives way to what is not, so that no more is kept than was ever in use at once.
                let largest = (0..free.len()).max_by_key(|&index| free[index].len());
                let outgrown = largest.map(|index| free.swap_remove(index));
                drop(free);
                drop(outgrown);
                vec![Fr::ZERO; len]
            }
        }
    }

    /// Keeps memory for later, unless there is enough.
    pub(super) fn give_back(&self, room: Vec<Fr>) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let kept: usize = free.iter().map(Vec::len).sum();
        if kept + room.len() <= KEPT {
            free.push(room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_reused_smallest_first() {
        let rooms = Rooms::default();
        rooms.give_back(vec![Fr::ZERO; 64]);
        rooms.give_back(vec![Fr::ZERO; 32]);
        assert_eq!(rooms.take(16).len(), 32);
        assert_eq!(rooms.take(16).len(), 64);
        assert_eq!(rooms.take(16).len(), 16);
    }

    #[test]
    fn what_is_outgrown_goes() {
        let rooms = Rooms::default();
        rooms.give_back(vec![Fr::ZERO; 8]);
        rooms.give_back(vec![Fr::ZERO; 32]);
        assert_eq!(rooms.take(64).len(), 64);
        assert_eq!(rooms.take(1).len(), 8);
        assert_eq!(rooms.take(1).len(), 1);
    }

    #[test]
    fn no_more_is_kept_than_said() {
        let rooms = Rooms::default();
        rooms.give_back(vec![Fr::ZERO; KEPT + 1]);
        assert_eq!(rooms.take(1).len(), 1);
    }
}
