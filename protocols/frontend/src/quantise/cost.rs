//! What a program costs to prove, as far as quantisation can choose.

use kernelwise_core::commitment::RowLayout;
use kernelwise_core::program::{KernelGraph, Program, TensorKind};

/// Leaves of the lookup argument plus committed elements: both cost a few field operations each.
pub(super) fn proving_cost(program: &Program) -> u64 {
    let leaves = program.layout().blocks().iter();
    let leaves: u64 = leaves.map(|block| 1u64 << block.num_vars).sum();
    let advice = program.tensors_of(TensorKind::Advice);
    leaves
        + advice
            .map(|(_, tensor)| tensor.shape.len() as u64)
            .sum::<u64>()
}

/// The columns per row that make the committed part of a proof smallest: one point per row and one vector as wide as the widest
/// row.
pub(super) fn best_columns(graph: &KernelGraph) -> usize {
    const CANDIDATES: [usize; 4] = [1024, 512, 256, 128];
    const ELEMENT_BYTES: usize = 32;
    let bytes = |max_columns: usize| {
        let (mut rows, mut widest) = (0usize, 0usize);
        for tensor in &graph.tensors {
            let layout = RowLayout::new(&tensor.shape, max_columns);
            match tensor.kind {
                TensorKind::Advice => rows = rows.saturating_add(layout.rows),
                TensorKind::Parameter => {}
                _ => continue,
            }
            widest = widest.max(layout.columns);
        }
        rows.saturating_add(widest).saturating_mul(ELEMENT_BYTES)
    };
    CANDIDATES
        .into_iter()
        .min_by_key(|&columns| bytes(columns))
        .unwrap_or(1024)
}
