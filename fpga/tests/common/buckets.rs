//! Jobs of a multi-scalar multiplication: buckets are cleared and filled.

use kernelwise_fpga::isa::{Job, Program, Recoding, Row};
use kernelwise_fpga::programs::curve;
use kernelwise_hal::field::{AffineRepr, CurveGroup, Fq, Fr, G1Affine};

pub const ZERO: u16 = 256;
pub const ONE: u16 = 257;

/// Zero and one, in two rows from [`ZERO`].
pub fn constants() -> Vec<Row> {
    vec![[0; 4], Fq::from(1u64).0.0]
}

/// Multiples `1 ..= count` of the generator, three rows each.
pub fn points(count: u64) -> Vec<Row> {
    let one = Fq::from(1u64).0.0;
    let point = |k: u64| {
        let (x, y) = (G1Affine::generator() * Fr::from(k))
            .into_affine()
            .xy()
            .unwrap();
        [x.0.0, y.0.0, one]
    };
    (1..=count).flat_map(point).collect()
}

/// The programs, from row 300.
pub struct Buckets {
    clear: Program,
    add: Program,
}

impl Buckets {
    pub fn new() -> Self {
        Self {
            clear: curve::clear(ZERO, ONE).assemble().unwrap(),
            add: curve::add_affine(ZERO).assemble().unwrap(),
        }
    }

    /// Rows to write, and where.
    pub fn rows(&self) -> [(u16, Vec<Row>); 3] {
        let (clear, add) = (self.clear.rows(), self.add.rows());
        [(ZERO, constants()), (300, clear), (320, add)]
    }

    pub fn clear(&self, buckets: u16, count: u16) -> Job {
        Job {
            program: 300,
            interval: self.clear.interval() as u16,
            stages: self.clear.stages,
            items: count,
            spacing: 1,
            a: buckets,
            a_step: 3,
            ..Job::default()
        }
    }

    /// Without scalars and bases.
    pub fn add(&self, buckets: u16, scalar_row: u16, windows: u8, window_bits: u8) -> Job {
        let recoding = Recoding {
            scalar_row,
            windows,
            window_bits,
            window_rows: 3 << (window_bits - 1),
        };
        Job {
            program: 320,
            interval: self.add.interval() as u16,
            stages: self.add.stages,
            spacing: 1,
            a: buckets,
            recoding: Some(recoding),
            ..Job::default()
        }
    }
}
