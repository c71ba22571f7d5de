//! Peak memory of this process.

/// The largest resident size since the last [`reset_peak`], in bytes; `None` where the system does not say.
pub fn peak_bytes() -> Option<u64> {
    status_bytes("VmHWM:")
}

/// Lets the peak start again at the present size. Where the system does not allow it, peaks are those of the process.
pub fn reset_peak() {
    // 5 resets the peak resident size: https://docs.kernel.org/filesystems/proc.html
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn status_bytes(field: &str) -> Option<u64> {
    parse_status(&std::fs::read_to_string("/proc/self/status").ok()?, field)
}

fn parse_status(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_kibibytes() {
        let status = "Name:\tx\nVmHWM:\t     12 kB\nVmRSS:\t      8 kB\n";
        assert_eq!(parse_status(status, "VmHWM:"), Some(12 * 1024));
        assert_eq!(parse_status(status, "VmSwap:"), None);
    }
}
