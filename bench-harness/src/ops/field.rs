//! Field products: lanes against scalar libraries.
//!
//! Each pass multiplies every entry of one array by the entry of another: products of one pass do not depend on each other,
//! and the arrays stay in the first-level cache. Packing into lanes happens once, before the clock starts.

use std::any::Any;
use std::sync::Arc;

use kernelwise_cpu::simd::{LaneKernel, LaneOps, WIDTH, dispatch};
use kernelwise_field::Fr;
use kernelwise_hal::{Device, DeviceKind};

use super::{Setting, contenders};
use crate::case::{Case, Contender, Task, task};
use crate::error::BenchError;
use crate::inputs::Rng;
use crate::meter::{Counters, Meter};
use crate::reference::{ARK, HALO, ark, halo};

/// Entries per array: three arrays of 40 bytes per entry fill half of a 32-KiB cache.
const ENTRIES: usize = 128;

const OPERATION: &str = "products in lanes";

/// One case: `2^log_size` products.
pub(super) fn case(setting: &Setting, log_size: u32) -> Result<Case, BenchError> {
    let passes = (1usize << log_size) / ENTRIES;
    let mut rng = Rng::new(1);
    let (a, b) = (rng.fields(ENTRIES), rng.fields(ENTRIES));
    let mut references = vec![Contender::reference(
        ARK,
        "arkworks, one product after the other",
        ark_task(a.clone(), b.clone(), passes),
    )];
    if halo::is_available() {
        references.push(Contender::reference(
            HALO,
            "halo2curves, one product after the other",
            halo_task(&a, &b, passes)?,
        ));
    }
    // Lanes are no operation of the hardware layer: they are the host's.
    let host = setting.devices.iter().find(|device| {
        let info = device.info();
        info.kind == DeviceKind::Cpu && info.name == "cpu"
    });
    let host = host.ok_or_else(|| setting.unsupported(OPERATION))?;
    let lanes = LaneTask {
        a,
        b,
        passes,
        table: None,
        meter: host.meter(),
    };
    let devices = vec![Contender::device(host, Box::new(lanes))];
    Ok(Case {
        op: "field",
        log_size,
        scalar_kind: "fr",
        shape: format!("{passes} passes over {ENTRIES} entries"),
        contenders: contenders(references, devices),
    })
}

fn ark_task(a: Vec<Fr>, b: Vec<Fr>, passes: usize) -> Box<dyn Task> {
    let run = move || {
        let mut c = a.clone();
        for _ in 0..passes {
            for (c, b) in c.iter_mut().zip(&b) {
                *c *= b;
            }
        }
        Ok(c)
    };
    task(run, |c| ark::field_bytes(&c))
}

fn halo_task(a: &[Fr], b: &[Fr], passes: usize) -> Result<Box<dyn Task>, BenchError> {
    let (a, b) = (halo::scalars(a)?, halo::scalars(b)?);
    let run = move || {
        let mut c = a.clone();
        for _ in 0..passes {
            for (c, b) in c.iter_mut().zip(&b) {
                *c *= b;
            }
        }
        Ok(c)
    };
    Ok(task(run, |c| halo::field_bytes(&c)))
}

/// Keeps both arrays, and the products, in the lanes of whatever instruction set is active.
struct LaneTask {
    a: Vec<Fr>,
    b: Vec<Fr>,
    passes: usize,
    table: Option<Box<dyn Any + Send>>,
    meter: Arc<Meter>,
}

/// Arrays in the lanes of `S`.
struct LaneTable<S: LaneOps> {
    a: Vec<S::Lanes<Fr>>,
    b: Vec<S::Lanes<Fr>>,
    c: Vec<S::Lanes<Fr>>,
}

impl Task for LaneTask {
    fn run(&mut self) -> Result<(), BenchError> {
        let products = (self.passes * ENTRIES) as u64;
        self.meter.add(Counters {
            field_products: products,
            bytes: 3 * 32 * ENTRIES as u64,
            ..Counters::default()
        });
        dispatch(Products(self));
        Ok(())
    }

    fn output(&mut self) -> Result<Vec<u8>, BenchError> {
        let values = dispatch(Unpack(self)).ok_or_else(|| BenchError::NotRun {
            contender: OPERATION.to_owned(),
        })?;
        Ok(ark::field_bytes(&values))
    }
}

struct Products<'a>(&'a mut LaneTask);

impl LaneKernel for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn call<S: LaneOps>(self, ops: S) {
        let task = self.0;
        let pack = |values: &[Fr]| -> Vec<S::Lanes<Fr>> {
            let (chunks, _) = values.as_chunks::<WIDTH>();
            chunks.iter().map(|chunk| ops.pack(chunk)).collect()
        };
        let (a, b) = (&task.a, &task.b);
        let table = task.table.get_or_insert_with(|| {
            Box::new(LaneTable::<S> {
                a: pack(a),
                b: pack(b),
                c: Vec::new(),
            })
        });
        let Some(LaneTable { a, b, c }) = table.downcast_mut::<LaneTable<S>>() else {
            return;
        };
        c.clear();
        c.extend_from_slice(a);
        for _ in 0..task.passes {
            for (c, b) in c.iter_mut().zip(b.iter()) {
                *c = ops.mul(*c, *b);
            }
        }
    }
}

struct Unpack<'a>(&'a LaneTask);

impl LaneKernel for Unpack<'_> {
    type Output = Option<Vec<Fr>>;

    #[inline(always)]
    fn call<S: LaneOps>(self, ops: S) -> Option<Vec<Fr>> {
        let table = self.0.table.as_ref()?.downcast_ref::<LaneTable<S>>()?;
        let lanes = table.c.iter();
        Some(lanes.flat_map(|&lanes| ops.unpack(lanes)).collect())
    }
}
