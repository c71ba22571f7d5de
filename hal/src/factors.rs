//! The factors of a term, kept inside it.

use std::ops::{Deref, DerefMut};

use smallvec::SmallVec;

/// Indices that a term holds without memory of its own: a weight and products of up to five tables.
const INLINE: usize = 6;

/// Indices of tables, of which up to six need no allocation: a request may have many thousands of terms.
///
/// Reads as a slice; made from arrays, slices and iterators.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Factors(SmallVec<[usize; INLINE]>);

impl Factors {
    /// Takes out the factor at `position`, and puts the last one in its place.
    ///
    /// # Panics
    /// If there is no such position.
    #[inline]
    pub fn swap_remove(&mut self, position: usize) -> usize {
        self.0.swap_remove(position)
    }
}

impl Deref for Factors {
    type Target = [usize];

    #[inline]
    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl DerefMut for Factors {
    #[inline]
    fn deref_mut(&mut self) -> &mut [usize] {
        &mut self.0
    }
}

impl<const N: usize> From<[usize; N]> for Factors {
    #[inline]
    fn from(indices: [usize; N]) -> Self {
        Self(SmallVec::from_slice(&indices))
    }
}

impl From<&[usize]> for Factors {
    #[inline]
    fn from(indices: &[usize]) -> Self {
        Self(SmallVec::from_slice(indices))
    }
}

impl FromIterator<usize> for Factors {
    #[inline]
    fn from_iter<I: IntoIterator<Item = usize>>(indices: I) -> Self {
        Self(indices.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Factors {
    type Item = &'a usize;
    type IntoIter = std::slice::Iter<'a, usize>;

    #[inline]
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_factors_is_kept_in_order() {
        for len in 0..10 {
            let indices: Vec<usize> = (0..len).map(|i| i * i).collect();
            let factors = Factors::from(&indices[..]);
            assert_eq!(*factors, *indices);
            assert_eq!(indices.into_iter().collect::<Factors>(), factors);
        }
        assert_eq!(*Factors::from([3, 1]), [3, 1]);
    }

    #[test]
    fn a_removed_factor_leaves_the_others() {
        let mut factors = Factors::from([5, 6, 7]);
        assert_eq!(factors.swap_remove(0), 5);
        assert_eq!(*factors, [7, 6]);
    }
}
