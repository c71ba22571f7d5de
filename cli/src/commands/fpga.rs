//! `kernelwise fpga`.

use std::path::Path;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use kernelwise_fpga::device::{self, CoreCounters, FpgaDevice, Identity};
use kernelwise_fpga::transport::{Board, Recorder};
use serde::Serialize;

use crate::args::Fpga;
use crate::error::Failure;
use crate::files;
use crate::output::{Format, Report, count, milliseconds, print};

/// Runs one of the commands.
pub fn run(command: &Fpga, format: Format) -> Result<(), Failure> {
    match command {
        Fpga::Sim { seconds } => simulate(*seconds, format),
        Fpga::Info(core) => {
            let line = device::transport(&core.core)?;
            let identity = device::identify(&core.core, line)?;
            print(format, &Info::new(&core.core, identity));
            Ok(())
        }
        Fpga::Selftest { core, record } => selftest(&core.core, record.as_deref(), format),
        Fpga::Counters(core) => {
            let line = device::transport(&core.core)?;
            print(format, &Counters(device::counters(&core.core, line)?));
            Ok(())
        }
    }
}

#[derive(Serialize)]
struct Simulated {
    path: String,
    verilog: bool,
}

impl Report for Simulated {
    fn text(&self) -> String {
        let what = if self.verilog {
            "the compiled Verilog"
        } else {
            "the software model"
        };
        format!("{}: {what}; use it as --core fpga:{}", self.path, self.path)
    }
}

fn simulate(seconds: Option<u64>, format: Format) -> Result<(), Failure> {
    let (board, verilog) = device::simulated_board()?;
    let path = board.path().to_owned();
    print(format, &Simulated { path, verilog });
    wait(&board, seconds);
    Ok(())
}

fn wait(board: &Board, seconds: Option<u64>) {
    let begin = Instant::now();
    let over = || seconds.is_some_and(|limit| begin.elapsed() >= Duration::from_secs(limit));
    while board.running() && !over() {
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[derive(Serialize)]
struct Info {
    core: String,
    version: u8,
    lanes: u8,
    rows: u32,
    divider: u16,
    #[serde(skip)]
    identity: Identity,
}

impl Info {
    fn new(core: &str, identity: Identity) -> Self {
        Self {
            core: core.to_owned(),
            version: identity.version,
            lanes: identity.lanes,
            rows: identity.rows,
            divider: identity.divider,
            identity,
        }
    }
}

impl Report for Info {
    fn text(&self) -> String {
        format!("{}: {}", self.core, self.identity)
    }
}

struct Counters(CoreCounters);

impl Serialize for Counters {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list()
            .collect::<std::collections::BTreeMap<_, _>>()
            .serialize(serializer)
    }
}

impl Counters {
    fn list(&self) -> impl Iterator<Item = (&'static str, u32)> {
        let c = &self.0;
        [
            ("cycles", c.cycles),
            ("run_cycles", c.run_cycles),
            ("items", c.items),
            ("stalls", c.stalls),
            ("products", c.products),
            ("sums", c.sums),
            ("requests", c.requests),
            ("drops", c.drops),
        ]
        .into_iter()
    }
}

impl Report for Counters {
    fn text(&self) -> String {
        let line = |(name, value): (&str, u32)| format!("{name:<12} {}", count(value.into()));
        self.list().map(line).collect::<Vec<_>>().join("\n")
    }
}

#[derive(Serialize)]
struct Passed {
    core: String,
    passed: bool,
    time_ms: f64,
    counters: Counters,
    multiplier_busy: f64,
    requests: u64,
    retries: u64,
    sent_bytes: u64,
    received_bytes: u64,
}

impl Report for Passed {
    fn text(&self) -> String {
        format!(
            "{}: sumcheck and multi-scalar multiplication are right\n  time         {}\n  core         {} cycles of running, multiplier \
             busy {:.1} %\n  link         {} requests, {} retries, {} bytes sent, {} received",
            self.core,
            milliseconds(self.time_ms),
            count(self.counters.0.run_cycles.into()),
            100.0 * self.multiplier_busy,
            self.requests,
            self.retries,
            count(self.sent_bytes),
            count(self.received_bytes),
        )
    }
}

fn selftest(core: &str, record: Option<&Path>, format: Format) -> Result<(), Failure> {
    let begin = Instant::now();
    let (line, trace) = Recorder::new(device::transport(core)?);
    let opened = FpgaDevice::open(core, Box::new(line))?;
    device::selftest(&opened)?;
    let counters = opened.counters()?;
    let link = opened.link_stats();
    drop(opened);
    if let Some(path) = record {
        let trace = trace.lock().unwrap_or_else(PoisonError::into_inner);
        files::write(path, trace.to_text().as_bytes())?;
    }
    print(
        format,
        &Passed {
            core: core.to_owned(),
            passed: true,
            time_ms: begin.elapsed().as_secs_f64() * 1e3,
            multiplier_busy: counters.multiplier_busy(),
            counters: Counters(counters),
            requests: link.requests,
            retries: link.retries,
            sent_bytes: link.sent_bytes,
            received_bytes: link.received_bytes,
        },
    );
    Ok(())
}
