//! Memory of levels that are gone, for levels to come: a fresh page costs more than what is computed on it.

use kernelwise_core::field::Fr;

use super::levels::{Level, Rows};

/// Free memory, by the type of what it holds; with what is in use, no more than ever was in use at once.
#[derive(Debug, Default)]
pub(super) struct Spares {
    pub(super) i8: Shelf<i8>,
    pub(super) i16: Shelf<i16>,
    pub(super) i32: Shelf<i32>,
    pub(super) i64: Shelf<i64>,
    pub(super) field: Shelf<Fr>,
}

impl Spares {
    /// Takes the memory of a level back.
    pub(super) fn recycle(&mut self, level: Level) {
        let Rows {
            i8,
            i16,
            i32,
            i64,
            field,
        } = level.into_rows();
        self.i8.give_back(i8);
        self.i16.give_back(i16);
        self.i32.give_back(i32);
        self.i64.give_back(i64);
        self.field.give_back(field);
    }
}

/// Free memory for one type of values.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    free: Vec<Vec<T>>,
    /// Values that there is memory for: in use now, and the most that ever were.
    used: usize,
    most: usize,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self {
            free: Vec::new(),
            used: 0,
            most: 0,
        }
    }
}

impl<T: Copy> Shelf<T> {
    /// `len` copies of `zero`, in the smallest memory that is large enough.
    pub(super) fn take(&mut self, zero: T, len: usize) -> Vec<T> {
        if len == 0 {
            return Vec::new();
        }
        let capacity = |free: &[Vec<T>], index: usize| free.get(index).map_or(0, Vec::capacity);
        let places = 0..self.free.len();
        let found = places
            .clone()
            .filter(|&index| capacity(&self.free, index) >= len)
            .min_by_key(|&index| capacity(&self.free, index));
        let mut values = if let Some(index) = found {
            self.free.swap_remove(index)
        } else {
            // What is too small gives way to what is not.
            let largest = places.max_by_key(|&index| capacity(&self.free, index));
            drop(largest.map(|index| self.free.swap_remove(index)));
            Vec::with_capacity(len)
        };
        values.clear();
        values.resize(len, zero);
        self.used += values.capacity();
        self.most = self.most.max(self.used);
        values
    }

    fn give_back(&mut self, values: Vec<T>) {
        self.used = self.used.saturating_sub(values.capacity());
        let kept: usize = self.free.iter().map(Vec::capacity).sum();
        if values.capacity() > 0 && self.used + kept + values.capacity() <= self.most {
            self.free.push(values);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again_and_never_grows_beyond_its_most() {
        let mut shelf = Shelf::<i64>::default();
        let large = shelf.take(7, 1000);
        let small = shelf.take(7, 10);
        assert_eq!((large[999], small[9]), (7, 7));
        let places = [large.as_ptr(), small.as_ptr()];
        shelf.give_back(large);
        shelf.give_back(small);
        let (small, large) = (shelf.take(0, 9), shelf.take(0, 900));
        assert_eq!([large.as_ptr(), small.as_ptr()], places);
        assert!(large.iter().chain(&small).all(|&value| value == 0));
        shelf.give_back(large);
        shelf.give_back(small);
        // Neither is large enough: one gives way, and there is no room for the other beside it.
        let larger = shelf.take(0, 1005);
        shelf.give_back(larger);
        let kept: usize = shelf.free.iter().map(Vec::capacity).sum();
        assert!(kept <= shelf.most && shelf.most < 1100, "{kept}");
        assert!(shelf.take(0, 0).is_empty());
    }
}
