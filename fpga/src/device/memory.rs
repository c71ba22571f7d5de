//! Who owns which rows of the core's memory.

use std::sync::{Arc, Mutex, PoisonError};

/// Free rows, as disjoint ranges in order.
#[derive(Debug)]
pub(super) struct FreeList {
    ranges: Mutex<Vec<std::ops::Range<u16>>>,
}

/// Rows that belong to one owner until dropped.
#[derive(Debug)]
pub(super) struct Region {
    range: std::ops::Range<u16>,
    list: Arc<FreeList>,
}

impl FreeList {
    pub(super) fn new(range: std::ops::Range<u16>) -> Arc<Self> {
        Arc::new(Self {
            ranges: Mutex::new(vec![range]),
        })
    }

    /// The largest number of rows that one region can have now.
    pub(super) fn largest(&self) -> usize {
        let ranges = self.ranges.lock().unwrap_or_else(PoisonError::into_inner);
        ranges.iter().map(ExactSizeIterator::len).max().unwrap_or(0)
    }

    /// `rows` rows in one piece, first fit.
    pub(super) fn take(self: &Arc<Self>, rows: usize) -> Option<Region> {
        let mut ranges = self.ranges.lock().unwrap_or_else(PoisonError::into_inner);
        let index = ranges.iter().position(|range| range.len() >= rows)?;
        let range = ranges.get_mut(index)?;
        let end = range.start + u16::try_from(rows).ok()?;
        let taken = range.start..end;
        range.start = end;
        if range.start == range.end {
            ranges.remove(index);
        }
        Some(Region {
            range: taken,
            list: Arc::clone(self),
        })
    }
}

impl Region {
    /// The first row.
    pub(super) fn start(&self) -> u16 {
        self.range.start
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        if self.range.start == self.range.end {
            return;
        }
        let mut ranges = self
            .list
            .ranges
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let at = ranges.partition_point(|range| range.start < self.range.start);
        ranges.insert(at, self.range.clone());
        ranges.dedup_by(|next, range| {
            let joined = range.end == next.start;
            if joined {
                range.end = next.end;
            }
            joined
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_disjoint_and_come_back() {
        let list = FreeList::new(10..110);
        let a = list.take(30).unwrap();
        let b = list.take(30).unwrap();
        let c = list.take(40).unwrap();
        assert!(list.take(1).is_none());
        drop(b);
        assert_eq!(list.largest(), 30);
        let b = list.take(20).unwrap();
        assert_eq!(b.start(), 40);
        drop((a, c));
        assert_eq!(list.largest(), 50);
        drop(b);
        assert_eq!(list.largest(), 100);
    }
}
