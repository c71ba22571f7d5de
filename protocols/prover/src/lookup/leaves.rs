//! The leaves of the tree: numerators as small integers, denominators as field elements.

use kernelwise_core::field::{Field, Fr};
use kernelwise_core::kernels::LookupSpec;
use kernelwise_core::lookup::{Block, BlockKind, Fingerprint};
use kernelwise_core::program::{LookupTable, Program, Range, Shape, TableId};
use rayon::prelude::*;

use super::form_values;
use crate::error::ProveError;
use crate::tensor::{IntData, IntTensor};
use crate::witness::Witness;

/// All leaves. Numerators stay integers until the first challenge binds them.
pub(super) struct Leaves {
    pub(super) numerators: IntData,
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
    let mut denominators = vec![Fr::ONE; 1 << layout.num_vars()];
    let mut rest = denominators.as_mut_slice();
    let mut parts = Vec::with_capacity(layout.blocks().len());
    for block in layout.blocks() {
        let (part, after) = rest.split_at_mut(1 << block.num_vars);
        parts.push((block, part));
        rest = after;
    }
    parts.into_par_iter().try_for_each(|(block, leaves)| {
        fill_denominators(program, witness, fingerprint, &entries, block, leaves)
    })?;
    Ok(Leaves {
        numerators: numerators(program, witness)?,
        denominators,
    })
}

/// The denominators of a table's entries; looked-up leaves are copies of them.
fn table_entries(fingerprint: &Fingerprint, id: TableId, table: &LookupTable) -> Vec<Fr> {
    let domain = table.domain();
    let output = |input| table.apply(input).unwrap_or(0);
    let mut last = output(domain.lo);
    let mut entry = fingerprint.denominator(id, Fr::from(domain.lo), Fr::from(last));
    let mut entries = Vec::with_capacity(1 << table.bits);
    entries.push(entry);
    // From one entry to the next, inputs grow by one; outputs mostly stay, or grow by one as well.
    for input in domain.lo + 1..=domain.hi {
        let next = output(input);
        entry -= Fr::ONE;
        match next.wrapping_sub(last) {
            0 => {}
            1 => entry -= fingerprint.beta,
            _ => entry -= fingerprint.beta * (Fr::from(next) - Fr::from(last)),
        }
        last = next;
        entries.push(entry);
    }
    entries
}

fn fill_denominators(
    program: &Program,
    witness: &Witness,
    fingerprint: &Fingerprint,
    entries: &[Vec<Fr>],
    block: &Block,
    leaves: &mut [Fr],
) -> Result<(), ProveError> {
    let known = |id: TableId| {
        let table = program.graph().table(id).zip(entries.get(id.0 as usize));
        table.ok_or(ProveError::Internal("a lookup block without its table"))
    };
    let index = match block.kind {
        BlockKind::Table(id) => {
            let (_, entries) = known(id)?;
            for (leaf, entry) in leaves.iter_mut().zip(entries) {
                *leaf = *entry;
            }
            return Ok(());
        }
        BlockKind::Lookup(index) => index,
    };
    let lookup = lookup_at(program, index)?;
    let (table, entries) = known(lookup.table)?;
    let inputs = form_values(witness, &lookup.domain, &lookup.input)?;
    let outputs = match &lookup.output {
        Some(form) => form_values(witness, &lookup.domain, form)?,
        None => vec![0; inputs.len()],
    };
    let (input_constant, output_constant) = (
        lookup.input.constant,
        lookup.output.as_ref().map_or(0, |form| form.constant),
    );
    let denominator =
        |input, output| fingerprint.denominator(lookup.table, Fr::from(input), Fr::from(output));
    leaves.fill(denominator(input_constant, output_constant));
    let mut pairs = inputs.iter().zip(&outputs);
    for row in padded_runs(&lookup.domain) {
        let Some(row) = leaves.get_mut(row) else {
            continue;
        };
        for (leaf, (input, output)) in row.iter_mut().zip(&mut pairs) {
            let (input, output) = (input + input_constant, output + output_constant);
            let entry = usize::try_from(input.wrapping_sub(table.lo))
                .ok()
                .and_then(|entry| entries.get(entry));
            *leaf = match entry {
                Some(&entry) if table.apply(input) == Some(output) => entry,
                // Not in the table: the leaf is what it is, and the proof will not verify.
                _ => denominator(input, output),
            };
        }
    }
    Ok(())
}

fn lookup_at(program: &Program, index: usize) -> Result<&LookupSpec, ProveError> {
    let lookup = program.lookups().get(index);
    lookup.ok_or(ProveError::Internal("a block without its lookup"))
}

/// The runs of a padded table that hold logical elements, in row-major order.
fn padded_runs(shape: &Shape) -> impl Iterator<Item = std::ops::Range<usize>> {
    let width = shape.dims().last().copied().unwrap_or(1);
    shape
        .padded_rows()
        .into_iter()
        .map(move |start| start..start + width)
}

/// One per lookup, minus the count per table entry, in the narrowest integers that hold them all.
fn numerators(program: &Program, witness: &Witness) -> Result<IntData, ProveError> {
    let (mut lo, mut hi) = (0, 1);
    for table in &program.graph().tables {
        for count in witness.tensor(table.multiplicities)?.as_slice().iter() {
            lo = lo.min(count.wrapping_neg());
            hi = hi.max(count.wrapping_neg());
        }
    }
    let range = Range::new(lo, hi);
    let fits = |min: i64, max: i64| Range::new(min, max).encloses(&range);
    Ok(if fits(i8::MIN.into(), i8::MAX.into()) {
        IntData::I8(numerators_as(program, witness)?)
    } else if fits(i16::MIN.into(), i16::MAX.into()) {
        IntData::I16(numerators_as(program, witness)?)
    } else if fits(i32::MIN.into(), i32::MAX.into()) {
        IntData::I32(numerators_as(program, witness)?)
    } else {
        IntData::I64(numerators_as(program, witness)?)
    })
}

/// Numerators in integers that are known to hold them.
fn numerators_as<T: Copy + From<bool> + TryFrom<i64>>(
    program: &Program,
    witness: &Witness,
) -> Result<Vec<T>, ProveError> {
    let layout = program.layout();
    let mut all = vec![T::from(false); 1 << layout.num_vars()];
    for block in layout.blocks() {
        let leaves = all.get_mut(block.offset..).unwrap_or_default();
        match block.kind {
            BlockKind::Lookup(index) => {
                for run in padded_runs(&lookup_at(program, index)?.domain) {
                    leaves.get_mut(run).unwrap_or_default().fill(T::from(true));
                }
            }
            BlockKind::Table(id) => {
                let table = program.graph().table(id);
                let table = table.ok_or(ProveError::Internal("a block without its table"))?;
                let counts: &IntTensor = witness.tensor(table.multiplicities)?;
                for (leaf, count) in leaves.iter_mut().zip(counts.as_slice().iter()) {
                    *leaf = T::try_from(count.wrapping_neg())
                        .map_err(|_| ProveError::Internal("a count that was not looked at"))?;
                }
            }
        }
    }
    Ok(all)
}
