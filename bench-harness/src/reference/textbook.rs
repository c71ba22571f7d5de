//! The textbook sumcheck prover: linear time, one thread, one arkworks product after the other.
//!
//! Unlike the plain tier of the CPU device it builds `eq` tables with one product per entry and evaluates round polynomials by
//! additions, so a ratio against it does not profit from avoidable work.

use kernelwise_field::{AdditiveGroup, Field, Fr};
use kernelwise_hal::{SumcheckRequest, Table};

/// Plays all rounds with fixed challenges; returns the evaluations of every round polynomial, then the final value of each table.
pub fn prove(request: SumcheckRequest<'_>, challenges: &[Fr]) -> Vec<Fr> {
    let degree = request.degree();
    let (_, tables, terms) = request.into_parts();
    let mut tables: Vec<Vec<Fr>> = tables.into_iter().map(dense).collect();
    let mut transcript = Vec::new();
    let mut values = vec![Fr::ZERO; tables.len()];
    let mut slopes = values.clone();
    for &challenge in challenges {
        let half = tables.first().map_or(0, |table| table.len() / 2);
        let mut sums = vec![Fr::ZERO; degree + 1];
        for y in 0..half {
            for (table, (value, slope)) in tables.iter().zip(values.iter_mut().zip(&mut slopes)) {
                *value = table[y];
                *slope = table[y + half] - table[y];
            }
            for sum in &mut sums {
                for term in &terms {
                    let mut factors = term.factors.iter().map(|&index| values[index]);
                    let mut product = factors.next().unwrap_or(Fr::ONE);
                    for factor in factors {
                        product *= factor;
                    }
                    if term.coefficient != Fr::ONE {
                        product *= term.coefficient;
                    }
                    *sum += product;
                }
                for (value, slope) in values.iter_mut().zip(&slopes) {
                    *value += slope;
                }
            }
        }
        transcript.extend(sums);
        for table in &mut tables {
            for y in 0..half {
                let high = table[y + half];
                let low = table[y];
                table[y] = low + challenge * (high - low);
            }
            table.truncate(half);
        }
    }
    transcript.extend(tables.iter().filter_map(|table| table.first()));
    transcript
}

fn dense(table: Table<'_>) -> Vec<Fr> {
    match table {
        Table::Fr(values) => values.into_owned(),
        Table::Int(values) => values.to_field(),
        Table::Eq(point) => kernelwise_core::poly::eq_table(&point),
    }
}
