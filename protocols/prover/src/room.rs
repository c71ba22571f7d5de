//! What a proof may hold in memory at once, where it could compute or send again in smaller parts instead.

/// Bounds on memory that a prover trades for time; no byte of a proof depends on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes of the levels of one circuit that are kept; where all of them take more, some are computed again.
    pub level_bytes: u64,
    /// Scalars of one block of rows of a commitment: what a device keeps of them in its own layout is bounded by it.
    pub commit_scalars: usize,
    /// Segments of the backward pass that are proved at once, if there are as many threads.
    pub segments: usize,
}

impl Room {
    /// From room for everything down to the least: below its blocks, rows are no longer worth a batch.
    pub(crate) fn shrinking() -> impl Iterator<Item = Self> {
        let most = Self {
            level_bytes: 1 << 32,
            ..Self::default()
        };
        std::iter::successors(Some(most), |room| {
            let next = Self {
                level_bytes: match room.level_bytes {
                    0..=0xffff => 0,
                    more => more / 4,
                },
                // Levels first: to compute them again costs little.
                commit_scalars: match room.level_bytes {
                    0..=0xff_ffff => (room.commit_scalars / 4).max(1 << 12),
                    _ => room.commit_scalars,
                },
                // More threads help within a segment as well.
                segments: match room.level_bytes {
                    0..=0x100_0000 => 1,
                    _ => room.segments,
                },
            };
            (next != *room).then_some(next)
        })
    }
}

impl Default for Room {
    /// Levels of 16 MiB, blocks of 2^20 scalars: more of either saves no time. As many segments as threads.
    fn default() -> Self {
        Self {
            level_bytes: 1 << 24,
            commit_scalars: 1 << 20,
            segments: usize::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_shrink_to_the_least() {
        let rooms: Vec<Room> = Room::shrinking().collect();
        assert!(rooms.windows(2).all(|pair| {
            pair[1].level_bytes <= pair[0].level_bytes
                && pair[1].commit_scalars <= pair[0].commit_scalars
                && pair[1].segments <= pair[0].segments
        }));
        let least = Room {
            level_bytes: 0,
            commit_scalars: 1 << 12,
            segments: 1,
        };
        assert_eq!(rooms.last(), Some(&least));
        assert!(rooms.contains(&Room::default()));
        assert!(rooms.len() < 15);
    }
}
