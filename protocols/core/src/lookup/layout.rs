//! Where each lookup and each table lies among the leaves.

use crate::kernels::LookupSpec;
use crate::program::{KernelGraph, TableId};

/// What a block of leaves holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// The lookup at this index of [`crate::program::Program::lookups`].
    Lookup(usize),
    /// The entries of this table.
    Table(TableId),
}

/// An aligned run of `2^num_vars` leaves that starts at `offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// What it holds.
    pub kind: BlockKind,
    /// Variables of the block's own index.
    pub num_vars: usize,
    /// Index of its first leaf, a multiple of `2^num_vars`.
    pub offset: usize,
}

/// All blocks, largest first, so that each is aligned to its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupLayout {
    blocks: Vec<Block>,
    num_vars: usize,
}

impl LookupLayout {
    /// Lays out the lookups and the tables of a graph.
    pub fn new(graph: &KernelGraph, lookups: &[LookupSpec]) -> Self {
        let lookups = lookups
            .iter()
            .enumerate()
            .map(|(index, lookup)| (BlockKind::Lookup(index), lookup.domain.num_vars()));
        let tables = (0u32..)
            .zip(&graph.tables)
            .map(|(id, table)| (BlockKind::Table(TableId(id)), table.bits as usize));
        let mut sizes: Vec<_> = lookups.chain(tables).collect();
        sizes.sort_by_key(|&(_, num_vars)| std::cmp::Reverse(num_vars));
        let mut offset = 0usize;
        let blocks = sizes
            .into_iter()
            .map(|(kind, num_vars)| {
                let block = Block {
                    kind,
                    num_vars,
                    offset,
                };
                offset = offset
                    .saturating_add(1usize.checked_shl(num_vars as u32).unwrap_or(usize::MAX));
                block
            })
            .collect();
        Self {
            blocks,
            num_vars: crate::program::log2_ceil(offset.min(1 << 62)),
        }
    }

    /// The blocks, in the order of their offsets.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Variables of the whole tree's leaves.
    pub fn num_vars(&self) -> usize {
        self.num_vars
    }

    /// Whether there is nothing to look up.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }
}
