//! Shapes, ranges and lookups of max-pooling.

use serde::{Deserialize, Serialize};

use crate::kernels::{BoxMask, LaunchView, LinearForm, LookupSpec, Relation};
use crate::program::{
    AxisMap, GraphError, IndexMap, LinearTerm, Shape, TableFunction, TableId, TensorKind,
};

/// The window along one axis; `size = 1, stride = 1, pad = 0` leaves an axis alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PoolAxis {
    /// Positions per window.
    pub size: usize,
    /// Steps per output index.
    pub stride: usize,
    /// Positions before the first element.
    pub pad: usize,
    /// Steps between positions.
    pub dilation: usize,
}

impl PoolAxis {
    /// An axis without a window.
    pub const NONE: Self = Self {
        size: 1,
        stride: 1,
        pad: 0,
        dilation: 1,
    };
}

/// `y[o] = max_w x[stride·o + dilation·w − pad]` over the positions inside `x`.
///
/// Input: `x`. Output: advice `y`. Proved by `y − x_w` in `0 .. 2^bits` for every `w` (lookups) and `Π_w (y − x_w) = 0`
/// (one sumcheck of degree `|window| + 1`). A position outside `x` counts as the least value of `x`'s range, which cannot change
/// a maximum that has at least one position inside; validation insists on one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaxPool {
    /// One window per axis.
    pub axes: Vec<PoolAxis>,
    /// The range table that proves the differences.
    pub range_table: TableId,
}

/// Larger windows are split by axis in the front end; the degree of the sumcheck is one more.
const MAX_WINDOW: usize = 16;

impl MaxPool {
    /// Number of positions per window.
    pub fn window(&self) -> usize {
        self.axes
            .iter()
            .fold(1, |product, axis| product.saturating_mul(axis.size))
    }

    /// Input index of output index `o` at window position `w` along `axis`; `None` outside.
    pub fn position(axis: &PoolAxis, o: usize, w: usize, dim: usize) -> Option<usize> {
        (o * axis.stride + w * axis.dilation)
            .checked_sub(axis.pad)
            .filter(|&a| a < dim)
    }

    /// The window positions, each with its offset per axis, in row-major order.
    pub fn positions(&self) -> Vec<Vec<usize>> {
        let shape = Shape::new(self.axes.iter().map(|axis| axis.size).collect::<Vec<_>>());
        let strides = shape.strides();
        (0..shape.len())
            .map(|index| {
                strides
                    .iter()
                    .zip(shape.dims())
                    .map(|(&stride, &dim)| index / stride % dim)
                    .collect()
            })
            .collect()
    }

    /// `x` at one window position, as a map from output indices.
    pub fn read(&self, position: &[usize]) -> LinearTerm {
        let maps = self
            .axes
            .iter()
            .zip(position)
            .enumerate()
            .map(|(axis, (window, &w))| {
                let offset = (w * window.dilation) as i64 - window.pad as i64;
                AxisMap::strided(axis, window.stride as i64, offset)
            });
        LinearTerm {
            coefficient: 1,
            multipliers: Vec::new(),
            map: IndexMap(maps.collect()),
        }
    }

    /// What stands for positions outside `x`: `least` on all outputs, less `least` on those whose position is inside.
    pub fn padding(
        &self,
        position: &[usize],
        least: i64,
        input: &Shape,
        output: &Shape,
    ) -> Vec<BoxMask> {
        let inside: Vec<(usize, usize)> = self
            .axes
            .iter()
            .zip(position)
            .zip(input.dims().iter().zip(output.dims()))
            .map(|((axis, &w), (&dim, &out))| {
                let valid = |o: &usize| Self::position(axis, *o, w, dim).is_some();
                match (0..out).find(valid) {
                    Some(first) => (
                        first,
                        (first..out).take_while(valid).last().unwrap_or(first) + 1,
                    ),
                    None => (0, 0),
                }
            })
            .collect();
        let everywhere: Vec<_> = output.dims().iter().map(|&dim| (0, dim)).collect();
        if least == 0 || inside == everywhere {
            return Vec::new();
        }
        vec![
            BoxMask {
                coefficient: least,
                ranges: everywhere,
            },
            BoxMask {
                coefficient: -least,
                ranges: inside,
            },
        ]
    }
}

impl Relation for MaxPool {
    fn name(&self) -> &'static str {
        "max-pool"
    }

    fn check(&self, view: &LaunchView<'_>) -> Result<(), GraphError> {
        view.arity(1, 1)?;
        let (x, y) = (view.input(0)?, view.output(0)?);
        let rank = self.axes.len();
        view.require(
            "axes",
            x.shape.rank() == rank && y.shape.rank() == rank,
            || {
                (
                    format!("{rank} axes"),
                    format!("{} to {}", x.shape, y.shape),
                )
            },
        )?;
        view.require("y", y.kind == TensorKind::Advice, || {
            ("advice".to_owned(), format!("{:?}", y.kind))
        })?;
        let window = self.window();
        view.require("window", (1..=MAX_WINDOW).contains(&window), || {
            (format!("1 to {MAX_WINDOW} positions"), window.to_string())
        })?;
        for ((axis, &dim), &out) in self.axes.iter().zip(x.shape.dims()).zip(y.shape.dims()) {
            const LIMIT: usize = 1 << 24;
            let small = axis.stride <= LIMIT && axis.pad <= LIMIT && axis.dilation <= LIMIT;
            let reads = |o| (0..axis.size).any(|w| Self::position(axis, o, w, dim).is_some());
            view.require(
                "window",
                small && axis.stride > 0 && (0..out).all(reads),
                || {
                    (
                        format!("a position inside {dim} for each of {out} outputs"),
                        format!("{axis:?}"),
                    )
                },
            )?;
        }
        let Some(table) = view.graph.table(self.range_table) else {
            return Err(view.misuse(
                "range table",
                "a table".to_owned(),
                format!("{:?}", self.range_table),
            ));
        };
        let span = x.range.hi.saturating_sub(x.range.lo);
        view.require(
            "range table",
            table.function == TableFunction::Range
                && table.lo == 0
                && table.domain().contains(span),
            || {
                (
                    format!("a range from 0 that contains {span}"),
                    table.name.clone(),
                )
            },
        )?;
        view.require_range(y, Some(x.range))
    }

    fn lookups(&self, view: &LaunchView<'_>) -> Vec<LookupSpec> {
        let (Ok(x), Ok(y), [x_id], [y_id]) = (
            view.input(0),
            view.output(0),
            &*view.launch.inputs,
            &*view.launch.outputs,
        ) else {
            return Vec::new();
        };
        let rank = y.shape.rank();
        self.positions()
            .iter()
            .map(|position| {
                let read = LinearTerm {
                    coefficient: -1,
                    ..self.read(position)
                };
                let boxes = self.padding(position, x.range.lo, &x.shape, &y.shape);
                LookupSpec {
                    table: self.range_table,
                    domain: y.shape.clone(),
                    input: LinearForm {
                        constant: 0,
                        boxes: boxes
                            .into_iter()
                            .map(|b| BoxMask {
                                coefficient: -b.coefficient,
                                ..b
                            })
                            .collect(),
                        terms: vec![(*y_id, LinearTerm::scaled(1, rank)), (*x_id, read)],
                    },
                    output: None,
                }
            })
            .collect()
    }

    fn proves_range(&self, _view: &LaunchView<'_>, _index: usize) -> bool {
        true
    }

    fn output_kind(&self, _view: &LaunchView<'_>, _index: usize) -> TensorKind {
        TensorKind::Advice
    }
}
