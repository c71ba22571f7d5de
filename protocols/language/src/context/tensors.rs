//! Tensor kernels in a program of kernels: moving data, sums, matrix products, tables.

use kernelwise_core::kernels::{Kernel, LaunchView, Linear, Lookup, MatMul, Reshape};
use kernelwise_core::program::{AxisMap, IndexMap, Launch, LinearTerm, Range, TensorKind};

use super::{Array, Context, misuse, tensor};
use crate::error::KernelError;
use crate::table::Table;

impl Context {
    /// The same elements in row-major order under another shape. Free for the prover; the verifier walks the tensor.
    ///
    /// # Errors
    /// [`KernelError::Misuse`] if the numbers of elements differ.
    pub fn reshape(&mut self, x: Array, dims: &[usize]) -> Result<Array, KernelError> {
        let range = self.range(x)?;
        self.apply("reshape", Kernel::Reshape(Reshape), &[x], dims, range)
    }

    /// Axes in another order: axis `i` of the result is axis `order[i]` of `x`.
    ///
    /// # Errors
    /// [`KernelError::Misuse`] if `order` does not name each axis once.
    pub fn transpose(&mut self, x: Array, order: &[usize]) -> Result<Array, KernelError> {
        let dims = self.shape(x)?.to_vec();
        let mut seen = order.to_vec();
        seen.sort_unstable();
        if !seen.iter().copied().eq(0..dims.len()) {
            return Err(misuse(
                "transpose",
                "order",
                format!("each of {} axes once", dims.len()),
                format!("{order:?}"),
            ));
        }
        let moved: Vec<usize> = order.iter().map(|&axis| dims[axis]).collect();
        let place = |axis: usize| order.iter().position(|&from| from == axis).unwrap_or(axis);
        let maps = (0..dims.len())
            .map(|axis| AxisMap::identity(place(axis)))
            .collect();
        self.read("transpose", x, maps, &moved)
    }

    /// Indices `range` of one axis.
    ///
    /// # Errors
    /// [`KernelError::Misuse`] if there is no such axis, or the range is empty or beyond its end.
    pub fn slice(
        &mut self,
        x: Array,
        axis: usize,
        range: std::ops::Range<usize>,
    ) -> Result<Array, KernelError> {
        let mut dims = self.shape(x)?.to_vec();
        match dims.get_mut(axis) {
            Some(dim) if !range.is_empty() && range.end <= *dim => *dim = range.len(),
            _ => {
                return Err(misuse(
                    "slice",
                    "range",
                    format!("part of an axis of {dims:?}"),
                    format!("{range:?} of axis {axis}"),
                ));
            }
        }
        let start = i64::try_from(range.start).unwrap_or(i64::MAX);
        let map = |own: usize| match own {
            _ if own == axis => AxisMap::strided(own, 1, start),
            _ => AxisMap::identity(own),
        };
        let maps = (0..dims.len()).map(map).collect();
        self.read("slice", x, maps, &dims)
    }

    fn read(
        &mut self,
        name: &str,
        x: Array,
        maps: Vec<AxisMap>,
        dims: &[usize],
    ) -> Result<Array, KernelError> {
        let term = LinearTerm {
            map: IndexMap(maps),
            ..LinearTerm::scaled(1, 0)
        };
        self.linear(name, &[(x, term)], dims)
    }

    /// `Σ coefficient · x`, element by element, of arrays of one shape.
    ///
    /// # Errors
    /// [`KernelError::Misuse`] if there is none or shapes differ; [`KernelError::Graph`] if values could leave 64 bits.
    pub fn sum(&mut self, terms: &[(i64, Array)]) -> Result<Array, KernelError> {
        let Some(&(_, first)) = terms.first() else {
            return Err(misuse("sum", "terms", "at least one", "none"));
        };
        let dims = self.shape(first)?.to_vec();
        let terms: Vec<_> = terms
            .iter()
            .map(|&(coefficient, x)| (x, LinearTerm::scaled(coefficient, dims.len())))
            .collect();
        self.linear("sum", &terms, &dims)
    }

    /// A sum of arrays, each read through an index map.
    ///
    /// # Errors
    /// [`KernelError::Graph`] if a map does not fit its array, or values could leave 64 bits.
    pub fn linear(
        &mut self,
        name: &str,
        terms: &[(Array, LinearTerm)],
        dims: &[usize],
    ) -> Result<Array, KernelError> {
        let mut range = Some(Range::new(0, 0));
        for (x, term) in terms {
            let own = self.range(*x)?;
            range = match (range, term.range(&own)) {
                // Moving elements leaves them as they are, whatever they are.
                (_, _) if own == Range::FIELD => None,
                (Some(sum), Some(term)) => sum
                    .lo
                    .checked_add(term.lo)
                    .and_then(|lo| Some(Range::new(lo, sum.hi.checked_add(term.hi)?))),
                _ => None,
            };
        }
        let (arrays, terms): (Vec<Array>, Vec<LinearTerm>) = terms.iter().cloned().unzip();
        let kernel = Kernel::Linear(Linear { terms });
        self.apply(name, kernel, &arrays, dims, range.unwrap_or(Range::FIELD))
    }

    /// `y[o…, n] = Σ_k x[o…, k] · w[k, n]` with a parameter `w`.
    ///
    /// # Errors
    /// [`KernelError::Misuse`] or [`KernelError::Graph`] if shapes do not fit, `w` is no parameter, or values could leave 64 bits.
    pub fn matmul(&mut self, x: Array, w: Array) -> Result<Array, KernelError> {
        let (x_dims, w_dims) = (self.shape(x)?.to_vec(), self.shape(w)?.to_vec());
        let (Some((&inner, outer)), &[rows, columns]) = (x_dims.split_last(), w_dims.as_slice())
        else {
            return Err(misuse(
                "matmul",
                "shapes",
                "[…, k] and [k, n]",
                format!("{x_dims:?} and {w_dims:?}"),
            ));
        };
        if inner != rows {
            return Err(misuse(
                "matmul",
                "w",
                format!("[{inner}, n]"),
                format!("{w_dims:?}"),
            ));
        }
        let (a, b) = (self.range(x)?.magnitude(), self.range(w)?.magnitude());
        let bound = i128::from(a) * i128::from(b) * inner as i128;
        let Ok(bound) = i64::try_from(bound) else {
            return Err(misuse(
                "matmul",
                "ranges",
                "sums of 64 bits",
                format!("sums up to {bound}"),
            ));
        };
        let mut dims = outer.to_vec();
        dims.push(columns);
        let kernel = Kernel::MatMul(MatMul { contracted: 1 });
        self.apply("matmul", kernel, &[x, w], &dims, Range::new(-bound, bound))
    }

    /// `table(x)`, element by element.
    ///
    /// # Errors
    /// [`KernelError::Misuse`] for a range table.
    pub fn map(&mut self, table: &Table, x: Array) -> Result<Array, KernelError> {
        if let Some((expected, got)) = table.problem() {
            return Err(misuse("map", &table.name, expected, got));
        }
        if table.is_range() {
            return Err(misuse(
                "map",
                &table.name,
                "a table with outputs",
                "a range",
            ));
        }
        let dims = self.shape(x)?.to_vec();
        let kernel = Kernel::Lookup(Lookup {
            table: self.table(table),
        });
        let y = self.graph.add_tensor(tensor(
            &table.name,
            &dims,
            TensorKind::Advice,
            table.image(),
        ));
        self.push("map", kernel, &[x], y)
    }

    /// Any tensor kernel with one result that is not committed, of this shape and range.
    ///
    /// # Errors
    /// [`KernelError::Graph`] if the arrays do not fit the kernel.
    pub fn apply(
        &mut self,
        name: &str,
        kernel: Kernel,
        inputs: &[Array],
        dims: &[usize],
        range: Range,
    ) -> Result<Array, KernelError> {
        let y = self.virtual_tensor(name, dims, range);
        self.push(name, kernel, inputs, y)
    }

    fn push(
        &mut self,
        name: &str,
        kernel: Kernel,
        inputs: &[Array],
        output: kernelwise_core::program::TensorId,
    ) -> Result<Array, KernelError> {
        for &input in inputs {
            self.tensor(input)?;
        }
        let launch = Launch {
            name: name.to_owned(),
            kernel,
            inputs: inputs.iter().map(|input| input.0).collect(),
            outputs: vec![output],
        };
        launch.kernel.relation().check(&LaunchView {
            graph: &self.graph,
            launch: &launch,
        })?;
        self.graph.launches.push(launch);
        Ok(Array(output))
    }
}
