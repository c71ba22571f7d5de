//! A group of terms as the operations that the kernel plays for every index.
//!
//! Terms are sorted into classes that share a weight: their coefficient, up to its sign, and powers of 2^256, by which integers are divided
//! when they are multiplied as if they were Montgomery forms.

use std::collections::{HashMap, HashSet};

use kernelwise_field::{AdditiveGroup, Field, Fr, PrimeField};
use kernelwise_hal::rounds::{Group, Product};

/// Bits of the index of a table in an operation.
const TABLE_BITS: u32 = 22;
/// Tables that a request may have.
pub(super) const MAX_TABLES: usize = 1 << TABLE_BITS;

// Flags of operations, as the kernel has them.
const BIND: u32 = 1 << 22;
const INTEGER: u32 = 1 << 23;
const LIFT: u32 = 1 << 24;
const MULTIPLY: u32 = 1 << 25;
const BEGIN_TERM: u32 = 1 << 26;
const END_TERM: u32 = 1 << 27;
const NEGATE: u32 = 1 << 28;
const SHORT: u32 = 1 << 29;
const END_CLASS: u32 = 1 << 30;

/// Bits of a product of integers, without its sign, at most.
const INTEGER_BITS: u32 = 62;

/// Operations of a row of the grid at least, where there are several rows.
const ROW: usize = 32;

/// What the kernel knows of a table in one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Elements.
    Field,
    /// Integers of at most this many bits besides the sign.
    Int(u32),
    /// Elements that the first operation binds.
    Unbound,
}

/// The operations of a group in one round.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Program {
    /// Operations, then flags in the upper bits.
    pub(super) operations: Vec<u32>,
    /// For each row of the grid its first operation and its first class, and the ends.
    pub(super) segments: Vec<u32>,
    /// Weight of each class.
    pub(super) weights: Vec<Fr>,
}

impl Program {
    /// Rows of the grid.
    pub(super) fn rows(&self) -> usize {
        self.segments.len() / 2 - 1
    }
}

/// Terms of one weight.
struct Class<'a> {
    weight: Fr,
    terms: Vec<(&'a Product, bool)>,
}

/// Plays `group`, with up to `rows` rows of the grid; tables that are unbound are bound by the first operation on them, or by one of their own.
///
/// `line_bits` is by how much lines exceed integers at their ends.
pub(super) fn compile(
    group: &Group,
    forms: &mut [Form],
    binds_all: bool,
    line_bits: u32,
    rows: usize,
) -> Program {
    let mut operations = Vec::new();
    let bind = |forms: &mut [Form], table: usize| match forms[table] {
        Form::Unbound => {
            forms[table] = Form::Field;
            BIND
        }
        _ => 0,
    };
    let classes = classes(group, forms, line_bits);
    if binds_all {
        let terms = classes.iter().flat_map(|class| &class.terms);
        let used: HashSet<usize> = terms
            .flat_map(|(product, _)| product.factors.iter().copied())
            .collect();
        for table in 0..forms.len() {
            if !used.contains(&table) && forms[table] == Form::Unbound {
                operations.push(table as u32 | bind(forms, table));
            }
        }
    }
    let total: usize = group
        .products
        .iter()
        .map(|product| product.factors.len())
        .sum();
    let row = total.div_ceil(rows.max(1)).max(ROW);
    let mut segments = vec![0, 0];
    let mut filled = 0;
    let mut weights = Vec::new();
    for class in &classes {
        // A class may go on in the next row, under the same weight.
        for (index, (product, negate)) in class.terms.iter().enumerate() {
            let (integers, fields) = split(product, forms, line_bits);
            let ordered = integers.iter().chain(&fields);
            let last = integers.len() + fields.len() - 1;
            for (place, &table) in ordered.enumerate() {
                let mut operation = table as u32 | bind(forms, table);
                if place < integers.len() {
                    operation |= INTEGER;
                    if place + 1 == integers.len() {
                        operation |= LIFT | MULTIPLY | BEGIN_TERM;
                    }
                } else {
                    operation |= MULTIPLY;
                    if place == 0 {
                        operation |= BEGIN_TERM;
                    }
                }
                if place == last {
                    operation |= END_TERM;
                    operation |= if *negate { NEGATE } else { 0 };
                    operation |= if last + 1 < group.degree { SHORT } else { 0 };
                }
                operations.push(operation);
            }
            filled += last + 1;
            let ends_class = index + 1 == class.terms.len();
            let ends_row = filled >= row && rows > 1;
            if ends_class || ends_row {
                if let Some(operation) = operations.last_mut() {
                    *operation |= END_CLASS;
                }
                weights.push(class.weight);
            }
            if ends_row {
                segments.extend([operations.len() as u32, weights.len() as u32]);
                filled = 0;
            }
        }
    }
    if segments[segments.len() - 2] as usize != operations.len() || segments.len() == 2 {
        segments.extend([operations.len() as u32, weights.len() as u32]);
    }
    Program {
        operations,
        segments,
        weights,
    }
}

/// The factors that are multiplied as integers, and the others.
fn split(product: &Product, forms: &[Form], line_bits: u32) -> (Vec<usize>, Vec<usize>) {
    let bits = |&table: &usize| match forms[table] {
        Form::Int(bits) => Some(bits + line_bits),
        _ => None,
    };
    let mut used = 0;
    product.factors.iter().partition(|table| {
        let fits = bits(table).filter(|bits| used + bits <= INTEGER_BITS);
        used += fits.unwrap_or(0);
        fits.is_some()
    })
}

fn classes<'a>(group: &'a Group, forms: &[Form], line_bits: u32) -> Vec<Class<'a>> {
    let mut places: HashMap<([u64; 4], usize), usize> = HashMap::new();
    let mut classes: Vec<Class<'a>> = Vec::new();
    // 2^256 as an element is the Montgomery form of itself.
    let radix = Fr::from(2u64).pow([256]);
    for product in &group.products {
        let (integers, fields) = split(product, forms, line_bits);
        let scaled = |table: &&usize| matches!(forms[**table], Form::Int(_));
        let powers = usize::from(!integers.is_empty()) + fields.iter().filter(scaled).count();
        let negate = product.coefficient.into_bigint() > Fr::MODULUS_MINUS_ONE_DIV_TWO;
        let size = if negate {
            -product.coefficient
        } else {
            product.coefficient
        };
        if size == Fr::ZERO {
            continue;
        }
        let place = *places.entry((size.0.0, powers)).or_insert_with(|| {
            classes.push(Class {
                weight: size * radix.pow([powers as u64]),
                terms: Vec::new(),
            });
            classes.len() - 1
        });
        classes[place].terms.push((product, negate));
    }
    classes
}
