//! What a report was measured on.

use std::time::{SystemTime, UNIX_EPOCH};

use kernelwise_cpu::simd::Level;
use serde::{Deserialize, Serialize};

/// Instruction sets that big-integer arithmetic cares about.
const RELEVANT_FLAGS: [&str; 13] = [
    "bmi2",
    "adx",
    "avx2",
    "avx_vnni",
    "avx512f",
    "avx512dq",
    "avx512vl",
    "avx512ifma",
    "avx512_vbmi",
    "avx512_vnni",
    "asimd",
    "sve",
    "i8mm",
];

/// The machine and the build.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Machine {
    /// Model name of the processor.
    pub cpu: String,
    /// Those of its instruction sets that matter here.
    pub flags: Vec<String>,
    /// Frequency governor, where the system has one.
    pub governor: Option<String>,
    /// Cores that this process may use.
    pub cores: usize,
    /// Runnable tasks over the last minute when the run began: above zero, others share the machine.
    pub load_average: Option<f64>,
    /// Installed memory in bytes.
    pub memory_bytes: Option<u64>,
    /// Operating system and architecture.
    pub system: String,
    /// Compiler of this program.
    pub rustc: String,
    /// Optimisation level of this program.
    pub opt_level: String,
    /// Instruction sets that this program was compiled for; references depend on them, devices choose at run time.
    pub target_features: Vec<String>,
    /// The instruction set of the lanes.
    pub lanes: String,
}

impl Machine {
    /// Looks at this machine.
    pub fn detect() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let first = |text: &str| {
            let word = text.split_whitespace().next()?;
            Some(word.to_owned())
        };
        Self {
            cpu: field(&cpuinfo, "model name").unwrap_or_else(|| "unknown".to_owned()),
            flags: flags(&cpuinfo),
            governor: first(&read(
                "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
            )),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            load_average: first(&read("/proc/loadavg")).and_then(|word| word.parse().ok()),
            memory_bytes: memory_bytes(&read("/proc/meminfo")),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            rustc: env!("KERNELWISE_BENCH_RUSTC").to_owned(),
            opt_level: env!("KERNELWISE_BENCH_OPT_LEVEL").to_owned(),
            target_features: env!("KERNELWISE_BENCH_TARGET_FEATURES")
                .split(',')
                .filter(|feature| !feature.is_empty())
                .map(str::to_owned)
                .collect(),
            lanes: format!("{:?}", Level::active()).to_lowercase(),
        }
    }

    /// Names and values, for people.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let or_unknown = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
        vec![
            ("cpu", self.cpu.clone()),
            ("flags", self.flags.join(" ")),
            ("governor", or_unknown(self.governor.clone())),
            ("cores", self.cores.to_string()),
            (
                "load average",
                or_unknown(self.load_average.map(|load| format!("{load:.2}"))),
            ),
            (
                "memory",
                or_unknown(self.memory_bytes.map(crate::render::units::bytes)),
            ),
            ("system", self.system.clone()),
            ("rustc", self.rustc.clone()),
            ("opt-level", self.opt_level.clone()),
            ("compiled for", self.target_features.join(" ")),
            ("lanes", self.lanes.clone()),
        ]
    }
}

/// The first value of a field of `/proc/cpuinfo`.
fn field(cpuinfo: &str, name: &str) -> Option<String> {
    cpuinfo.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

fn flags(cpuinfo: &str) -> Vec<String> {
    let all = field(cpuinfo, "flags").or_else(|| field(cpuinfo, "Features"));
    let all = all.unwrap_or_default();
    RELEVANT_FLAGS
        .iter()
        .filter(|flag| all.split_whitespace().any(|word| word == **flag))
        .map(|flag| (*flag).to_owned())
        .collect()
}

fn memory_bytes(meminfo: &str) -> Option<u64> {
    let kib = field(meminfo, "MemTotal")?;
    let kib: u64 = kib.strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// The commit of the working directory, marked if it has changes; `None` outside a repository.
pub fn commit() -> Option<String> {
    let output = std::process::Command::new("git")
        .args(["describe", "--always", "--dirty", "--abbrev=12"])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}

/// The present time in UTC as `YYYY-MM-DDThh:mm:ssZ`.
pub fn date() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    format_date(since.map_or(0, |duration| duration.as_secs()))
}

/// Civil date of seconds since 1970-01-01, by [Hinnant's algorithm](https://howardhinnant.github.io/date_algorithms.html).
fn format_date(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days since 0000-03-01, in eras of 400 years.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_civil() {
        assert_eq!(format_date(0), "1970-01-01T00:00:00Z");
        assert_eq!(format_date(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(format_date(1_709_251_199), "2024-02-29T23:59:59Z");
        assert_eq!(format_date(4_102_444_800), "2100-01-01T00:00:00Z");
    }

    #[test]
    fn fields_of_cpuinfo() {
        let text = "model name\t: Some CPU\nflags\t\t: fpu adx bmi2 avx512ifma\n";
        assert_eq!(field(text, "model name").as_deref(), Some("Some CPU"));
        assert_eq!(flags(text), ["bmi2", "adx", "avx512ifma"]);
        assert_eq!(memory_bytes("MemTotal:  4 kB\n"), Some(4096));
    }

    #[test]
    fn this_machine_has_cores() {
        let machine = Machine::detect();
        assert!(machine.cores > 0);
        assert!(machine.facts().iter().any(|(name, _)| *name == "rustc"));
    }
}
