//! The launches of the backward pass: those of different segments at the same time, as far as there is room.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use kernelwise_core::claim::Claims;
use kernelwise_core::field::Fr;
use kernelwise_core::program::{Program, Segment};
use rayon::prelude::*;

use crate::backward::Backward;
use crate::channel::Channel;
use crate::devices::Devices;
use crate::error::ProveError;
use crate::observer::{Observer, Phase};
use crate::prove::LaunchReport;
use crate::room::Room;
use crate::witness::Witness;

/// A segment to be proved.
struct Job<'a, 'c> {
    index: usize,
    segment: &'a Segment,
    channel: Channel<'c>,
    claims: Claims,
}

/// A segment that is proved.
struct Done<'c> {
    index: usize,
    channel: Channel<'c>,
    claims: Claims,
    linked: BTreeMap<usize, Vec<Vec<Fr>>>,
    reports: Vec<LaunchReport>,
}

/// What all segments share.
#[derive(Clone, Copy)]
struct Common<'a> {
    program: &'a Program,
    witness: &'a Witness,
    devices: Devices<'a>,
    room: Room,
}

impl<'a> Common<'a> {
    fn prove<'c>(self, job: Job<'a, 'c>, observer: &dyn Observer) -> Result<Done<'c>, ProveError> {
        let Job {
            index,
            segment,
            mut channel,
            claims,
        } = job;
        let mut pass = Backward {
            program: self.program,
            witness: self.witness,
            devices: self.devices,
            room: self.room,
            channel: &mut channel,
            claims,
            linked: BTreeMap::new(),
        };
        let reports = pass.in_order(segment.launches(), observer)?;
        let Backward { claims, linked, .. } = pass;
        Ok(Done {
            index,
            channel,
            claims,
            linked,
            reports,
        })
    }
}

impl<'a, 'c> Backward<'a, 'c> {
    /// All launches; the bytes do not depend on how many segments are proved at once.
    pub(crate) fn launches(
        &mut self,
        observer: &dyn Observer,
    ) -> Result<Vec<LaunchReport>, ProveError> {
        let segments = self.program.segments();
        let mut reports = self.in_order(segments.together(), observer)?;
        let apart = segments.apart();
        if apart.is_empty() {
            return Ok(reports);
        }
        let channels = self.channel.fork(apart.len());
        let jobs = apart.iter().zip(channels).enumerate();
        let jobs = jobs.map(|(index, (segment, channel))| Job {
            index,
            segment,
            channel,
            claims: self.claims.fork(segment),
        });
        let jobs: VecDeque<Job<'a, 'c>> = jobs.collect();
        for done in self.run(jobs, observer)? {
            self.channel.join(done.channel);
            self.claims.join(done.claims);
            self.linked.extend(done.linked);
            reports.extend(done.reports);
        }
        Ok(reports)
    }

    fn run(
        &mut self,
        jobs: VecDeque<Job<'a, 'c>>,
        observer: &dyn Observer,
    ) -> Result<Vec<Done<'c>>, ProveError> {
        let common = Common {
            program: self.program,
            witness: self.witness,
            devices: self.devices,
            room: self.room,
        };
        let threads = rayon::current_num_threads();
        let at_once = threads.min(self.room.segments).min(jobs.len());
        if at_once < 2 || self.channel.cheats() {
            let one = |mut job: Job<'a, 'c>| {
                self.channel.exchange_cheat(&mut job.channel);
                let mut done = common.prove(job, observer)?;
                self.channel.exchange_cheat(&mut done.channel);
                Ok(done)
            };
            return jobs.into_iter().map(one).collect();
        }
        let jobs = Mutex::new(jobs);
        let next = || {
            jobs.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front()
        };
        let share = |_| -> Result<Vec<Done<'c>>, ProveError> {
            let own = std::iter::from_fn(next);
            own.map(|job| common.prove(job, observer)).collect()
        };
        let shares: Result<Vec<Vec<Done<'c>>>, ProveError> = (0..at_once)
            .into_par_iter()
            .with_max_len(1)
            .map(share)
            .collect();
        let mut done: Vec<Done<'c>> = shares?.into_iter().flatten().collect();
        done.sort_by_key(|done| done.index);
        Ok(done)
    }

    fn in_order(
        &mut self,
        indices: &[usize],
        observer: &dyn Observer,
    ) -> Result<Vec<LaunchReport>, ProveError> {
        let launches = &self.program.graph().launches;
        let mut reports = Vec::with_capacity(indices.len());
        for &index in indices {
            let Some(launch) = launches.get(index) else {
                continue;
            };
            let (begun, before) = (Instant::now(), self.channel.len());
            self.launch(index, launch)?;
            reports.push(LaunchReport {
                launch: index,
                time: begun.elapsed(),
                bytes: self.channel.len() - before,
            });
            observer.step(Phase::Backward);
        }
        Ok(reports)
    }
}
