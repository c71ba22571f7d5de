//! Which levels of a circuit are kept while they are taken from the top.
//!
//! With depth 1 all are. With depth `d`, about `n^(1/d)` of `n` are kept; what lies above the last of them has depth `d − 1`, and once that is
//! taken, so has what lies above the one before, which is then computed again. So `d·n^(1/d)` levels are held, and each is computed
//! at most `d` times.
//!
//! # Source
//! [Chen, Xu, Zhang, Guestrin 2016](https://arxiv.org/abs/1604.06174), section 4.

/// Depths beyond this save no memory for any circuit of sensible size.
const MAX_DEPTH: u32 = 8;

/// The levels that are kept, from the lowest up, and how what lies above each of them is to be computed.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    kept: Vec<(usize, u32)>,
}

impl Schedule {
    /// For `levels` levels, of which level 0 is known.
    pub(super) fn new(levels: usize, depth: u32) -> Self {
        let kept = if levels == 0 {
            Vec::new()
        } else {
            vec![(0, depth.max(1))]
        };
        Self { kept }
    }

    /// The one with the fewest recomputations that holds at most `room` bytes of levels of these sizes, or else the one that holds
    /// least.
    pub(super) fn within(bytes: &[u64], room: u64) -> Self {
        let schedules = (1..=MAX_DEPTH).map(|depth| Self::new(bytes.len(), depth));
        let mut best: Option<(u64, Self)> = None;
        for schedule in schedules {
            let held = schedule.held(bytes);
            if best.as_ref().is_none_or(|(least, _)| held < *least) {
                best = Some((held, schedule));
            }
            if held <= room {
                break;
            }
        }
        best.map_or_else(|| Self::new(bytes.len(), 1), |(_, schedule)| schedule)
    }

    /// Has the highest of `len` levels kept. Returns the level from which on others are to be computed, and those of them that stay;
    /// `None` if it is there already.
    pub(super) fn refill(&mut self, len: usize) -> Option<(usize, Vec<usize>)> {
        while self.kept.last().is_some_and(|&(level, _)| level >= len) {
            self.kept.pop();
        }
        let top = len.checked_sub(1)?;
        let mut last = self.kept.len().checked_sub(1)?;
        let known = self.kept[last].0;
        if known == top {
            return None;
        }
        let first = self.kept.len();
        while self.kept[last].0 < top {
            let (from, depth) = self.kept[last];
            let stride = stride(len - from, depth);
            // What lies above it up to the first that is kept comes again with one less.
            let rest = depth.saturating_sub(1).max(1);
            self.kept[last].1 = rest;
            let next = (from + stride..len).step_by(stride);
            self.kept.extend(next.map(|level| (level, rest)));
            last = self.kept.len() - 1;
        }
        let kept = self.kept[first..].iter().map(|&(level, _)| level);
        Some((known, kept.collect()))
    }

    /// The most bytes that levels of these sizes take at once.
    pub(super) fn held(&self, bytes: &[u64]) -> u64 {
        let mut schedule = self.clone();
        let size = |level: usize| bytes.get(level).copied().unwrap_or(0);
        let mut most = size(0);
        for len in (1..=bytes.len()).rev() {
            let Some((known, stay)) = schedule.refill(len) else {
                continue;
            };
            let below = schedule.kept.iter().filter(|(level, _)| *level <= known);
            let mut held: u64 = below.map(|&(level, _)| size(level)).sum();
            for level in known + 1..len {
                held += size(level);
                most = most.max(held);
                if level - 1 != known && !stay.contains(&(level - 1)) {
                    held -= size(level - 1);
                }
            }
        }
        most
    }
}

/// From one level that is kept to the next, among `count` levels of which the first is known.
fn stride(count: usize, depth: u32) -> usize {
    if depth <= 1 {
        return 1;
    }
    let exponent = f64::from(depth - 1) / f64::from(depth);
    ((count as f64).powf(exponent).round() as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes all levels from the top; returns how many are computed, and the most that are held.
    fn play(levels: usize, depth: u32) -> (usize, usize) {
        let mut schedule = Schedule::new(levels, depth);
        let mut known: Vec<bool> = (0..levels).map(|level| level == 0).collect();
        let (mut computed, mut most) = (0, 1);
        for len in (1..=levels).rev() {
            if let Some((from, stay)) = schedule.refill(len) {
                assert!(known[from] && known[from + 1..len].iter().all(|known| !known));
                for level in from + 1..len {
                    assert!(known[level - 1]);
                    known[level] = true;
                    computed += 1;
                    most = most.max(known[..len].iter().filter(|known| **known).count());
                    if level - 1 != from && !stay.contains(&(level - 1)) {
                        known[level - 1] = false;
                    }
                }
            }
            assert!(known[len - 1], "{levels} {depth}: {len}");
            known[len - 1] = false;
        }
        (computed, most)
    }

    #[test]
    fn every_level_is_there_when_it_is_taken() {
        for levels in 1..80 {
            for depth in 1..=MAX_DEPTH {
                let (computed, most) = play(levels, depth);
                assert!(
                    computed <= levels * depth as usize,
                    "{levels} {depth}: {computed}"
                );
                assert_eq!(
                    most as u64,
                    Schedule::new(levels, depth).held(&vec![1; levels])
                );
            }
        }
    }

    #[test]
    fn depth_is_memory_for_time() {
        assert_eq!(play(100, 1), (99, 100));
        let (computed, most) = play(100, 2);
        assert!(computed < 200 && most <= 21, "{computed} {most}");
        let (computed, most) = play(1000, 3);
        assert!(computed < 3000 && most <= 33, "{computed} {most}");
    }

    #[test]
    fn no_more_is_computed_again_than_room_demands() {
        let bytes = vec![10; 100];
        let held = |room| Schedule::within(&bytes, room).held(&bytes);
        assert_eq!(held(1000), 1000);
        assert!(held(999) <= 210);
        assert!(held(150) <= 150);
        assert!(held(0) < 150);
    }
}
