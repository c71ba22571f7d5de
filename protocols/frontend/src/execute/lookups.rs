//! Every lookup of a program, evaluated from its specification, and how often each table entry is used.

use kernelwise_core::kernels::LinearForm;
use kernelwise_core::program::LookupTable;

use super::kernels::term_at;
use super::{State, for_each_index};
use crate::error::ExecuteError;

/// Fills the multiplicities of all tables.
///
/// # Errors
/// [`ExecuteError::Table`] if a looked-up pair is not in its table.
pub(super) fn count(state: &mut State<'_>) -> Result<(), ExecuteError> {
    let program = state.program;
    let graph = program.graph();
    let mut counts: Vec<Vec<i64>> = graph
        .tables
        .iter()
        .map(|table| vec![0; 1 << table.bits])
        .collect();
    for (number, lookup) in program.lookups().iter().enumerate() {
        let index = lookup.table.0 as usize;
        let (Some(table), Some(counts)) = (graph.tables.get(index), counts.get_mut(index)) else {
            continue;
        };
        let mut problem = None;
        for_each_index(&lookup.domain, |index| {
            let input = evaluate(state, &lookup.input, index);
            let output = lookup.output.as_ref();
            let output = output.map_or(0, |form| evaluate(state, form, index));
            match entry(table, input, output) {
                Some(entry) => counts[entry] += 1,
                None => problem = problem.or(Some((input, output))),
            }
        });
        if let Some((input, output)) = problem {
            return Err(ExecuteError::Table {
                table: table.name.clone(),
                launch: format!("lookup {number}"),
                expected: format!("an input that maps to {output}"),
                got: input,
            });
        }
    }
    for (table, counts) in graph.tables.iter().zip(counts) {
        state.set(table.multiplicities, counts)?;
    }
    Ok(())
}

/// The entry that holds the pair, if there is one.
fn entry(table: &LookupTable, input: i128, output: i128) -> Option<usize> {
    let input = i64::try_from(input).ok()?;
    let right = table.apply(input)?;
    (i128::from(right) == output).then(|| usize::try_from(input - table.lo).ok())?
}

/// A linear form at an index.
fn evaluate(state: &State<'_>, form: &LinearForm, index: &[usize]) -> i128 {
    let inside = |ranges: &[(usize, usize)]| {
        let mut axes = ranges.iter().zip(index);
        axes.all(|(&(start, end), i)| (start..end).contains(i))
    };
    let boxes = form.boxes.iter().filter(|b| inside(&b.ranges));
    let boxes: i128 = boxes.map(|b| i128::from(b.coefficient)).sum();
    let terms = form.terms.iter().filter_map(|(id, term)| {
        let tensor = state.program.graph().tensor(*id)?;
        Some(term_at(term, &tensor.shape, state.values(*id), index))
    });
    i128::from(form.constant) + boxes + terms.sum::<i128>()
}
