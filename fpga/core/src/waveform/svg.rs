//! What pictures are drawn with: texts by place, paths by style.

use std::fmt::{Display, Write as _};

/// A length in tenths of a pixel.
pub(super) struct Px(pub(super) f64);

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
pub(super) enum Place {
    Name,
    Value,
    Axis,
    Note,
}

/// Paths and texts by their style.
#[derive(Default)]
pub(super) struct Svg {
    pub(super) grid: String,
    pub(super) level: String,
    pub(super) bus: String,
    pub(super) span: String,
    texts: [String; 4],
}

impl Svg {
    pub(super) fn text(&mut self, place: Place, x: f64, y: f64, text: &str) {
        let text = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let texts = &mut self.texts[place as usize];
        let _ = write!(texts, "<text x=\"{}\" y=\"{}\">{text}</text>", Px(x), Px(y));
    }

    pub(super) fn finish(&self, title: &str, width: f64, height: f64) -> String {
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
