//! Programs built by hand, from single kernels to a small network.

use kernelwise_core::kernels::{
    Conv2d, Kernel, Linear, Lookup, MatMul, MaxPool, PoolAxis, Rescale, Reshape,
};
use kernelwise_core::program::{
    AxisMultiplier, IndexMap, KernelGraph, Launch, LinearTerm, LookupTable, Program, Range, Shape,
    TableFunction, TableId, Tensor, TensorId, TensorKind,
};

/// Deterministic pseudo-random numbers (SplitMix64).
#[derive(Debug, Clone)]
pub struct Numbers(u64);

impl Numbers {
    /// A sequence of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x5851_f42d_4c95_7f2d)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next_u64() % bound as u64) as usize
    }

    /// A value of `range`.
    pub fn within(&mut self, range: Range) -> i64 {
        let span = (range.hi - range.lo) as u64 + 1;
        range.lo + (self.next_u64() % span) as i64
    }
}

/// Builds graphs whose accumulators and tables fit by construction.
#[derive(Debug, Clone)]
pub struct Builder {
    /// The graph so far.
    pub graph: KernelGraph,
    /// The shared range table.
    pub range_table: TableId,
    /// The shared clamp table, if one was needed.
    clamp: Option<TableId>,
}

/// Activations of the small programs.
pub const ACTIVATION: Range = Range::new(-8, 7);
const WEIGHT: Range = Range::new(-8, 7);
/// Bits of the range table.
const RANGE_BITS: u32 = 4;
/// Bits of the clamp table's domain.
const CLAMP_BITS: u32 = 9;

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// An empty graph with a range table of 4 bits.
    pub fn new() -> Self {
        let mut builder = Self::without_tables();
        builder.range_table = builder.table("range", 0, RANGE_BITS, TableFunction::Range);
        builder
    }

    /// An empty graph for kernels that look nothing up.
    pub fn without_tables() -> Self {
        Self {
            graph: KernelGraph {
                max_columns: 32,
                ..KernelGraph::default()
            },
            range_table: TableId(0),
            clamp: None,
        }
    }

    /// Adds a table.
    pub fn table(&mut self, name: &str, lo: i64, bits: u32, function: TableFunction) -> TableId {
        let low = bits / 2;
        let counts = Range::new(0, 1 << 40);
        let multiplicities = self.tensor(
            name,
            &[1 << (bits - low), 1 << low],
            TensorKind::Advice,
            counts,
        );
        self.graph.tables.push(LookupTable {
            name: name.to_owned(),
            lo,
            bits,
            function,
            multiplicities,
        });
        TableId((self.graph.tables.len() - 1) as u32)
    }

    /// Adds a tensor.
    pub fn tensor(
        &mut self,
        name: &str,
        dims: &[usize],
        kind: TensorKind,
        range: Range,
    ) -> TensorId {
        let (name, shape) = (name.to_owned(), Shape::new(dims));
        self.graph.add_tensor(Tensor {
            name,
            shape,
            kind,
            range,
            scale: None,
        })
    }

    /// Adds a public input.
    pub fn input(&mut self, dims: &[usize]) -> TensorId {
        let id = self.tensor("input", dims, TensorKind::Input, ACTIVATION);
        self.graph.inputs.push(id);
        id
    }

    /// Adds a parameter.
    pub fn parameter(&mut self, dims: &[usize]) -> TensorId {
        self.tensor("weight", dims, TensorKind::Parameter, WEIGHT)
    }

    /// Adds a launch.
    pub fn launch(&mut self, kernel: Kernel, inputs: &[TensorId], outputs: &[TensorId]) {
        let name = format!("{}_{}", kernel.relation().name(), self.graph.launches.len());
        self.graph.launches.push(Launch {
            name,
            kernel,
            inputs: inputs.to_vec(),
            outputs: outputs.to_vec(),
        });
    }

    /// Shape of a tensor.
    pub fn dims(&self, id: TensorId) -> Vec<usize> {
        self.graph.tensors[id.0 as usize].shape.dims().to_vec()
    }

    /// Range of a tensor.
    pub fn range(&self, id: TensorId) -> Range {
        self.graph.tensors[id.0 as usize].range
    }

    /// `x · w` over the last `contracted` axes of `x`.
    pub fn matmul(&mut self, x: TensorId, contracted: usize, columns: usize) -> TensorId {
        let dims = self.dims(x);
        let (outer, inner) = dims.split_at(dims.len() - contracted);
        let w = self.parameter(&[inner, &[columns]].concat());
        let bound = (self.range(x).magnitude() * 8 * inner.iter().product::<usize>() as u64) as i64;
        let y = self.tensor(
            "matmul",
            &[outer, &[columns]].concat(),
            TensorKind::Virtual,
            Range::new(-bound, bound),
        );
        self.launch(Kernel::MatMul(MatMul { contracted }), &[x, w], &[y]);
        y
    }

    /// A convolution to `filters` channels with the given kernel size.
    pub fn conv2d(
        &mut self,
        x: TensorId,
        kernel: Conv2d,
        filters: usize,
        size: [usize; 2],
    ) -> TensorId {
        let dims = self.dims(x);
        let channels = dims[1] / kernel.groups;
        let w = self.parameter(&[filters, channels, size[0], size[1]]);
        let out = |axis: usize| {
            let reach = (size[axis] - 1) * kernel.dilations[axis] + 1;
            (dims[2 + axis] + 2 * kernel.pads[axis]).saturating_sub(reach) / kernel.strides[axis]
                + 1
        };
        let bound = (self.range(x).magnitude() * 8 * (channels * size[0] * size[1]) as u64) as i64;
        let shape = [dims[0], filters, out(0), out(1)];
        let y = self.tensor(
            "conv",
            &shape,
            TensorKind::Virtual,
            Range::new(-bound, bound),
        );
        self.launch(Kernel::Conv2d(kernel), &[x, w], &[y]);
        y
    }

    /// A sum of terms of the given inputs.
    pub fn linear(&mut self, inputs: &[(TensorId, LinearTerm)], dims: &[usize]) -> TensorId {
        let mut range = Range::new(0, 0);
        for (id, term) in inputs {
            let part = term.range(&self.range(*id)).expect("small");
            range = Range::new(range.lo + part.lo, range.hi + part.hi);
        }
        let y = self.tensor("linear", dims, TensorKind::Virtual, range);
        let (ids, terms): (Vec<_>, Vec<_>) = inputs.iter().cloned().unzip();
        self.launch(Kernel::Linear(Linear { terms }), &ids, &[y]);
        y
    }

    /// Adds a parameter that is broadcast from `axis`.
    pub fn bias(&mut self, x: TensorId, axis: usize) -> TensorId {
        let dims = self.dims(x);
        let bias = self.parameter(&[dims[axis]]);
        let map = IndexMap(vec![kernelwise_core::program::AxisMap::identity(axis)]);
        let broadcast = LinearTerm {
            coefficient: 3,
            multipliers: Vec::new(),
            map,
        };
        self.linear(
            &[(x, LinearTerm::scaled(1, dims.len())), (bias, broadcast)],
            &dims,
        )
    }

    /// Row-major relabelling.
    pub fn reshape(&mut self, x: TensorId, dims: &[usize]) -> TensorId {
        let y = self.tensor("reshape", dims, TensorKind::Virtual, self.range(x));
        self.launch(Kernel::Reshape(Reshape), &[x], &[y]);
        y
    }

    /// Rescales to activations: a shift that brings the range into the clamp table, then the clamp.
    pub fn requantise(&mut self, x: TensorId, numbers: &mut Numbers) -> TensorId {
        let dims = self.dims(x);
        let axis = dims.len() - 1;
        // Quotients of random accumulators spread over the activations; the worst ones stay within half of the clamp table.
        let largest = self.range(x).magnitude();
        let half = 1u64 << (CLAMP_BITS - 2);
        let limbs = (1..8)
            .find(|limbs| largest >> (RANGE_BITS * limbs) < half / 2)
            .expect("small");
        let top = ((half << (RANGE_BITS * limbs)) / largest) as i64;
        let values: Vec<i64> = (0..dims[axis])
            .map(|_| numbers.within(Range::new((top / 2).max(1), top)))
            .collect();
        let domain = Range::new(-(1 << (CLAMP_BITS - 1)), (1 << (CLAMP_BITS - 1)) - 1);
        let mut outputs = vec![self.tensor("q", &dims, TensorKind::Advice, domain)];
        for _ in 1..limbs {
            outputs.push(self.tensor(
                "limb",
                &dims,
                TensorKind::Advice,
                Range::new(0, (1 << RANGE_BITS) - 1),
            ));
        }
        let kernel = Rescale {
            multipliers: vec![AxisMultiplier { axis, values }],
            limbs: limbs as usize,
            range_table: self.range_table,
        };
        self.launch(Kernel::Rescale(kernel), &[x], &outputs);
        let table = match self.clamp {
            Some(table) => table,
            None => self.table(
                "clamp",
                domain.lo,
                CLAMP_BITS,
                TableFunction::Clamp(ACTIVATION),
            ),
        };
        self.clamp = Some(table);
        let y = self.tensor("y", &dims, TensorKind::Advice, ACTIVATION);
        self.launch(Kernel::Lookup(Lookup { table }), &[outputs[0]], &[y]);
        y
    }

    /// Max-pool with one window per axis.
    pub fn max_pool(&mut self, x: TensorId, axes: &[PoolAxis]) -> TensorId {
        let dims: Vec<usize> = self
            .dims(x)
            .iter()
            .zip(axes)
            .map(|(&dim, axis)| {
                (dim + 2 * axis.pad).saturating_sub((axis.size - 1) * axis.dilation + 1)
                    / axis.stride
                    + 1
            })
            .collect();
        let y = self.tensor("max", &dims, TensorKind::Advice, self.range(x));
        let kernel = MaxPool {
            axes: axes.to_vec(),
            range_table: self.range_table,
        };
        self.launch(Kernel::MaxPool(kernel), &[x], &[y]);
        y
    }

    /// Makes `outputs` public and validates.
    pub fn finish(mut self, outputs: &[TensorId]) -> Program {
        self.graph.outputs = outputs.to_vec();
        self.graph.validate().expect("a valid graph")
    }
}

/// A convolution without stride, padding, dilation or groups.
pub const PLAIN: Conv2d = Conv2d {
    strides: [1, 1],
    pads: [0, 0],
    dilations: [1, 1],
    groups: 1,
};

/// A network with every kernel: convolution, bias, requantisation, max-pool, residual addition, reshape, product.
pub fn network(seed: u64) -> Program {
    let mut numbers = Numbers::new(seed);
    let mut builder = Builder::new();
    let x = builder.input(&[1, 2, 7, 6]);
    let kernel = Conv2d {
        pads: [1, 1],
        ..PLAIN
    };
    let y = builder.conv2d(x, kernel, 3, [3, 3]);
    let y = builder.bias(y, 1);
    let y = builder.requantise(y, &mut numbers);
    let window = PoolAxis {
        size: 2,
        stride: 2,
        pad: 0,
        dilation: 1,
    };
    let pooled = builder.max_pool(y, &[PoolAxis::NONE, PoolAxis::NONE, window, window]);
    let z = builder.conv2d(
        pooled,
        Conv2d {
            pads: [1, 1],
            ..PLAIN
        },
        3,
        [3, 3],
    );
    let dims = builder.dims(pooled);
    let z = builder.linear(
        &[
            (z, LinearTerm::scaled(1, dims.len())),
            (pooled, LinearTerm::scaled(5, dims.len())),
        ],
        &dims,
    );
    let z = builder.requantise(z, &mut numbers);
    let flat = builder.reshape(z, &[1, 27]);
    let hidden = builder.matmul(flat, 1, 5);
    let hidden = builder.requantise(hidden, &mut numbers);
    let logits = builder.matmul(hidden, 1, 3);
    builder.finish(&[logits])
}
