//! What a lookup table must be for prover and verifier to walk it, and for its multiplicities to be its own.

use std::collections::BTreeSet;

use super::{GraphError, KernelGraph, LookupTable, TableFunction, TensorKind};

/// Largest table: the prover walks all of it.
const MAX_TABLE_BITS: u32 = 24;
/// Largest table without a formula: the verifier walks all of it too.
const MAX_VALUES_BITS: u32 = 20;

pub(super) fn check_tables(graph: &KernelGraph) -> Result<(), GraphError> {
    let mut seen = BTreeSet::new();
    for table in &graph.tables {
        check_table(graph, table)
            .and_then(|()| {
                if seen.insert(table.multiplicities) {
                    Ok(())
                } else {
                    Err("shares its multiplicities with another table".to_owned())
                }
            })
            .map_err(|problem| GraphError::Table {
                table: table.name.clone(),
                problem,
            })?;
    }
    Ok(())
}

fn check_table(graph: &KernelGraph, table: &LookupTable) -> Result<(), String> {
    if table.bits > MAX_TABLE_BITS {
        return Err(format!(
            "2^{} entries, expected at most 2^{MAX_TABLE_BITS}",
            table.bits
        ));
    }
    if !(-(1 << 40)..=1 << 40).contains(&table.lo) {
        return Err(format!("starts at {}, expected within 2^40", table.lo));
    }
    match &table.function {
        TableFunction::Values(_) if table.bits > MAX_VALUES_BITS => {
            return Err(format!(
                "2^{} listed values, expected at most 2^{MAX_VALUES_BITS}",
                table.bits
            ));
        }
        TableFunction::Values(values) if values.len() != 1 << table.bits => {
            return Err(format!(
                "{} values for 2^{} entries",
                values.len(),
                table.bits
            ));
        }
        TableFunction::Clamp(range) if !range.is_valid() => {
            return Err(format!("clamps to the empty range {range}"));
        }
        _ => {}
    }
    match graph.tensor(table.multiplicities) {
        Some(tensor)
            if tensor.kind == TensorKind::Advice
                && tensor.shape.len() == 1 << table.bits
                && tensor.shape.dims().iter().all(|dim| dim.is_power_of_two()) =>
        {
            Ok(())
        }
        _ => Err(
            "multiplicities must be advice with one element per entry, axes powers of two"
                .to_owned(),
        ),
    }
}
