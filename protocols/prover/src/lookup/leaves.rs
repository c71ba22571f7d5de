//! The leaves of the tree: numerators as small integers, denominators as field elements.

use kernelwise_core::field::{Field, Fr};
use kernelwise_core::lookup::{Block, BlockKind, Fingerprint};
use kernelwise_core::program::{LookupTable, Program, TableId};
use rayon::prelude::*;

use super::form_values;
use crate::error::ProveError;
use crate::witness::Witness;

/// All leaves. Numerators stay integers until the first challenge binds them.
pub(super) struct Leaves {
    pub(super) numerators: Vec<i64>,
    pub(super) denominators: Vec<Fr>,
}

/// Builds the leaves of every block; the rest is `0/1`.
pub(super) fn build(
    program: &Program,
    witness: &Witness,
    fingerprint: &Fingerprint,
) -> Result<Leaves, ProveError> {
    let layout = program.layout();
    let entries: Vec<Vec<Fr>> = (0u32..)
        .zip(&program.graph().tables)
        .map(|(id, table)| table_entries(fingerprint, TableId(id), table))
        .collect();
    let blocks: Vec<_> = layout
        .blocks()
        .par_iter()
        .map(|block| build_block(program, witness, fingerprint, &entries, block))
        .collect::<Result<_, _>>()?;
    let (mut numerators, mut denominators) = (Vec::new(), Vec::new());
    numerators.reserve_exact(1 << layout.num_vars());
    denominators.reserve_exact(1 << layout.num_vars());
    for (tops, bottoms) in blocks {
        numerators.extend(tops);
        denominators.extend(bottoms);
    }
    numerators.resize(1 << layout.num_vars(), 0);
    denominators.resize(1 << layout.num_vars(), Fr::ONE);
    Ok(Leaves {
        numerators,
        denominators,
    })
}

/// The denominators of a table's entries; looked-up leaves are copies of them.
fn table_entries(fingerprint: &Fingerprint, id: TableId, table: &LookupTable) -> Vec<Fr> {
    let entry = |input: i64| {
        let output = table.apply(input).unwrap_or(0);
        fingerprint.denominator(id, Fr::from(input), Fr::from(output))
    };
    let domain = table.domain();
    (domain.lo..=domain.hi).into_par_iter().map(entry).collect()
}

fn build_block(
    program: &Program,
    witness: &Witness,
    fingerprint: &Fingerprint,
    entries: &[Vec<Fr>],
    block: &Block,
) -> Result<(Vec<i64>, Vec<Fr>), ProveError> {
    let inconsistent = ProveError::Internal("a lookup block without its table");
    match block.kind {
        BlockKind::Table(id) => {
            let table = program.graph().table(id).ok_or(inconsistent.clone())?;
            let counts = witness.tensor(table.multiplicities)?.to_vec();
            let bottoms = entries.get(id.0 as usize).ok_or(inconsistent)?.clone();
            Ok((counts.iter().map(|&count| -count).collect(), bottoms))
        }
        BlockKind::Lookup(index) => {
            let lookup = program.lookups().get(index).ok_or(inconsistent.clone())?;
            let table = program
                .graph()
                .table(lookup.table)
                .ok_or(inconsistent.clone())?;
            let entries = entries.get(lookup.table.0 as usize).ok_or(inconsistent)?;
            let inputs = form_values(witness, &lookup.domain, &lookup.input)?;
            let outputs = match &lookup.output {
                Some(form) => form_values(witness, &lookup.domain, form)?,
                None => vec![0; inputs.len()],
            };
            let constants = (
                lookup.input.constant,
                lookup.output.as_ref().map_or(0, |form| form.constant),
            );
            let denominator = |input: i64, output: i64| {
                let known = usize::try_from(input.wrapping_sub(table.lo))
                    .ok()
                    .and_then(|i| entries.get(i));
                match known {
                    Some(&entry) if table.apply(input) == Some(output) => entry,
                    // Not in the table: the leaf is what it is, and the proof will not verify.
                    _ => fingerprint.denominator(lookup.table, Fr::from(input), Fr::from(output)),
                }
            };
            let bottoms: Vec<Fr> = inputs
                .iter()
                .zip(&outputs)
                .map(|(input, output)| denominator(input + constants.0, output + constants.1))
                .collect();
            let padding =
                fingerprint.denominator(lookup.table, Fr::from(constants.0), Fr::from(constants.1));
            Ok((
                lookup.domain.pad(&vec![1; inputs.len()], 0),
                lookup.domain.pad(&bottoms, padding),
            ))
        }
    }
}
