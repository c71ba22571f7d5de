//! Rows of a picture as paths and texts.

use std::fmt::Write as _;
use std::ops::Range;

use super::svg::{Place, Px, Svg};
use super::{Kind, LEVEL, Radix, Waveform};
use crate::trace::Value;

/// Width of a character of a value.
const CHARACTER: f64 = 6.1;

impl Waveform<'_> {
    pub(super) fn wave(
        &self,
        svg: &mut Svg,
        kind: &Kind,
        low: f64,
        left: f64,
        range: Range<usize>,
    ) {
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

    pub(super) fn span(&self, svg: &mut Svg, text: &str, low: f64, from: usize, to: usize) {
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
