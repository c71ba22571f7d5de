//! Jobs: from start to end, a frame in which all units work, an item that waits for its bucket.

use super::Picture;
use super::arithmetic::one;
use super::session::{BUCKETS, ITEMS, LEFT, RIGHT, SCALARS, Session, TOTALS, VALUES};
use crate::lane::{FRAME, PRODUCT_CYCLE, PRODUCT_FRAMES, SUM_CYCLES, SUM_FRAMES};
use crate::trace::{Trace, Value};
use crate::waveform::Waveform;
use crate::{items, operands, sequencer};

/// Rows written in a range of cycles: address, value.
fn written(trace: &Trace, from: usize, to: usize) -> Vec<(u64, u64)> {
    let writes = (from..to).filter(|&cycle| trace.bit("memory.write_enable", cycle));
    let row = |cycle| {
        let word = |path| trace.word(path, cycle);
        (word("memory.write_address"), word("memory.write_data"))
    };
    writes.map(row).collect()
}

/// A job of one instruction and two items.
pub(super) fn job(session: &Session) -> Picture {
    let trace = &session.trace;
    let start = trace.find("executor.start", 1, session.counted);
    let run = trace.find_state("sequencer.phase.q", "Run", start);
    let first = trace.find("sequencer.items.boundary", 1, run);
    let end = trace.find("sequencer.items.finished", 1, run);
    let idle = trace.find_state("sequencer.phase.q", "Idle", end);
    let phase = trace.word("sequencer.frame_cycle.q", start) as usize;
    let [totals, bases] = [4, 2].map(|at| [u64::from(VALUES[at]), u64::from(VALUES[at + 1])]);
    let expected = [0, 1].map(|i| (u64::from(TOTALS) + i as u64, totals[i] + bases[i]));
    assert_eq!(written(trace, start, idle + 4), expected);
    let shown = start - 2..idle + 6;
    let picture = Waveform::new(trace, "A job of two items, from start to end", 6.5, shown)
        .axis(run, FRAME)
        .level("start", "executor.start")
        .level("running", "running")
        .bus("phase", "sequencer.phase.q")
        .level("instruction load", "sequencer.operands.instruction_load.q")
        .level("boundary", "sequencer.items.boundary")
        .level("enters", "sequencer.items.enters")
        .bus("valid", "sequencer.items.valid")
        .level("write", "sequencer.write")
        .level("finished", "sequencer.items.finished")
        .latency(
            "start to the first frame, which only fetches",
            start,
            run,
            sequencer::start_cycles(phase),
        )
        .latency("it lasts a frame", run, first + 1, FRAME);
    Picture {
        name: "job",
        svg: picture.svg(),
    }
}

/// Checks all that the job writes which keeps all units busy, and returns the first cycle of the frame in which item 6 is read and
/// the product of item 0 arrives.
fn busy_frame(trace: &Trace, run: usize) -> usize {
    let done = trace.find_state("sequencer.phase.q", "Idle", run);
    let writes = written(trace, run, done + 4);
    for item in 0..u64::from(ITEMS) {
        let value = |from: u16| u64::from(VALUES[usize::from(from + item as u16 - SCALARS)]);
        let (a, b) = (value(LEFT), value(RIGHT));
        for (row, value) in [(8, a + b), (16, a - b), (24, a)] {
            let row = u64::from(RIGHT) + item + row;
            assert!(writes.contains(&(row, value)), "item {item}, row {row}");
        }
    }
    assert_eq!(writes.len(), 3 * usize::from(ITEMS));
    let [early, begin] = [0xa0, 0xa6].map(|value| {
        let frame = trace.find("read_bus.q", value, run) - operands::READ_CYCLES;
        assert_eq!(trace.word("sequencer.frame_cycle.q", frame), 0);
        frame
    });
    assert_eq!(begin - early, FRAME * PRODUCT_FRAMES, "factors to product");
    let (a, b) = (u64::from(LEFT) + 6, u64::from(RIGHT) + 6);
    for (i, row) in [a, 8, a, b, a, b].into_iter().enumerate() {
        let address = begin + i + operands::ADDRESS_CYCLES;
        assert_eq!(trace.word("sequencer.address", address), row, "field {i}");
    }
    let second = trace.values("read_bus.q")[begin + operands::READ_CYCLES + 1].clone();
    assert_eq!(second, Value::Bits(one()));
    let delivered = |cycle| trace.word("lane.write_bus", cycle);
    let sums = SUM_CYCLES.map(|cycle| delivered(begin + FRAME * SUM_FRAMES + cycle));
    assert_eq!(sums, [0xa6 + 0x16, 0xa6 - 0x16]);
    assert_eq!(delivered(begin + PRODUCT_CYCLE), 0xa0);
    begin
}

/// Two frames of the job that keeps all units busy.
pub(super) fn frame(session: &Session) -> Picture {
    let trace = &session.trace;
    let recoded = trace.find_state("sequencer.phase.q", "Run", session.jobs);
    let next = trace.find_state("sequencer.phase.q", "Next", recoded);
    let run = trace.find_state("sequencer.phase.q", "Run", next);
    assert_eq!(run - next, sequencer::NEXT_CYCLES, "job to job");
    let begin = busy_frame(trace, run);
    let bus = begin + operands::READ_CYCLES;
    let reads = |cycle: usize| (bus..bus + 6).contains(&cycle);
    let addresses = |cycle: usize| {
        (begin + 3..begin + 9).contains(&cycle) || cycle % FRAME == (begin + 11) % FRAME
    };
    let writes = |cycle: usize| trace.bit("sequencer.write", cycle);
    let frames = begin..begin + 2 * FRAME;
    let picture = Waveform::new(
        trace,
        "Two frames: operands, and the results of earlier ones",
        27.0,
        frames,
    )
    .axis(begin, 1)
    .call(one(), "1")
    .number("cycle of the frame", "sequencer.frame_cycle.q")
    .number_when("address", "sequencer.address", addresses)
    .bus_when("read bus", "read_bus.q", reads)
    .level_of("load multiplier a", "lane.strobes.q", 6)
    .level_of("load multiplier b", "lane.strobes.q", 7)
    .level_of("load adder 0 left", "lane.strobes.q", 8)
    .level_of("load adder 0 right", "lane.strobes.q", 9)
    .level_of("load adder 1 left", "lane.strobes.q", 10)
    .level_of("load adder 1 right", "lane.strobes.q", 11)
    .bus_when("write bus", "lane.write_bus", writes)
    .number_when("write address", "sequencer.write_address", writes)
    .level("memory write", "memory.write_enable")
    .latency("field 0 to read bus", begin, bus, operands::READ_CYCLES)
    .latency(
        "field 10 to memory write",
        begin + 10,
        trace.find("memory.write_enable", 1, begin),
        operands::WRITE_CYCLES,
    );
    Picture {
        name: "frame",
        svg: picture.svg(),
    }
}

/// The third item names the bucket of the first.
pub(super) fn scoreboard(session: &Session) -> Picture {
    let trace = &session.trace;
    let run = trace.find_state("sequencer.phase.q", "Run", session.jobs);
    let end = trace.find_state("sequencer.phase.q", "Next", run);
    let mut enters = Vec::new();
    while enters.len() < 4 {
        let from = enters.last().map_or(run, |last| last + 1);
        enters.push(trace.find("sequencer.items.enters", 1, from));
    }
    let buckets = [0, 1]
        .map(|i| enters[i])
        .map(|cycle| trace.word("sequencer.items.recoder.bucket", cycle));
    assert_eq!(
        buckets[0],
        trace.word("sequencer.items.recoder.bucket", enters[2]),
        "one bucket, twice"
    );
    let stalled = trace.find("sequencer.items.stalled", 1, run);
    assert!(stalled > enters[1] && stalled < enters[2]);
    assert!(end > enters[3] && u64::from(BUCKETS) == buckets[0]);
    // −1 times the first base and 1 times the second, the next value.
    let bucket = (run..end + 4).rfind(|&cycle| {
        trace.bit("memory.write_enable", cycle)
            && trace.word("memory.write_address", cycle) == buckets[0]
    });
    let bucket = bucket.expect("the bucket is written");
    assert_eq!(trace.word("memory.write_data", bucket), 1);
    let have = |cycle: usize| trace.bit("sequencer.items.recoder.have", cycle);
    let shown = enters[0] - 12..enters[2] + 8;
    let picture = Waveform::new(trace, "An item waits for its bucket", 5.5, shown)
        .axis(enters[0], FRAME)
        .level("scalar fetched", "sequencer.items.fetched")
        .level("have", "sequencer.items.recoder.have")
        .number_when("bucket", "sequencer.items.recoder.bucket", have)
        .level("negative", "sequencer.items.recoder.negative")
        .level("boundary", "sequencer.items.boundary")
        .level("enters", "sequencer.items.enters")
        .level("stalled", "sequencer.items.stalled")
        .bus("recent_valid", "sequencer.items.recent_valid.q")
        .latency(
            "8 iterations from bucket to the same bucket",
            enters[0],
            enters[2],
            FRAME * items::BUCKET_ITERATIONS,
        );
    Picture {
        name: "scoreboard",
        svg: picture.svg(),
    }
}
