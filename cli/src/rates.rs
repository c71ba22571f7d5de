//! Rates of devices, measured once and kept in the user's cache.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kernelwise_hal::DeviceInfo;
use kernelwise_prover::{Devices, Rates};
use serde::{Deserialize, Serialize};

use crate::error::Failure;
use crate::files;

/// What the cache holds for one device.
#[derive(Serialize, Deserialize)]
struct Cached {
    /// What the rates are of: they are measured anew when this changes.
    device: String,
    /// Nanoseconds per unit.
    nanoseconds: BTreeMap<String, f64>,
}

/// The rates of a device: from the cache if it holds them, measured and kept otherwise.
///
/// A cache that cannot be read or written is not an error: rates are then measured every time.
pub fn rates(info: &DeviceInfo, devices: Devices<'_>) -> Result<Rates, Failure> {
    let device = format!(
        "kernelwise {}, {}, {}, {} threads",
        env!("CARGO_PKG_VERSION"),
        info.name,
        info.description,
        rayon::current_num_threads()
    );
    let path = cache_folder().map(|folder| folder.join(format!("rates-{}.json", info.name)));
    if let Some(rates) = path.as_ref().and_then(|path| read(path, &device)) {
        return Ok(rates);
    }
    let rates = Rates::measure(devices).map_err(kernelwise_prover::ProveError::from)?;
    if let Some(path) = path {
        let cached = Cached {
            device,
            nanoseconds: rates.entries().collect(),
        };
        let written = serde_json::to_vec_pretty(&cached).map(|bytes| {
            let folder = path.parent().map(files::create_folder);
            folder.is_some_and(|created| created.is_ok()) && files::write(&path, &bytes).is_ok()
        });
        if !matches!(written, Ok(true)) {
            eprintln!("warning: {}: rates could not be kept", path.display());
        }
    }
    Ok(rates)
}

fn read(path: &std::path::Path, device: &str) -> Option<Rates> {
    let cached: Cached = serde_json::from_slice(&files::read(path).ok()?).ok()?;
    let entries = cached
        .nanoseconds
        .iter()
        .map(|(name, rate)| (name.as_str(), *rate));
    let rates = Rates::from_entries(entries);
    (cached.device == device && rates.is_complete()).then_some(rates)
}

/// `$XDG_CACHE_HOME/kernelwise`, or `~/.cache/kernelwise`.
fn cache_folder() -> Option<PathBuf> {
    let absolute = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(cache.join("kernelwise"))
}
