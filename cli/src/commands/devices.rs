//! `kernelwise devices`.

use kernelwise_hal::DeviceInfo;
use serde::Serialize;

use crate::devices;
use crate::error::Failure;
use crate::output::{Format, Report, print};

#[derive(Serialize)]
struct Listed {
    name: String,
    kind: String,
    description: String,
    threads: usize,
    memory_bytes: Option<u64>,
}

#[derive(Serialize)]
struct Devices {
    devices: Vec<Listed>,
    /// Why others that this program knows cannot be opened.
    unavailable: Vec<String>,
}

impl Report for Devices {
    fn text(&self) -> String {
        let line = |device: &Listed| {
            format!(
                "{:<14} {:<5} {} ({} threads)",
                device.name, device.kind, device.description, device.threads
            )
        };
        let lines = self.devices.iter().map(line);
        let lines = lines.chain(self.unavailable.iter().cloned());
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Lists what the registry finds.
pub fn run(format: Format) -> Result<(), Failure> {
    let list = |info: DeviceInfo| Listed {
        kind: format!("{:?}", info.kind).to_lowercase(),
        name: info.name,
        description: info.description,
        threads: info.threads,
        memory_bytes: info.memory_bytes,
    };
    let registry = devices::registry();
    let devices = registry.devices().into_iter().map(list).collect();
    let unavailable = registry.unavailable();
    let unavailable = unavailable.iter().map(ToString::to_string).collect();
    let report = Devices {
        devices,
        unavailable,
    };
    print(format, &report);
    Ok(())
}
