//! `fpga`.

use kernelwise_cpu::CpuDevice;
use kernelwise_fpga::device::{SLICES, Speed};

use super::{Outcome, output, pool};
use crate::args::Fpga;
use crate::error::BenchError;
use crate::fpga::{Cores, Projection, multiplication, sumcheck};
use crate::render::table::{Align, Table};
use crate::render::units;

pub(super) fn run(args: &Fpga) -> anyhow::Result<Outcome> {
    let speed = Speed {
        clock_hz: args.clock,
        baud: args.baud,
    };
    let cores = Cores::open(&args.core, speed)?;
    let projections = pool(1)?.install(|| all(&cores, &args.log_sizes.0, speed))?;
    let (device, slices) = (cores.device()?, cores.count() * SLICES);
    let description = &device.info().description;
    let text = if args.json {
        let mut text = serde_json::to_string_pretty(&serde_json::json!({
            "core": description,
            "multiplier_slices": slices,
            "setup": { "clock_hz": speed.clock_hz, "baud": speed.baud },
            "operations": projections,
        }))?;
        text.push('\n');
        text
    } else {
        format!(
            "{description}, {slices} multiplier slices. Cycles and bytes are counted on {}; times are projected at {} MHz and {} baud. CPU: one thread, measured.\n\n{}\n{}",
            args.core,
            speed.clock_hz / 1_000_000,
            speed.baud,
            table(&projections),
            parts(&projections),
        )
    };
    output::write_text(&text)?;
    Ok(Outcome::Done)
}

/// Every operation at every size that fits.
fn all(cores: &Cores, log_sizes: &[u32], speed: Speed) -> Result<Vec<Projection>, BenchError> {
    let cpu = CpuDevice::optimized();
    let mut done = Vec::new();
    for operation in [multiplication, sumcheck] {
        for &log_size in log_sizes {
            match operation(cores, &cpu, log_size, speed) {
                Ok(projection) => done.push(projection),
                Err(BenchError::Device(error)) => {
                    eprintln!("note: 2^{log_size}: {error}; left out")
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(done)
}

fn table(projections: &[Projection]) -> Table {
    let right = Align::Right;
    let mut table = Table::new(&[
        ("operation", Align::Left),
        ("cycles", right),
        ("busy", right),
        ("compute", right),
        ("link", right),
        ("unit/s", right),
        ("unit/s/slice", right),
        ("unit/s with link", right),
        ("CPU", right),
        ("estimated", right),
        ("worth it", Align::Left),
    ]);
    for p in projections {
        table.push(vec![
            format!("{} ({})", p.operation, p.unit),
            p.cycles.to_string(),
            units::percent(p.multiplier_busy),
            units::time(p.compute_ns as f64),
            units::time(p.link_ns as f64),
            format!("{:.0}", p.units_per_second),
            format!("{:.0}", p.units_per_second_and_slice),
            format!("{:.0}", p.units_per_second_with_link),
            units::time(p.cpu_ns as f64),
            p.estimated_ns
                .map_or_else(|| "unknown".to_owned(), |time| units::time(time as f64)),
            if p.worth_it { "yes" } else { "no" }.to_owned(),
        ]);
    }
    table
}

fn parts(projections: &[Projection]) -> Table {
    let mut table = Table::new(&[
        ("part", Align::Left),
        ("cycles", Align::Right),
        ("busy", Align::Right),
    ]);
    for p in projections {
        for part in &p.parts {
            table.push(vec![
                format!("{}: {}", p.operation, part.name),
                part.cycles.to_string(),
                units::percent(part.multiplier_busy),
            ]);
        }
    }
    table
}
