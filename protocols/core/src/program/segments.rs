//! Launches that no claim connects.
//!
//! Claims travel through virtual tensors only: every committed tensor is opened in the end, by whomever it is claimed. So the backward pass falls
//! apart into segments, whose messages need not wait for each other's challenges.

use std::collections::{BTreeMap, BTreeSet};

use super::{KernelGraph, Launch, TensorId, TensorKind};
use crate::kernels::{Kernel, ProofSystem};

/// Launches that claims travel between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    launches: Vec<usize>,
    own: Vec<TensorId>,
    shared: Vec<TensorId>,
}

impl Segment {
    /// Indices of the launches, last first: the order of the backward pass.
    pub fn launches(&self) -> &[usize] {
        &self.launches
    }

    /// Virtual tensors of these launches: nobody else claims them.
    pub(crate) fn own(&self) -> &[TensorId] {
        &self.own
    }

    /// The other tensors of these launches.
    pub(crate) fn shared(&self) -> &[TensorId] {
        &self.shared
    }
}

/// How the launches of a program fall apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Segments {
    together: Vec<usize>,
    apart: Vec<Segment>,
}

impl Segments {
    pub(super) fn new(graph: &KernelGraph) -> Self {
        let mut parents: Vec<usize> = (0..graph.launches.len()).collect();
        let linked = shown_by_groth16(graph);
        let mut first = BTreeMap::new();
        for (index, launch) in graph.launches.iter().enumerate() {
            for id in tensors(launch) {
                if is_own(graph, id) || linked.contains(&id) {
                    let other = *first.entry(id).or_insert(index);
                    let (a, b) = (root(&mut parents, index), root(&mut parents, other));
                    // The larger points to the smaller.
                    if let Some(parent) = parents.get_mut(a.max(b)) {
                        *parent = a.min(b);
                    }
                }
            }
        }
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for index in (0..graph.launches.len()).rev() {
            members
                .entry(root(&mut parents, index))
                .or_default()
                .push(index);
        }
        // The backward pass starts from the end.
        let members = members.into_values().rev();
        let (speaking, silent): (Vec<_>, Vec<_>) = members.partition(|launches| {
            let launches = launches
                .iter()
                .filter_map(|&index| graph.launches.get(index));
            launches.into_iter().any(sends)
        });
        if speaking.len() < 2 {
            let together = (0..graph.launches.len()).rev().collect();
            return Self {
                together,
                apart: Vec::new(),
            };
        }
        Self {
            together: silent.concat(),
            apart: speaking
                .into_iter()
                .map(|launches| segment(graph, launches))
                .collect(),
        }
    }

    /// Launches that go on in the transcript of the program, last first: all of them, unless they fall apart.
    pub fn together(&self) -> &[usize] {
        &self.together
    }

    /// Segments with transcripts of their own, last first; none or at least two.
    pub fn apart(&self) -> &[Segment] {
        &self.apart
    }
}

fn segment(graph: &KernelGraph, launches: Vec<usize>) -> Segment {
    let own_launches = launches
        .iter()
        .filter_map(|&index| graph.launches.get(index));
    let touched: BTreeSet<TensorId> = own_launches.flat_map(tensors).collect();
    let (own, shared) = touched.into_iter().partition(|&id| is_own(graph, id));
    Segment {
        launches,
        own,
        shared,
    }
}

/// Tensors that a Groth16 launch shows: at the point of another launch's claim, where there is one.
fn shown_by_groth16(graph: &KernelGraph) -> BTreeSet<TensorId> {
    let is_groth16 = |launch: &&Launch| match &launch.kernel {
        Kernel::Circuit(kernel) => kernel.system == ProofSystem::Groth16,
        _ => false,
    };
    let shown = graph.launches.iter().filter(is_groth16).flat_map(tensors);
    shown
        .filter(|&id| {
            let tensor = graph.tensor(id);
            tensor.is_some_and(|tensor| tensor.kind == TensorKind::Advice)
        })
        .collect()
}

/// Whether a launch says anything in the backward pass; the relation of the others is a lookup.
fn sends(launch: &Launch) -> bool {
    !matches!(launch.kernel, Kernel::Rescale(_) | Kernel::Lookup(_))
}

fn is_own(graph: &KernelGraph, id: TensorId) -> bool {
    let tensor = graph.tensor(id);
    tensor.is_some_and(|tensor| matches!(tensor.kind, TensorKind::Virtual | TensorKind::Private))
}

fn tensors(launch: &Launch) -> impl Iterator<Item = TensorId> {
    launch.inputs.iter().chain(&launch.outputs).copied()
}

/// The representative of a launch's set, the path to it halved.
fn root(parents: &mut [usize], index: usize) -> usize {
    let mut index = index;
    loop {
        let Some(&parent) = parents.get(index) else {
            return index;
        };
        let Some(&above) = parents.get(parent).filter(|_| parent != index) else {
            return index;
        };
        if let Some(slot) = parents.get_mut(index) {
            *slot = above;
        }
        index = above;
    }
}
