//! One core, or several that share each operation, and what each of them counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernelwise_fpga::device::{CoreCounters, FpgaDevice, Phase, Speed, transport};
use kernelwise_hal::{Device, DeviceError, DeviceKind, Grain, Pool, Registry};

/// Cores, each with a line of its own.
pub struct Cores(Vec<Arc<FpgaDevice>>);

/// What one core has counted.
#[derive(Debug, Clone, Default)]
pub(super) struct Count {
    pub(super) counters: CoreCounters,
    pub(super) link_bytes: u64,
    pub(super) phases: BTreeMap<Phase, CoreCounters>,
}

impl Cores {
    /// Opens the core called `name`, or those whose names are joined by `+`; estimates are for `speed`.
    ///
    /// # Errors
    /// As [`transport`] and [`FpgaDevice::open`].
    pub fn open(name: &str, speed: Speed) -> Result<Self, DeviceError> {
        let open = |name| FpgaDevice::open(name, transport(name)?);
        let members = Registry::members(name).map(|name| Ok(Arc::new(open(name)?.at(speed))));
        let members: Vec<_> = members.collect::<Result<_, DeviceError>>()?;
        Ok(Self(members))
    }

    /// The only one, or all of them. Together they have measured nothing yet: how long a simulated core takes says nothing of a real one.
    ///
    /// # Errors
    /// As [`Pool::new`].
    pub fn device(&self) -> Result<Arc<dyn Device>, DeviceError> {
        let share = |core: &Arc<FpgaDevice>| Arc::clone(core) as Arc<dyn Device>;
        match &self.0[..] {
            [core] => Ok(share(core)),
            cores => {
                let cores = cores.iter().map(share).collect();
                Ok(Arc::new(Pool::new(cores, Grain::of(DeviceKind::Fpga))?))
            }
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// What each has counted so far. The counters are read before the bytes of the link, and in [`since`](Self::since) after them, so
    /// that reading is not counted.
    pub(super) fn begin(&self) -> Result<Vec<Count>, DeviceError> {
        let count = |core: &Arc<FpgaDevice>| {
            Ok(Count {
                counters: core.counters()?,
                link_bytes: link_bytes(core),
                phases: core.phases(),
            })
        };
        self.0.iter().map(count).collect()
    }

    /// What each has counted since.
    pub(super) fn since(&self, begin: &[Count]) -> Result<Vec<Count>, DeviceError> {
        let count = |(core, begin): (&Arc<FpgaDevice>, &Count)| {
            let link_bytes = link_bytes(core) - begin.link_bytes;
            let phases = core.phases().into_iter().map(|(phase, counters)| {
                let earlier = begin.phases.get(&phase).copied().unwrap_or_default();
                (phase, counters.since(earlier))
            });
            Ok(Count {
                link_bytes,
                phases: phases.collect(),
                counters: core.counters()?.since(begin.counters),
            })
        };
        self.0.iter().zip(begin).map(count).collect()
    }
}

fn link_bytes(core: &FpgaDevice) -> u64 {
    let stats = core.link_stats();
    stats.sent_bytes + stats.received_bytes
}
