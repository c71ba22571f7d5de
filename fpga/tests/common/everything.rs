//! The least that goes through every part: multiplier and adders in both fields, recoder, scoreboard, a round of a sumcheck.

use kernelwise_fpga::isa::{Job, Row};
use kernelwise_fpga::programs::sumcheck::Layout;
use kernelwise_hal::field::Fr;

use super::buckets::{Buckets, points};

/// Rows to write, and where.
pub fn rows() -> Vec<(u16, Vec<Row>)> {
    let programs = Buckets::new();
    let bases = points(2);
    let bases = vec![bases[0], bases[1], bases[3], bases[4]];
    // Twice the same bucket with opposite signs, and another one.
    let scalars = vec![[0b0111, 0, 0, 0], [0b0101, 0, 0, 0]];
    let clear_job = programs.clear(360, 4);
    let add_job = Job {
        items: 2,
        b: 340,
        b_step: 2,
        ..programs.add(360, 350, 2, 2)
    };
    let layout = Layout {
        tables: vec![500, 504],
        terms: vec![vec![0, 1]],
        challenge: 490,
        totals: 491,
        finals: 493,
    };
    let round = layout.bind_and_evaluate().unwrap();
    let fields: Vec<Row> = (0..11u64).map(|i| Fr::from(i * i + 5).0.0).collect();
    let round_job = Job {
        program: 400,
        interval: round.interval() as u16,
        stages: round.stages,
        items: 1,
        spacing: 1,
        a_step: 1,
        quarter: 1,
        scalar_field: true,
        ..Job::default()
    };
    let jobs = [clear_job, add_job, round_job];
    let mut writes = programs.rows().to_vec();
    writes.extend([
        (340, bases),
        (350, scalars),
        (400, round.rows()),
        (490, vec![fields[0], [0; 4], [0; 4]]),
        (500, fields[1..9].to_vec()),
        (JOBS.0, jobs.map(|job| job.encode()).to_vec()),
    ]);
    writes
}

/// Row of the first job, and jobs.
pub const JOBS: (u16, u8) = (390, 3);

/// Rows that the jobs write: first, count. Buckets, totals, tables.
pub const RESULTS: [(u16, u8); 3] = [(360, 12), (491, 2), (500, 8)];
