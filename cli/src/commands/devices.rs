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
}

impl Report for Devices {
    fn text(&self) -> String {
        let line = |device: &Listed| {
            format!(
                "{:<14} {:<5} {} ({} threads)",
                device.name, device.kind, device.description, device.threads
            )
        };
        self.devices.iter().map(line).collect::<Vec<_>>().join("\n")
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
    let devices = devices::registry()
        .devices()
        .into_iter()
        .map(list)
        .collect();
    print(format, &Devices { devices });
    Ok(())
}
