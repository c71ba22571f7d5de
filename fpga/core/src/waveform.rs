//! Traces as pictures: levels, buses and measured latencies over cycles, as SVG of text and paths alone.
//!
//! A cycle is a column, from one rising edge of the clock to the next. A bus is a row of hexagons, with its value where that fits:
//! hexadecimal, decimal, or the name of a state; a line in the middle is a bus whose value does not matter. Cycles left out are a cut.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::ops::Range;

use crate::trace::{Trace, Value};

/// Width of the names, pixels.
const NAMES: f64 = 150.0;
/// Height of a row.
const ROW: f64 = 24.0;
/// From a low level to a high one.
const LEVEL: f64 = 15.0;
/// Width of a cut.
const CUT: f64 = 20.0;
/// Width of a character of a value.
const CHARACTER: f64 = 6.1;
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

    fn wave(&self, svg: &mut Svg, kind: &Kind, low: f64, left: f64, range: Range<usize>) {
        let high = low - LEVEL;
        let at = |cycle: usize| left + (cycle - range.start) as f64 * self.cycle_width;
        match kind {
            Kind::Clock => {
                let half = Px(self.cycle_width / 2.0);
                let _ = write!(svg.level, "M{} {}", Px(left), Px(low));
                for _ in range {
                    let _ = write!(svg.level, "v-{LEVEL}h{half}v{LEVEL}h{half}");
                }
            }
            Kind::Level(levels) => {
                let y = |level: bool| if level { high } else { low };
                let mut now = levels[range.start];
                let _ = write!(svg.level, "M{} {}", Px(left), Px(y(now)));
                for cycle in range
                    .clone()
                    .skip(1)
                    .filter(|&cycle| levels[cycle] != levels[cycle - 1])
                {
                    now = !now;
                    let _ = write!(svg.level, "H{}V{}", Px(at(cycle)), Px(y(now)));
                }
                let _ = write!(svg.level, "H{}", Px(at(range.end)));
            }
            Kind::Bus(radix, values) => {
                let mut start = range.start;
                while start < range.end {
                    let same = values[start..range.end]
                        .iter()
                        .take_while(|value| **value == values[start]);
                    let end = start + same.count();
                    let value = values[start].as_ref().map(|(value, _)| value);
                    self.hexagon(svg, *radix, value, low, (at(start), at(end)));
                    start = end;
                }
            }
            Kind::Span(..) => {}
        }
    }

    fn hexagon(
        &self,
        svg: &mut Svg,
        radix: Radix,
        value: Option<&Value>,
        low: f64,
        (from, to): (f64, f64),
    ) {
        let half = LEVEL / 2.0;
        let slope = 3.0f64.min((to - from) / 2.0);
        let flat = Px(to - from - 2.0 * slope);
        let (slope, half) = (Px(slope), Px(half));
        let middle = low - LEVEL / 2.0;
        let Some(value) = value else {
            let _ = write!(svg.level, "M{} {}H{}", Px(from), Px(middle), Px(to));
            return;
        };
        let _ = write!(
            svg.bus,
            "M{} {}l{slope}-{half}h{flat}l{slope} {half}-{slope} {half}h-{flat}z",
            Px(from),
            Px(middle)
        );
        let room = ((to - from - 4.0) / CHARACTER).max(0.0) as usize;
        if let Some(label) = self.label(radix, value, room) {
            svg.text(Place::Value, (from + to) / 2.0, low - 3.5, &label);
        }
    }

    /// The value in at most `room` characters, its middle left out if need be.
    fn label(&self, radix: Radix, value: &Value, room: usize) -> Option<String> {
        let text = match value {
            Value::State(name) => name.clone(),
            Value::Bits(limbs) => match self.names.get(limbs) {
                Some(name) => (*name).to_owned(),
                None if radix == Radix::Decimal => value.word()?.to_string(),
                None => {
                    let digits: String = limbs
                        .iter()
                        .rev()
                        .map(|limb| format!("{limb:016x}"))
                        .collect();
                    match digits.trim_start_matches('0') {
                        "" => "0".to_owned(),
                        digits => digits.to_owned(),
                    }
                }
            },
        };
        if text.chars().count() <= room {
            return Some(text);
        }
        let wide = matches!(value, Value::Bits(limbs) if limbs[1..] != [0; 3]);
        let half = room.saturating_sub(1) / 2;
        (wide && half != 0).then(|| format!("{}…{}", &text[..half], &text[text.len() - half..]))
    }

    fn span(&self, svg: &mut Svg, text: &str, low: f64, from: usize, to: usize) {
        let (from, to, y) = (self.x(from), self.x(to), low - LEVEL / 2.0);
        let [left, right, middle] = [from, to, y].map(Px);
        let above = Px(y - 4.0);
        let _ = write!(
            svg.span,
            "M{left} {above}v8M{right} {above}v8M{left} {middle}l4-3v6zM{right} {middle}l-4-3v6z"
        );
        // In the line if there is room, else beside it.
        let half = text.chars().count() as f64 * 3.35 + 6.0;
        let mut at = (from + to) / 2.0;
        if to - from > 2.0 * half + 20.0 {
            let (until, on) = (Px(at - half), Px(at + half));
            let _ = write!(svg.span, "M{left} {middle}H{until}M{on} {middle}H{right}");
        } else {
            let _ = write!(svg.span, "M{left} {middle}H{right}");
            let room = self.x(usize::MAX) - to;
            at = if room > 2.0 * half {
                to + half
            } else {
                from - half
            };
        }
        svg.text(Place::Note, at, y + 4.0, text);
    }
}

/// A length in tenths of a pixel.
struct Px(f64);

impl Display for Px {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tenths = (self.0 * 10.0).round() as i64;
        match tenths % 10 {
            0 => write!(f, "{}", tenths / 10),
            _ => write!(f, "{}", tenths as f64 / 10.0),
        }
    }
}

/// Where a text stands.
#[derive(Clone, Copy)]
enum Place {
    Name,
    Value,
    Axis,
    Note,
}

/// Paths and texts by their style.
#[derive(Default)]
struct Svg {
    grid: String,
    level: String,
    bus: String,
    span: String,
    texts: [String; 4],
}

impl Svg {
    fn text(&mut self, place: Place, x: f64, y: f64, text: &str) {
        let text = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let texts = &mut self.texts[place as usize];
        let _ = write!(texts, "<text x=\"{}\" y=\"{}\">{text}</text>", Px(x), Px(y));
    }

    fn finish(&self, title: &str, width: f64, height: f64) -> String {
        let (width, height) = (Px(width), Px(height));
        let [names, values, axis, notes] = &self.texts;
        let Self {
            grid,
            level,
            bus,
            span,
            ..
        } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
             <title>{title}</title>\n\
             <style>{STYLE}</style>\n\
             <rect class=\"paper\" width=\"100%\" height=\"100%\" rx=\"6\"/>\n\
             <text class=\"title\" x=\"8\" y=\"18\">{title}</text>\n\
             <path class=\"grid\" d=\"{grid}\"/>\n\
             <path class=\"bus\" d=\"{bus}\"/>\n\
             <path class=\"level\" d=\"{level}\"/>\n\
             <path class=\"span\" d=\"{span}\"/>\n\
             <g class=\"name\">{names}</g>\n\
             <g class=\"value\">{values}</g>\n\
             <g class=\"axis\">{axis}</g>\n\
             <g class=\"note\">{notes}</g>\n\
             </svg>\n"
        )
    }
}

/// Readable on light and on dark pages: the picture brings its own paper, as dark as the reader likes it.
const STYLE: &str = "text{font:11px ui-monospace,Menlo,Consolas,monospace;fill:#1f2328}\
.title{font-weight:bold}.value,.axis,.note{text-anchor:middle}.value text{font-size:10px}.axis text{font-size:9px}\
.paper{fill:#fff}.grid{stroke:#d8dee4}.level{fill:none;stroke:#0a5d2a;stroke-width:1.3}\
.bus{fill:#eaf1fb;stroke:#2b5797}.span{fill:#b35900;stroke:#b35900}.note text{fill:#8a4500}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.paper{fill:#0d1117}.grid{stroke:#2b323a}.level{stroke:#56d364}\
.bus{fill:#152238;stroke:#79b8ff}.span{fill:#f0883e;stroke:#f0883e}.note text{fill:#ffb77c}}";
