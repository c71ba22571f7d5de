//! A set of devices is a device: what is large is divided among them by what each of them was measured to do.
//!
//! A sum of points is divided by scalars or rows (`msm`), a sumcheck by its last variables (`sumcheck`); everything else, and what is too small
//! to be worth dividing, is one device's. Results are those of any one device, bit for bit.

mod msm;
mod part;
mod sumcheck;

use std::sync::Arc;
use std::time::{Duration, Instant};

use kernelwise_field::G2;

use crate::rates::Rates;
use crate::{
    Contract, Device, DeviceError, DeviceInfo, DeviceKind, FractionTree, Msm, Ntt, Peak,
    SumcheckDevice,
};

/// The smallest parts that are worth a device of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grain {
    /// Scalars of a multi-scalar multiplication.
    pub msm_scalars: usize,
    /// Entries of all tables of a sumcheck together.
    pub sumcheck_entries: usize,
}

impl Grain {
    /// What a device of this kind takes some milliseconds for, the serial line of an FPGA included.
    pub fn of(kind: DeviceKind) -> Self {
        let (msm_scalars, sumcheck_entries) = match kind {
            DeviceKind::Fpga => (1 << 3, 1 << 5),
            DeviceKind::Cpu | DeviceKind::Gpu | DeviceKind::Virtual => (1 << 13, 1 << 17),
        };
        Self {
            msm_scalars,
            sumcheck_entries,
        }
    }
}

/// Several devices that share each large operation.
///
/// # Rates
/// Every part that a device does is timed, getting ready included, and the next operation of its kind is divided by what was measured. Before that, parts are equal.
///
/// # Errors
/// What a device has no memory or no program for goes to the others. Any other failure of one device is a failure.
///
/// # Memory
/// Bases are resident on every device that has the memory. Tables of a sumcheck that is divided are copied, integers as field elements.
pub struct Pool {
    info: DeviceInfo,
    members: Vec<Member>,
    grain: Grain,
}

struct Member {
    device: Arc<dyn Device>,
    /// Shared with sumchecks in progress.
    rates: Arc<Rates>,
}

impl Pool {
    /// The devices in order of preference: the first that offers it has what is not divided. Devices of one kind are one of that kind.
    ///
    /// # Errors
    /// [`DeviceError::InvalidArgument`] if there are none.
    pub fn new(devices: Vec<Arc<dyn Device>>, grain: Grain) -> Result<Self, DeviceError> {
        if devices.is_empty() {
            return Err(DeviceError::InvalidArgument {
                what: "devices of a pool",
                expected: "at least one".to_owned(),
                got: "none".to_owned(),
            });
        }
        let names: Vec<&str> = devices.iter().map(|d| &*d.info().name).collect();
        let info = DeviceInfo {
            name: names.join("+"),
            kind: shared_kind(&devices),
            description: format!("{} together", names.join(" and ")),
            threads: devices.iter().map(|d| d.info().threads).sum(),
            memory_bytes: None,
        };
        let members = devices.into_iter().map(|device| Member {
            device,
            rates: Arc::default(),
        });
        Ok(Self {
            info,
            members: members.collect(),
            grain,
        })
    }

    fn first<'a, T: ?Sized + 'a>(
        &'a self,
        select: impl Fn(&'a dyn Device) -> Option<&'a T>,
    ) -> Option<&'a T> {
        self.members.iter().find_map(|m| select(&*m.device))
    }

    fn unsupported(&self, operation: &'static str) -> DeviceError {
        DeviceError::Unsupported {
            device: self.info.name.clone(),
            operation,
        }
    }
}

impl Device for Pool {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn msm(&self) -> Option<&dyn Msm> {
        self.first(Device::msm).map(|_| self as &dyn Msm)
    }

    fn msm_g2(&self) -> Option<&dyn Msm<G2>> {
        self.first(Device::msm_g2).map(|_| self as &dyn Msm<G2>)
    }

    fn sumcheck(&self) -> Option<&dyn SumcheckDevice> {
        self.first(Device::sumcheck)
            .map(|_| self as &dyn SumcheckDevice)
    }

    fn fractions(&self) -> Option<&dyn FractionTree> {
        self.first(Device::fractions)
    }

    fn contract(&self) -> Option<&dyn Contract> {
        self.first(Device::contract)
    }

    fn ntt(&self) -> Option<&dyn Ntt> {
        self.first(Device::ntt)
    }

    fn peak(&self) -> Option<Peak> {
        let peaks = self.members.iter().map(|member| member.device.peak());
        let none = Peak {
            multiply_adds_per_second: 0,
            bytes_per_second: 0,
        };
        peaks.into_iter().try_fold(none, |sum, peak| {
            let peak = peak?;
            Some(Peak {
                multiply_adds_per_second: sum.multiply_adds_per_second
                    + peak.multiply_adds_per_second,
                bytes_per_second: sum.bytes_per_second + peak.bytes_per_second,
            })
        })
    }
}

/// The kind of all of them, if they are of one.
pub(crate) fn shared_kind(devices: &[Arc<dyn Device>]) -> DeviceKind {
    let mut kinds = devices.iter().map(|device| device.info().kind);
    let first = kinds.next().unwrap_or(DeviceKind::Virtual);
    match kinds.all(|kind| kind == first) {
        true => first,
        false => DeviceKind::Virtual,
    }
}

/// Runs one job per device at the same time, and says how long each took.
///
/// A job of a device that computes on the host stays on this thread, whose thread pool it is to use.
fn side_by_side<J: Send, R: Send>(
    jobs: Vec<(DeviceKind, J)>,
    run: impl Fn(J) -> R + Sync,
) -> Vec<(R, Duration)> {
    let timed = |job: J| {
        let start = Instant::now();
        let result = run(job);
        (result, start.elapsed())
    };
    // The last of the host's jobs, or the last of all.
    let here = jobs.iter().rposition(|(kind, _)| *kind == DeviceKind::Cpu);
    let here = here.unwrap_or(jobs.len().saturating_sub(1));
    std::thread::scope(|scope| {
        let mut mine = None;
        let mut others = Vec::new();
        for (index, (_, job)) in jobs.into_iter().enumerate() {
            if index == here {
                mine = Some(job);
            } else {
                others.push(scope.spawn(|| timed(job)));
            }
        }
        let mine = mine.map(timed);
        let mut results: Vec<_> = others
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect();
        if let Some(mine) = mine {
            results.insert(here, mine);
        }
        results
    })
}

/// Cuts `total` units into a part for each weight, none smaller than `grain`; devices whose part would be smaller get nothing.
fn shares(total: usize, weights: &[f64], grain: usize) -> Vec<usize> {
    let mut weights = weights.to_vec();
    loop {
        let sum: f64 = weights.iter().sum();
        let mut shares: Vec<usize> = (weights.iter())
            .map(|weight| (total as f64 * weight / sum) as usize)
            .collect();
        // Of equal ones, the first in order of preference is kept.
        let places = || (0..weights.len()).rev().filter(|&i| weights[i] > 0.0);
        let order = |&a: &usize, &b: &usize| weights[a].total_cmp(&weights[b]);
        let (Some(least), Some(most)) = (places().min_by(order), places().max_by(order)) else {
            return vec![0; weights.len()];
        };
        if least != most && shares[least] < grain.max(1) {
            weights[least] = 0.0;
            continue;
        }
        // What rounding left goes to whoever would be done with it first.
        for _ in shares.iter().sum()..total {
            let done = |&i: &usize| (shares[i] + 1) as f64 / weights[i];
            let next = places().rev().min_by(|a, b| done(a).total_cmp(&done(b)));
            shares[next.unwrap_or(most)] += 1;
        }
        return shares;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct OnlyPeak(DeviceInfo, Option<Peak>);

    impl Device for OnlyPeak {
        fn info(&self) -> &DeviceInfo {
            &self.0
        }

        fn peak(&self) -> Option<Peak> {
            self.1
        }
    }

    #[test]
    fn peaks_add_up_where_all_are_known() {
        let device = |multiply_adds_per_second| -> Arc<dyn Device> {
            let info = crate::NullDevice::default().info().clone();
            let peak = Peak {
                multiply_adds_per_second,
                bytes_per_second: 7,
            };
            let known = multiply_adds_per_second > 0;
            Arc::new(OnlyPeak(info, known.then_some(peak)))
        };
        let peak = |rates: &[u64]| {
            let devices = rates.iter().map(|&rate| device(rate)).collect();
            Pool::new(devices, Grain::of(DeviceKind::Cpu))
                .unwrap()
                .peak()
        };
        let sum = Peak {
            multiply_adds_per_second: 3,
            bytes_per_second: 14,
        };
        assert_eq!(peak(&[1, 2]), Some(sum));
        assert_eq!(peak(&[1, 0]), None);
    }

    #[test]
    fn devices_of_a_kind_are_of_that_kind() {
        let device = |kind| -> Arc<dyn Device> {
            let info = crate::NullDevice::default().info().clone();
            Arc::new(OnlyPeak(DeviceInfo { kind, ..info }, None))
        };
        let pool = |kinds: &[DeviceKind]| {
            let devices = kinds.iter().copied().map(device).collect();
            Pool::new(devices, Grain::of(kinds[0])).unwrap().info().kind
        };
        let (cpu, fpga) = (DeviceKind::Cpu, DeviceKind::Fpga);
        assert_eq!(pool(&[fpga, fpga]), fpga);
        assert_eq!(pool(&[cpu]), cpu);
        assert_eq!(pool(&[cpu, fpga]), DeviceKind::Virtual);
    }

    #[test]
    fn shares_follow_weights_and_add_up() {
        assert_eq!(shares(100, &[3.0, 1.0], 1), [75, 25]);
        assert_eq!(shares(101, &[1.0, 1.0, 1.0], 1).iter().sum::<usize>(), 101);
        assert_eq!(shares(0, &[1.0, 1.0], 1), [0, 0]);
        assert_eq!(shares(8, &[1.0, 1.0, 1.0], 1), [3, 3, 2]);
        assert_eq!(shares(8, &[3.0, 2.0, 2.0], 1), [4, 2, 2]);
        assert_eq!(shares(8, &[2.0, 3.0, 2.0], 1), [2, 4, 2]);
    }

    #[test]
    fn small_shares_go_to_the_others() {
        assert_eq!(shares(100, &[9.0, 1.0], 20), [100, 0]);
        assert_eq!(shares(100, &[5.0, 4.0, 1.0], 20), [56, 44, 0]);
        assert_eq!(shares(10, &[1.0, 1.0], 100), [10, 0]);
    }

    #[test]
    fn jobs_run_side_by_side_in_order() {
        let meet = std::sync::Barrier::new(3);
        let kinds = [DeviceKind::Gpu, DeviceKind::Cpu, DeviceKind::Gpu];
        let jobs = kinds.into_iter().zip(0..3).collect();
        let results = side_by_side(jobs, |job: i32| {
            meet.wait();
            10 * job
        });
        let results: Vec<i32> = results.into_iter().map(|(result, _)| result).collect();
        assert_eq!(results, [0, 10, 20]);
    }
}
