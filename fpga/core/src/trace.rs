//! What a block does, cycle by cycle, in rust-hdl's simulator: the bench that tests and waveform pictures share.

use std::collections::HashMap;

use rust_hdl::prelude::*;

/// What a signal held in one cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number of up to 256 bits, least significant limb first.
    Bits([u64; 4]),
    /// A state of an enumeration.
    State(String),
}

impl Value {
    /// The number, which must have at most 64 bits; a state is none.
    pub fn word(&self) -> Option<u64> {
        match self {
            Self::Bits([word, 0, 0, 0]) => Some(*word),
            _ => None,
        }
    }
}

impl From<u64> for Value {
    fn from(word: u64) -> Self {
        Self::Bits([word, 0, 0, 0])
    }
}

/// A signal of a [`Bench`], found by name before the first cycle.
struct Watched {
    path: String,
    values: Vec<Value>,
}

/// A block with a clock, stepped cycle by cycle, and the signals that are watched.
pub struct Bench<B> {
    /// The block; its inputs are set between cycles.
    pub block: B,
    clock: fn(&mut B) -> &mut Signal<In, Clock>,
    /// Which of the watched signals a signal's number means, from the lowest number of one on.
    slots: (usize, Vec<Option<usize>>),
    trace: Trace,
}

impl<B: Block + Default> Bench<B> {
    /// A block at power-up, all inputs zero, and the signals of the given paths, such as `items.recoder.step.q`.
    ///
    /// # Panics
    /// If the block has no signal of such a path.
    pub fn new(clock: fn(&mut B) -> &mut Signal<In, Clock>, paths: &[&str]) -> Self {
        let mut block = B::default();
        block.connect_all();
        let mut finder = Finder::default();
        block.accept("", &mut finder);
        let ids = paths.iter().map(|path| {
            let id = finder.found.get(*path);
            *id.unwrap_or_else(|| panic!("no signal {path}"))
        });
        let ids: Vec<usize> = ids.collect();
        let lowest = ids.iter().copied().min().unwrap_or(0);
        let last = ids.iter().copied().max().unwrap_or(0);
        let mut slots = vec![None; last - lowest + 1];
        for (slot, id) in ids.into_iter().enumerate() {
            slots[id - lowest] = Some(slot);
        }
        let watched = paths.iter().map(|path| Watched {
            path: (*path).to_owned(),
            values: Vec::new(),
        });
        Self {
            clock,
            slots: (lowest, slots),
            trace: Trace {
                watched: watched.collect(),
                cycles: 0,
            },
            block,
        }
    }

    fn settle(&mut self) {
        assert!(simulate(&mut self.block, 100), "the block settles");
    }

    /// One clock cycle: the inputs take effect, the watched signals are recorded, registers take their values.
    ///
    /// # Panics
    /// If the block oscillates.
    pub fn cycle(&mut self) {
        (self.clock)(&mut self.block).next = Clock { clk: false };
        self.settle();
        self.block
            .accept("", &mut Sampler(&self.slots, &mut self.trace.watched));
        (self.clock)(&mut self.block).next = Clock { clk: true };
        self.settle();
        self.trace.cycles += 1;
    }

    /// What was recorded so far.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// What was recorded.
    pub fn into_trace(self) -> Trace {
        self.trace
    }
}

/// What the watched signals of a block held in every cycle.
pub struct Trace {
    watched: Vec<Watched>,
    cycles: usize,
}

impl Trace {
    fn signal(&self, path: &str) -> &Watched {
        let found = self.watched.iter().find(|signal| signal.path == path);
        found.unwrap_or_else(|| panic!("{path} is not watched"))
    }

    /// Recorded cycles.
    pub fn cycles(&self) -> usize {
        self.cycles
    }

    /// The values of a signal, by cycle.
    ///
    /// # Panics
    /// If the signal is not watched; so do the other methods.
    pub fn values(&self, path: &str) -> &[Value] {
        &self.signal(path).values
    }

    /// The value of a signal of at most 64 bits in a cycle.
    pub fn word(&self, path: &str, cycle: usize) -> u64 {
        let value = &self.values(path)[cycle];
        let word = value.word();
        word.unwrap_or_else(|| panic!("{path} is {value:?} in cycle {cycle}"))
    }

    /// Whether a bit is set in a cycle.
    pub fn bit(&self, path: &str, cycle: usize) -> bool {
        self.word(path, cycle) == 1
    }

    /// The cycles in which a bit is set.
    pub fn pulses(&self, path: &str) -> Vec<usize> {
        let cycles = 0..self.cycles;
        cycles.filter(|&cycle| self.bit(path, cycle)).collect()
    }

    /// The first cycle, not before `from`, in which a signal holds `value`.
    ///
    /// # Panics
    /// If there is none.
    pub fn find(&self, path: &str, value: impl Into<Value>, from: usize) -> usize {
        let value = value.into();
        let mut cycles = from..self.cycles;
        let found = cycles.find(|&cycle| self.values(path)[cycle] == value);
        found.unwrap_or_else(|| panic!("{path} is never {value:?} from cycle {from} on"))
    }

    /// As [`find`](Self::find), for the state of an enumeration.
    pub fn find_state(&self, path: &str, state: &str, from: usize) -> usize {
        self.find(path, Value::State(state.to_owned()), from)
    }
}

/// Numbers of all signals, by path.
#[derive(Default)]
struct Finder {
    scope: Vec<String>,
    found: HashMap<String, usize>,
}

impl Probe for Finder {
    fn visit_start_scope(&mut self, name: &str, _: &dyn Block) {
        self.scope.push(name.to_owned());
    }

    fn visit_atom(&mut self, name: &str, signal: &dyn Atom) {
        // The outermost block has no name.
        let inner = self.scope.iter().skip(1).map(String::as_str);
        let path: Vec<&str> = inner.chain([name]).collect();
        self.found.insert(path.join("."), signal.id());
    }

    fn visit_end_scope(&mut self, _: &str, _: &dyn Block) {
        self.scope.pop();
    }
}

/// Records the watched signals.
struct Sampler<'a>(&'a (usize, Vec<Option<usize>>), &'a mut [Watched]);

impl Probe for Sampler<'_> {
    fn visit_atom(&mut self, _: &str, signal: &dyn Atom) {
        let (lowest, slots) = self.0;
        let slot = signal.id().checked_sub(*lowest).and_then(|i| slots.get(i));
        if let Some(Some(slot)) = slot {
            self.1[*slot].values.push(value(signal.vcd()));
        }
    }
}

/// # Panics
/// If the signal is a structure, which no signal here is.
fn value(value: VCDValue) -> Value {
    let VCDValue::Single(one) = VCDValue::from(true) else {
        unreachable!("a bit is a single value");
    };
    match value {
        VCDValue::Single(bit) => u64::from(bit == one).into(),
        VCDValue::Vector(bits) => {
            let mut limbs = [0; 4];
            for (i, _) in bits
                .iter()
                .rev()
                .enumerate()
                .filter(|(_, bit)| **bit == one)
            {
                limbs[i / 64] |= 1 << (i % 64);
            }
            Value::Bits(limbs)
        }
        VCDValue::String(state) => {
            Value::State(state.rsplit(':').next().unwrap_or_default().to_owned())
        }
        VCDValue::Composite(_) => panic!("structures are not recorded"),
    }
}
