//! The weights of entries and classes in one round.
//!
//! Entry `y` of a half weighs `eq(rest, y)`, a product of one factor by the upper bits of `y` and one by the lower. Thread `t` of
//! [`LANES`](super::LANES) threads meets the entries `t`, `t + LANES`, …: the lower factor is the thread's, and the upper one goes by how
//! often it went around.

use kernelwise_field::Fr;
use kernelwise_hal::DeviceError;
use kernelwise_hal::rounds::eq_table;

use super::{LANES, THREADS};
use crate::driver::{Args, Buffer, DevicePtr, Gpu, Grid};

/// Variables whose table the host makes: shorter than a launch takes.
const HOST_VARS: usize = 7;

/// `eq` over the last `k` coordinates of a point for every `k` up to `vars`; table `k` begins at entry `2^k`.
pub(super) fn suffix_tables(
    gpu: &Gpu,
    point: &[Fr],
    vars: usize,
) -> Result<Buffer<Fr>, DeviceError> {
    let mut tables = gpu.allocate(2 << vars)?;
    let on_host = vars.min(HOST_VARS);
    let mut first = vec![Fr::from(0u64)];
    for k in 0..=on_host {
        first.extend(eq_table(&point[point.len() - k..]));
    }
    tables.write(0, &first)?;
    for k in on_host..vars {
        let coordinate = point[point.len() - 1 - k];
        let args = Args::new().buffer(&tables).u64(1 << k).field(coordinate);
        gpu.launch("kw_sumcheck_eq", Grid::over(1 << k, THREADS), &args)?;
    }
    Ok(tables)
}

/// The lower factors of an `eq`, for all rounds.
#[derive(Debug)]
pub(super) struct Low(Buffer<Fr>);

impl Low {
    /// For rounds over the variables after the first of `point`.
    pub(super) fn new(gpu: &Gpu, point: &[Fr]) -> Result<Self, DeviceError> {
        let vars = (point.len() - 1).min(LANES.ilog2() as usize);
        Ok(Self(suffix_tables(gpu, point, vars)?))
    }

    /// The factors of a round whose halves have `half` entries.
    pub(super) fn pointer(&self, half: usize) -> DevicePtr {
        self.0.pointer(half.min(LANES))
    }
}

/// The weights of classes by rounds of a thread, class by class; none if all are one.
///
/// `rest` are the coordinates of an `eq` factor after the free variable.
pub(super) fn by_pass(classes: &[Fr], rest: Option<&[Fr]>, half: usize) -> Vec<Fr> {
    let passes = half.div_ceil(LANES);
    let upper = rest
        .filter(|_| passes > 1)
        .map(|rest| eq_table(&rest[..passes.ilog2() as usize]));
    match (classes, upper) {
        // The host multiplies by the weight of a single class.
        ([_], None) => Vec::new(),
        ([_], Some(upper)) => upper,
        (_, upper) => {
            let factor = |pass: usize| upper.as_ref().map_or(Fr::from(1u64), |upper| upper[pass]);
            let weigh = |&class: &Fr| (0..passes).map(move |pass| (class, pass));
            classes
                .iter()
                .flat_map(weigh)
                .map(|(class, pass)| class * factor(pass))
                .collect()
        }
    }
}
