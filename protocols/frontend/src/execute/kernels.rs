//! What each kernel computes.

use kernelwise_core::kernels::{
    Conv2d, Kernel, LaunchView, Linear, Lookup, MatMul, MaxPool, Rescale,
};
use kernelwise_core::program::{KernelGraph, Launch, LinearTerm, Shape, Tensor};

use super::{State, for_each_index, offset};
use crate::error::ExecuteError;

/// One argument or result: static facts and values.
pub(super) struct Argument<'a> {
    tensor: &'a Tensor,
    pub(super) values: &'a [i64],
}

impl Argument<'_> {
    fn at(&self, index: &[usize]) -> i128 {
        let offset = offset(&self.tensor.shape, index);
        self.values.get(offset).map_or(0, |&v| v.into())
    }
}

/// Executes one launch: the values of its outputs, in order.
pub(super) fn run(state: &State<'_>, launch: &Launch) -> Result<Vec<Vec<i64>>, ExecuteError> {
    let run = Run { state, launch };
    match &launch.kernel {
        Kernel::MatMul(kernel) => run.matmul(kernel),
        Kernel::Conv2d(kernel) => run.conv2d(kernel),
        Kernel::Linear(kernel) => run.linear(kernel),
        Kernel::Reshape(_) => Ok(vec![run.input(0)?.values.to_vec()]),
        Kernel::Rescale(kernel) => run.rescale(kernel),
        Kernel::Lookup(kernel) => run.lookup(kernel),
        Kernel::MaxPool(kernel) => run.max_pool(kernel),
        Kernel::Circuit(kernel) => run.circuit(kernel),
        _ => Err(run.malformed("a kernel that this executor does not know")),
    }
}

pub(super) struct Run<'a> {
    state: &'a State<'a>,
    launch: &'a Launch,
}

impl<'a> Run<'a> {
    pub(super) fn malformed(&self, problem: &'static str) -> ExecuteError {
        ExecuteError::Launch {
            launch: self.launch.name.clone(),
            problem,
        }
    }

    pub(super) fn graph(&self) -> &'a KernelGraph {
        self.state.program.graph()
    }

    pub(super) fn input(&self, index: usize) -> Result<Argument<'a>, ExecuteError> {
        let id = self.launch.inputs.get(index).copied();
        let tensor = id.and_then(|id| self.state.program.graph().tensor(id));
        match (id, tensor) {
            (Some(id), Some(tensor)) => Ok(Argument {
                tensor,
                values: self.state.values(id),
            }),
            _ => Err(self.malformed("too few inputs")),
        }
    }

    fn output(&self, index: usize) -> Result<&'a Tensor, ExecuteError> {
        let view = LaunchView {
            graph: self.state.program.graph(),
            launch: self.launch,
        };
        view.output(index)
            .map_err(|_| self.malformed("too few outputs"))
    }

    /// Evaluates `value` at every index of a shape.
    fn tabulate(
        &self,
        output: &Tensor,
        mut value: impl FnMut(&[usize]) -> i128,
    ) -> Result<Vec<i64>, ExecuteError> {
        let mut values = Vec::with_capacity(output.shape.len());
        let mut wide = None;
        for_each_index(&output.shape, |index| {
            let v = value(index);
            match i64::try_from(v) {
                Ok(v) => values.push(v),
                Err(_) => wide = wide.or(Some((values.len(), v))),
            }
        });
        match wide {
            None => Ok(values),
            Some((index, got)) => Err(ExecuteError::OutOfRange {
                tensor: output.name.clone(),
                expected: output.range.to_string(),
                got,
                index,
            }),
        }
    }

    /// `y[o…, n] = Σ_{k…} x[o…, k…]·w[k…, n]`, contracted axes flattened.
    fn matmul(&self, kernel: &MatMul) -> Result<Vec<Vec<i64>>, ExecuteError> {
        let (x, w) = (self.input(0)?, self.input(1)?);
        let y = self.output(0)?;
        let Some(shape) = kernel.split(&x.tensor.shape, &w.tensor.shape) else {
            return Err(self.malformed("shapes that do not fit"));
        };
        let (rows, terms, columns) = (shape.outer.len(), shape.contracted.len(), shape.columns);
        let flat = |a: usize, b: usize| Tensor {
            shape: Shape::new([a, b]),
            ..y.clone()
        };
        let (flat_x, flat_w) = (flat(rows, terms), flat(terms, columns));
        let x = Argument {
            tensor: &flat_x,
            values: x.values,
        };
        let w = Argument {
            tensor: &flat_w,
            values: w.values,
        };
        let values = self.tabulate(&flat(rows, columns), |index| {
            let (o, n) = (index[0], index[1]);
            (0..terms).map(|k| x.at(&[o, k]) * w.at(&[k, n])).sum()
        })?;
        Ok(vec![values])
    }

    fn conv2d(&self, kernel: &Conv2d) -> Result<Vec<Vec<i64>>, ExecuteError> {
        let (x, w) = (self.input(0)?, self.input(1)?);
        let y = self.output(0)?;
        let Some(shape) = kernel.split(&x.tensor.shape, &w.tensor.shape, &y.shape) else {
            return Err(self.malformed("shapes that do not fit"));
        };
        let values = self.tabulate(y, |index| {
            let &[n, o, i, j] = index else { return 0 };
            let group = o / shape.filters_per_group();
            let mut sum = 0;
            for c in 0..shape.channels {
                for u in 0..shape.kernel[0] {
                    for v in 0..shape.kernel[1] {
                        let a = kernel.position(0, i, u, shape.input[0]);
                        let b = kernel.position(1, j, v, shape.input[1]);
                        if let (Some(a), Some(b)) = (a, b) {
                            let channel = group * shape.channels + c;
                            sum += x.at(&[n, channel, a, b]) * w.at(&[o, c, u, v]);
                        }
                    }
                }
            }
            sum
        })?;
        Ok(vec![values])
    }

    fn linear(&self, kernel: &Linear) -> Result<Vec<Vec<i64>>, ExecuteError> {
        let inputs: Result<Vec<_>, _> = (0..kernel.terms.len()).map(|k| self.input(k)).collect();
        let inputs = inputs?;
        let values = self.tabulate(self.output(0)?, |index| {
            let terms = kernel.terms.iter().zip(&inputs);
            terms
                .map(|(term, x)| term_at(term, &x.tensor.shape, x.values, index))
                .sum()
        })?;
        Ok(vec![values])
    }

    /// `q = floor((x·m + 2^(s−1)) / 2^s)`, and the digits of the remainder but the lowest.
    fn rescale(&self, kernel: &Rescale) -> Result<Vec<Vec<i64>>, ExecuteError> {
        let x = self.input(0)?;
        let table = self.state.program.graph().table(kernel.range_table);
        let Some(bits) = table.map(|table| table.bits) else {
            return Err(self.malformed("no range table"));
        };
        let shift = kernel.shift(bits);
        if !(1..=62).contains(&shift) {
            return Err(self.malformed("a shift outside 1..=62"));
        }
        let shape = &x.tensor.shape;
        let term = kernel.scaled(shape.rank());
        let total = |index: &[usize]| term_at(&term, shape, x.values, index) + (1 << (shift - 1));
        let mut outputs = vec![self.tabulate(self.output(0)?, |index| total(index) >> shift)?];
        for limb in 1..kernel.limbs {
            let low = bits * limb as u32;
            let digit = |index: &[usize]| (total(index) >> low) & ((1 << bits) - 1);
            outputs.push(self.tabulate(self.output(limb)?, digit)?);
        }
        Ok(outputs)
    }

    fn lookup(&self, kernel: &Lookup) -> Result<Vec<Vec<i64>>, ExecuteError> {
        let x = self.input(0)?;
        let Some(table) = self.state.program.graph().table(kernel.table) else {
            return Err(self.malformed("no table"));
        };
        let apply = |&value: &i64| {
            table.apply(value).ok_or_else(|| ExecuteError::Table {
                table: table.name.clone(),
                launch: self.launch.name.clone(),
                expected: format!("an input in {}", table.domain()),
                got: value.into(),
            })
        };
        Ok(vec![x.values.iter().map(apply).collect::<Result<_, _>>()?])
    }

    /// The maximum over the positions of a window that lie inside.
    fn max_pool(&self, kernel: &MaxPool) -> Result<Vec<Vec<i64>>, ExecuteError> {
        let x = self.input(0)?;
        let y = self.output(0)?;
        let dims = x.tensor.shape.dims();
        let positions = kernel.positions();
        let values = self.tabulate(y, |index| {
            let read = |window: &Vec<usize>| -> Option<i128> {
                let axes = kernel.axes.iter().zip(window).zip(index).zip(dims);
                let place: Option<Vec<usize>> = axes
                    .map(|(((axis, &w), &o), &dim)| MaxPool::position(axis, o, w, dim))
                    .collect();
                Some(x.at(&place?))
            };
            let inside = positions.iter().filter_map(read);
            inside.max().unwrap_or_else(|| x.tensor.range.lo.into())
        })?;
        Ok(vec![values])
    }
}

/// One term of a linear map at an output index.
pub(super) fn term_at(term: &LinearTerm, shape: &Shape, values: &[i64], output: &[usize]) -> i128 {
    let mut factor = i128::from(term.coefficient);
    for multiplier in &term.multipliers {
        let value = output
            .get(multiplier.axis)
            .map(|&o| multiplier.values.get(o));
        factor *= value.flatten().map_or(0, |&v| i128::from(v));
    }
    // The positions read along each axis; their combinations are summed.
    let axes = term.map.0.iter().zip(shape.dims()).map(|(map, &dim)| {
        let o = map.driver.and_then(|driver| output.get(driver));
        map.positions(o.copied().unwrap_or(0), dim)
            .collect::<Vec<_>>()
    });
    let mut offsets = vec![0usize];
    for (positions, &dim) in axes.zip(shape.dims()) {
        offsets = offsets
            .iter()
            .flat_map(|&offset| positions.iter().map(move |&p| offset * dim + p))
            .collect();
    }
    let sum: i128 = offsets
        .iter()
        .filter_map(|&offset| values.get(offset))
        .map(|&v| i128::from(v))
        .sum();
    factor * sum
}
