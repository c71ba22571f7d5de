//! Traces as pictures: levels, buses and measured latencies over cycles, as SVG of text and paths alone.
//!
//! A cycle is a column, from one rising edge of the clock to the next. A bus is a row of hexagons, with its value where that fits:
//! hexadecimal, decimal, or the name of a state; a line in the middle is a bus whose value does not matter. Cycles left out are a cut.

mod draw;
mod svg;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use self::svg::{Place, Px, Svg};
use crate::trace::{Trace, Value};

/// Width of the names, pixels.
const NAMES: f64 = 150.0;
/// Height of a row.
const ROW: f64 = 24.0;
/// From a low level to a high one.
const LEVEL: f64 = 15.0;
/// Width of a cut.
const CUT: f64 = 20.0;
/// Height above the first row.
const HEAD: f64 = 30.0;

/// How a bus is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Radix {
    Decimal,
    Hexadecimal,
}

enum Kind {
    Clock,
    Level(Vec<bool>),
    /// Values, and how many events came before: each event has a hexagon of its own.
    Bus(Radix, Vec<Option<(Value, usize)>>),
    /// From the beginning of a cycle to the beginning of another.
    Span(usize, usize),
}

struct Row {
    name: String,
    kind: Kind,
}

/// A picture of a [`Trace`].
pub struct Waveform<'a> {
    trace: &'a Trace,
    title: &'static str,
    cycle_width: f64,
    shown: Vec<Range<usize>>,
    origin: usize,
    tick: usize,
    names: BTreeMap<[u64; 4], &'static str>,
    rows: Vec<Row>,
}

impl<'a> Waveform<'a> {
    /// A picture of the cycles `shown`, each `cycle_width` pixels wide.
    pub fn new(
        trace: &'a Trace,
        title: &'static str,
        cycle_width: f64,
        shown: Range<usize>,
    ) -> Self {
        Self {
            trace,
            title,
            cycle_width,
            origin: shown.start,
            shown: vec![shown],
            tick: 1,
            names: BTreeMap::new(),
            rows: Vec::new(),
        }
    }

    /// More cycles, after a cut.
    pub fn then(mut self, shown: Range<usize>) -> Self {
        self.shown.push(shown);
        self
    }

    /// The cycle to call 0, and the distance of the numbers on the axis.
    pub fn axis(mut self, origin: usize, tick: usize) -> Self {
        (self.origin, self.tick) = (origin, tick);
        self
    }

    /// A value to be shown by name.
    pub fn call(mut self, value: [u64; 4], name: &'static str) -> Self {
        self.names.insert(value, name);
        self
    }

    fn row(mut self, name: &str, kind: Kind) -> Self {
        let name = name.to_owned();
        self.rows.push(Row { name, kind });
        self
    }

    /// The clock.
    pub fn clock(self) -> Self {
        self.row("clock", Kind::Clock)
    }

    /// A bit.
    pub fn level(self, name: &str, path: &str) -> Self {
        let levels = (0..self.trace.cycles()).map(|cycle| self.trace.bit(path, cycle));
        let kind = Kind::Level(levels.collect());
        self.row(name, kind)
    }

    /// A bit of a register of several.
    pub fn level_of(self, name: &str, path: &str, index: usize) -> Self {
        let levels =
            (0..self.trace.cycles()).map(|cycle| self.trace.word(path, cycle) >> index & 1 == 1);
        let kind = Kind::Level(levels.collect());
        self.row(name, kind)
    }

    /// A bus in hexadecimal, or the names of its states.
    pub fn bus(self, name: &str, path: &str) -> Self {
        self.bus_when(name, path, |_| true)
    }

    /// As [`bus`](Self::bus), where its value matters.
    pub fn bus_when(self, name: &str, path: &str, matters: impl Fn(usize) -> bool) -> Self {
        self.any_bus(Radix::Hexadecimal, name, path, matters)
    }

    /// A bus in decimal.
    pub fn number(self, name: &str, path: &str) -> Self {
        self.number_when(name, path, |_| true)
    }

    /// As [`number`](Self::number), where its value matters.
    pub fn number_when(self, name: &str, path: &str, matters: impl Fn(usize) -> bool) -> Self {
        self.any_bus(Radix::Decimal, name, path, matters)
    }

    fn any_bus(
        self,
        radix: Radix,
        name: &str,
        path: &str,
        matters: impl Fn(usize) -> bool,
    ) -> Self {
        let values = self.trace.values(path).iter().enumerate();
        let values = values.map(|(cycle, value)| matters(cycle).then(|| (value.clone(), 0)));
        let kind = Kind::Bus(radix, values.collect());
        self.row(name, kind)
    }

    /// What `path` was when `strobe` was last set, from the first cycle shown on.
    pub fn bus_at(self, name: &str, path: &str, strobe: &str) -> Self {
        let (mut held, mut events) = (None, 0);
        let values = (0..self.trace.cycles()).map(|cycle| {
            if cycle >= self.shown[0].start && self.trace.bit(strobe, cycle) {
                events += 1;
                held = Some((self.trace.values(path)[cycle].clone(), events));
            }
            held.clone()
        });
        let kind = Kind::Bus(Radix::Hexadecimal, values.collect());
        self.row(name, kind)
    }

    /// A latency: the cycles between two events of the trace, which must be those that the interface states.
    ///
    /// # Panics
    /// If they are not.
    pub fn latency(self, what: &str, from: usize, to: usize, stated: usize) -> Self {
        assert_eq!(to - from, stated, "{}: {what}", self.title);
        self.row(&format!("{stated} cycles: {what}"), Kind::Span(from, to))
    }

    fn left(&self, window: usize) -> f64 {
        let before: usize = self.shown[..window].iter().map(Range::len).sum();
        NAMES + before as f64 * self.cycle_width + window as f64 * CUT
    }

    /// Where a cycle begins; in a cut, where that begins.
    fn x(&self, cycle: usize) -> f64 {
        let window = self.shown.iter().rposition(|range| range.start <= cycle);
        let window = window.unwrap_or(0);
        let range = &self.shown[window];
        self.left(window)
            + cycle
                .clamp(range.start, range.end)
                .saturating_sub(range.start) as f64
                * self.cycle_width
    }

    /// The picture.
    pub fn svg(&self) -> String {
        let width = self.x(usize::MAX) + 12.0;
        let axis = HEAD + ROW * self.rows.len() as f64;
        let mut svg = Svg::default();
        for (index, row) in self.rows.iter().enumerate() {
            let low = HEAD + ROW * index as f64 + LEVEL + 3.0;
            match &row.kind {
                Kind::Span(from, to) => self.span(&mut svg, &row.name, low, *from, *to),
                _ => {
                    svg.text(Place::Name, 8.0, low - 3.5, &row.name);
                    for (window, range) in self.shown.iter().enumerate() {
                        self.wave(&mut svg, &row.kind, low, self.left(window), range.clone());
                    }
                }
            }
        }
        for (window, range) in self.shown.iter().enumerate() {
            let left = self.left(window);
            for cycle in range.clone() {
                let number = cycle as i64 - self.origin as i64;
                if number.rem_euclid(self.tick as i64) == 0 {
                    let x = left + (cycle - range.start) as f64 * self.cycle_width;
                    let _ = write!(svg.grid, "M{} {}V{}", Px(x), Px(HEAD), Px(axis + 4.0));
                    svg.text(Place::Axis, x, axis + 15.0, &number.to_string());
                }
            }
            if window != 0 {
                for x in [left - CUT / 2.0 - 2.0, left - CUT / 2.0 + 2.0] {
                    let _ = write!(svg.grid, "M{} {}V{}", Px(x), Px(HEAD), Px(axis));
                }
            }
        }
        svg.text(Place::Name, 8.0, axis + 15.0, "cycle");
        svg.finish(self.title, width, axis + 22.0)
    }
}
