//! A device without any capability, for planners and their tests.

use crate::{Device, DeviceInfo, DeviceKind};

/// Offers nothing: whoever relies on it must fall back or report what is missing.
#[derive(Debug)]
pub struct NullDevice {
    info: DeviceInfo,
}

impl NullDevice {
    /// A device called `null`.
    pub fn new() -> Self {
        Self {
            info: DeviceInfo {
                name: "null".to_owned(),
                kind: DeviceKind::Virtual,
                description: "offers no operation".to_owned(),
                threads: 0,
                memory_bytes: None,
            },
        }
    }
}

impl Default for NullDevice {
    fn default() -> Self {
        Self::new()
    }
}

impl Device for NullDevice {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }
}
