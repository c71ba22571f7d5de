//! From wires with levels to the layers of a circuit.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use kernelwise_core::circuit::{Constant, Layer};

use crate::ir::{Coefficient, ONE, ZERO};
use crate::lower::form::{Form, WireId};
use crate::lower::plan::{Definition, Plan};

/// Wires that must be present together, at the level of the highest.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub wires: Vec<WireId>,
    pub level: u32,
}

impl Group {
    pub fn new(wires: Vec<WireId>, plan: &Plan) -> Self {
        let level = wires.iter().map(|&wire| plan.levels[wire as usize]).max();
        Self {
            level: level.unwrap_or(0),
            wires,
        }
    }
}

/// Constants of the circuit, in the order of their first use.
#[derive(Debug, Default)]
pub(crate) struct Constants {
    index: HashMap<Coefficient, u32>,
    order: Vec<Coefficient>,
}

impl Constants {
    pub fn get(&mut self, coefficient: Coefficient) -> u32 {
        let next = self.order.len() as u32;
        *self.index.entry(coefficient).or_insert_with(|| {
            self.order.push(coefficient);
            next
        })
    }

    pub fn finish(self, plan: &Plan) -> Vec<Constant> {
        self.order
            .into_iter()
            .map(|coefficient| plan.coefficients.constant(coefficient))
            .collect()
    }
}

/// What the layers are, and where each group's wires ended up.
#[derive(Debug, Default)]
pub(crate) struct Emitted {
    pub layers: Vec<Layer>,
    pub sequence: Vec<u32>,
    /// For each group, the positions of its wires at its level.
    pub positions: Vec<Vec<u32>>,
}

/// Marks what the given wires depend on, themselves included.
pub(crate) fn reach(
    plan: &Plan,
    roots: impl Iterator<Item = WireId>,
    forms: &[&Form],
) -> Vec<bool> {
    let mut reached = vec![false; plan.wires.len()];
    let in_forms = forms
        .iter()
        .flat_map(|form| &form.terms)
        .flat_map(|term| &term.wires);
    roots
        .chain(in_forms.copied())
        .for_each(|wire| reached[wire as usize] = true);
    // Gates refer to earlier wires only.
    for wire in (0..plan.wires.len()).rev() {
        if let (true, Definition::Gate(form)) = (reached[wire], &plan.wires[wire]) {
            for &used in form.terms.iter().flat_map(|term| &term.wires) {
                reached[used as usize] = true;
            }
        }
    }
    reached
}

/// Places wires on levels, relays them as far as they are used, and writes the layers; equal layers are stored once.
///
/// `bottom` is the order of level 0, with wires beyond the plan's where no gate reads; `live` says which wires are needed.
///
/// # Cost
/// Linear in terms and relays.
pub(crate) fn emit(
    plan: &Plan,
    live: &[bool],
    bottom: &[WireId],
    groups: &[Group],
    constants: &mut Constants,
) -> Emitted {
    let last = last_levels(plan, live, groups);
    let asserts = plan.assertions.iter().map(|(_, form)| form.level + 1);
    let live_wires = || (0..plan.wires.len()).filter(|&wire| live[wire]);
    let depth = live_wires()
        .map(|wire| last[wire])
        .chain(asserts)
        .max()
        .unwrap_or(0);
    let mut at: Vec<Vec<WireId>> = vec![Vec::new(); depth as usize + 1];
    at[0] = bottom.to_vec();
    for wire in live_wires() {
        for level in plan.levels[wire].max(1)..=last[wire] {
            at[level as usize].push(wire as WireId);
        }
    }
    let mut asserted: Vec<Vec<&Form>> = vec![Vec::new(); depth as usize + 1];
    for (_, form) in &plan.assertions {
        asserted[form.level as usize + 1].push(form);
    }
    let mut writer = Writer {
        plan,
        constants,
        positions: vec![u32::MAX; plan.wires.len()],
        emitted: Emitted {
            positions: vec![Vec::new(); groups.len()],
            ..Emitted::default()
        },
        known: HashMap::new(),
    };
    for level in 0..=depth {
        if level > 0 {
            writer.layer(level, &at[level as usize], &asserted[level as usize]);
        }
        for (position, &wire) in at[level as usize].iter().enumerate() {
            if let Some(slot) = writer.positions.get_mut(wire as usize) {
                *slot = position as u32;
            }
        }
        for (group, positions) in groups.iter().zip(&mut writer.emitted.positions) {
            if group.level == level {
                *positions = group
                    .wires
                    .iter()
                    .map(|&wire| writer.positions[wire as usize])
                    .collect();
            }
        }
    }
    writer.emitted
}

/// The highest level at which each wire must be present.
fn last_levels(plan: &Plan, live: &[bool], groups: &[Group]) -> Vec<u32> {
    let mut last = plan.levels.clone();
    let mut need = |form: &Form, level: u32| {
        for &wire in form.terms.iter().flat_map(|term| &term.wires) {
            last[wire as usize] = last[wire as usize].max(level);
        }
    };
    for (wire, definition) in plan.wires.iter().enumerate() {
        if let (true, Definition::Gate(form)) = (live[wire], definition) {
            need(form, plan.levels[wire] - 1);
        }
    }
    for (_, form) in &plan.assertions {
        need(form, form.level);
    }
    for group in groups {
        for &wire in &group.wires {
            last[wire as usize] = last[wire as usize].max(group.level);
        }
    }
    last
}

struct Writer<'a> {
    plan: &'a Plan,
    constants: &'a mut Constants,
    /// Where each wire is at the level below; stale for wires that are not there.
    positions: Vec<u32>,
    emitted: Emitted,
    known: HashMap<u64, Vec<u32>>,
}

impl Writer<'_> {
    fn layer(&mut self, level: u32, wires: &[WireId], asserts: &[&Form]) {
        let mut layer = Layer::new(wires.len() as u32, asserts.len() as u32);
        for (gate, &wire) in (0..).zip(wires) {
            match &self.plan.wires[wire as usize] {
                Definition::Gate(form) if self.plan.levels[wire as usize] == level => {
                    self.terms(&mut layer, gate, form);
                }
                _ => {
                    let one = self.constants.get(ONE);
                    layer.push(gate, one, &[self.positions[wire as usize]]);
                }
            }
        }
        for (gate, form) in (wires.len() as u32..).zip(asserts) {
            self.terms(&mut layer, gate, form);
        }
        let mut hasher = DefaultHasher::new();
        layer.hash(&mut hasher);
        let known = self.known.entry(hasher.finish()).or_default();
        let same = known
            .iter()
            .find(|&&index| self.emitted.layers[index as usize] == layer);
        let index = match same {
            Some(&index) => index,
            None => {
                let index = self.emitted.layers.len() as u32;
                known.push(index);
                self.emitted.layers.push(layer);
                index
            }
        };
        self.emitted.sequence.push(index);
    }

    fn terms(&mut self, layer: &mut Layer, gate: u32, form: &Form) {
        if form.constant != ZERO {
            let constant = self.constants.get(form.constant);
            layer.push(gate, constant, &[]);
        }
        let mut wires = [0u32; 8];
        for term in &form.terms {
            let constant = self.constants.get(term.coefficient);
            // A term has at most as many wires as a circuit's terms may have: strategies are bounded by that.
            let places = wires.iter_mut().zip(&term.wires);
            places.for_each(|(place, &wire)| *place = self.positions[wire as usize]);
            layer.push(gate, constant, &wires[..term.wires.len()]);
        }
    }
}
