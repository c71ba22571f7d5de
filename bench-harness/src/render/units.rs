//! Numbers for people.

/// Three significant digits.
fn significant(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// A time, in the largest unit that leaves at least one whole.
pub fn time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        ns if ns >= 1e9 => (ns / 1e9, "s"),
        ns if ns >= 1e6 => (ns / 1e6, "ms"),
        ns if ns >= 1e3 => (ns / 1e3, "us"),
        ns => (ns, "ns"),
    };
    format!("{} {unit}", significant(value))
}

/// A number of bytes, in binary units.
pub fn bytes(count: u64) -> String {
    let value = count as f64;
    let (value, unit) = match value {
        b if b >= 1_073_741_824.0 => (b / 1_073_741_824.0, "GiB"),
        b if b >= 1_048_576.0 => (b / 1_048_576.0, "MiB"),
        b if b >= 1024.0 => (b / 1024.0, "KiB"),
        _ => return format!("{count} B"),
    };
    format!("{} {unit}", significant(value))
}

/// A ratio, such as `4.13x`.
pub fn ratio(ratio: f64) -> String {
    format!("{}x", significant(ratio))
}

/// A fraction as a percentage with its sign.
pub fn change(fraction: f64) -> String {
    format!("{:+.1} %", fraction * 100.0)
}

/// A fraction as a percentage.
pub fn percent(fraction: f64) -> String {
    format!("{:.1} %", fraction * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_chosen_by_size() {
        assert_eq!(time(3.6), "3.60 ns");
        assert_eq!(time(12_345.0), "12.3 us");
        assert_eq!(time(999e6), "999 ms");
        assert_eq!(time(1.5e9), "1.50 s");
        assert_eq!(bytes(12), "12 B");
        assert_eq!(bytes(1536), "1.50 KiB");
        assert_eq!(bytes(3 << 30), "3.00 GiB");
        assert_eq!(ratio(4.126), "4.13x");
        assert_eq!(change(-0.05), "-5.0 %");
        assert_eq!(percent(0.012), "1.2 %");
    }
}
