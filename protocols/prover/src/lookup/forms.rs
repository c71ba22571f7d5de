//! Values of integer-linear forms and terms over their domain.

use kernelwise_core::kernels::LinearForm;
use kernelwise_core::program::{LinearTerm, Shape};

use crate::error::ProveError;
use crate::tensor::IntTensor;
use crate::witness::Witness;

/// The values of `form` at every logical index of `domain`, without its constant.
pub(crate) fn form_values(
    witness: &Witness,
    domain: &Shape,
    form: &LinearForm,
) -> Result<Vec<i64>, ProveError> {
    let mut values = vec![0; domain.len()];
    for (id, term) in &form.terms {
        add_term(&mut values, domain, term, witness.tensor(*id)?);
    }
    for mask in &form.boxes {
        add_box(&mut values, domain, mask);
    }
    Ok(values)
}

fn add_box(values: &mut [i64], domain: &Shape, mask: &kernelwise_core::kernels::BoxMask) {
    let strides = domain.strides();
    for (index, value) in values.iter_mut().enumerate() {
        let inside =
            strides.iter().zip(domain.dims()).zip(&mask.ranges).all(
                |((&stride, &dim), &(start, end))| (start..end).contains(&(index / stride % dim)),
            );
        if inside {
            *value += mask.coefficient;
        }
    }
}

/// Adds `term(x)` to values over `output`. Wraps on overflow, which a validated program excludes for values in range.
pub(crate) fn add_term(values: &mut [i64], output: &Shape, term: &LinearTerm, x: &IntTensor) {
    let x_values = x.to_vec();
    if term.multipliers.is_empty() && *x.shape() == *output && term.map.is_identity(output.rank()) {
        let add =
            |(sum, &v): (&mut i64, &i64)| *sum = sum.wrapping_add(term.coefficient.wrapping_mul(v));
        values.iter_mut().zip(&x_values).for_each(add);
        return;
    }
    // Per output axis and index: the input offsets it contributes, and its factor.
    let strides = x.shape().strides();
    let reads: Vec<Vec<Vec<usize>>> = (0..output.rank())
        .map(|axis| {
            let driven = term.map.0.iter().position(|map| map.driver == Some(axis));
            let dim = output.dims()[axis];
            match driven {
                Some(input) => {
                    let map = &term.map.0[input];
                    let length = x.shape().dims()[input];
                    (0..dim)
                        .map(|o| {
                            map.positions(o, length)
                                .map(|a| a * strides[input])
                                .collect()
                        })
                        .collect()
                }
                None => vec![vec![0]; dim],
            }
        })
        .collect();
    let mut fixed = vec![0usize];
    for (input, map) in term
        .map
        .0
        .iter()
        .enumerate()
        .filter(|(_, map)| map.driver.is_none())
    {
        let offsets: Vec<usize> = map
            .positions(0, x.shape().dims()[input])
            .map(|a| a * strides[input])
            .collect();
        fixed = fixed
            .iter()
            .flat_map(|&base| offsets.iter().map(move |&offset| base + offset))
            .collect();
    }
    let walk = Walk {
        term,
        reads: &reads,
        x: &x_values,
        dims: output.dims(),
    };
    walk.axis(0, values, &fixed, term.coefficient);
}

struct Walk<'a> {
    term: &'a LinearTerm,
    reads: &'a [Vec<Vec<usize>>],
    x: &'a [i64],
    dims: &'a [usize],
}

impl Walk<'_> {
    /// Fills the sub-array of outputs below `axis`; `bases` are the input offsets chosen by the axes above.
    fn axis(&self, axis: usize, values: &mut [i64], bases: &[usize], factor: i64) {
        let Some(reads) = self.reads.get(axis) else {
            let sum = bases
                .iter()
                .fold(0i64, |sum, &base| sum.wrapping_add(self.x[base]));
            values[0] = values[0].wrapping_add(factor.wrapping_mul(sum));
            return;
        };
        let block = values.len() / self.dims[axis].max(1);
        let multipliers = self.term.multiplier(axis);
        for (o, offsets) in reads.iter().enumerate() {
            let factor = multipliers.map_or(factor, |m| factor.wrapping_mul(m[o]));
            let part = &mut values[o * block..(o + 1) * block];
            if let ([base], [offset]) = (bases, offsets.as_slice()) {
                self.axis(axis + 1, part, &[base + offset], factor);
            } else {
                let next: Vec<usize> = bases
                    .iter()
                    .flat_map(|&base| offsets.iter().map(move |&offset| base + offset))
                    .collect();
                self.axis(axis + 1, part, &next, factor);
            }
        }
    }
}
