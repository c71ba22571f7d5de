//! Plots as SVG elements, to be put into a page.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::RelativeSize;

use crate::error::BenchError;

/// Pixels, before the page scales it.
const SIZE: (u32, u32) = (640, 400);

/// Told apart by most people with colour-vision deficiencies: [Okabe and Ito](https://jfly.uni-koeln.de/color/).
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];

/// One line of a plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What it is.
    pub name: String,
    /// Binary logarithm of the size, and the value above zero.
    pub points: Vec<(f64, f64)>,
    /// How it is drawn.
    pub line: Line,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Measured: points on a line.
    Measured,
    /// Derived: a dashed line.
    Bound,
}

/// A plot over sizes.
#[derive(Debug, Clone)]
pub struct Plot {
    /// Above the plot.
    pub title: String,
    /// Beside the vertical axis.
    pub y_label: String,
    /// The lines.
    pub series: Vec<Series>,
    /// How values of the vertical axis read.
    pub format: fn(f64) -> String,
}

impl Plot {
    /// The plot with a logarithmic vertical axis, as one `svg` element.
    ///
    /// # Errors
    /// [`BenchError::Plot`] if it cannot be drawn.
    pub fn svg(&self) -> Result<String, BenchError> {
        let mut text = String::new();
        self.draw(&mut text).map_err(|problem| BenchError::Plot {
            problem: problem.to_string(),
        })?;
        // Inside HTML the element needs no namespace, and the page names no address.
        Ok(text.replace(" xmlns=\"http://www.w3.org/2000/svg\"", ""))
    }

    fn draw(&self, text: &mut String) -> Result<(), Box<dyn std::error::Error + '_>> {
        let points = || self.series.iter().flat_map(|series| series.points.iter());
        let root = SVGBackend::with_string(text, SIZE).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .caption(&self.title, ("sans-serif", 16))
            .margin(8)
            .x_label_area_size(36)
            .y_label_area_size(72)
            .build_cartesian_2d(
                linear_range(points().map(|point| point.0)),
                Logarithmic::new(points().map(|point| point.1)),
            )?;
        chart
            .configure_mesh()
            .x_desc("log2 of the size")
            .y_desc(&self.y_label)
            .x_label_formatter(&|x| {
                if (x - x.round()).abs() < 1e-9 {
                    format!("{x:.0}")
                } else {
                    String::new()
                }
            })
            .y_label_formatter(&|y| (self.format)(y.exp()))
            .max_light_lines(0)
            .draw()?;
        for (series, &colour) in self.series.iter().zip(COLOURS.iter().cycle()) {
            let scaled: Vec<(f64, f64)> = series.points.iter().map(|&(x, y)| (x, y.ln())).collect();
            let drawn = match series.line {
                Line::Measured => {
                    let dot = |&point: &(f64, f64)| Circle::new(point, 3, colour.filled());
                    chart.draw_series(scaled.iter().map(dot))?;
                    chart.draw_series(LineSeries::new(scaled, colour.stroke_width(2)))?
                }
                Line::Bound => {
                    let dashes = DashedLineSeries::new(scaled, 6, 4, colour.stroke_width(2));
                    chart.draw_series(dashes)?
                }
            };
            drawn.label(&series.name).legend(move |(x, y)| {
                PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2))
            });
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .margin(RelativeSize::Width(0.01))
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.3))
            .draw()?;
        root.present()?;
        Ok(())
    }
}

/// From the smallest to the largest, wider by half a step.
fn linear_range(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) = bounds(values);
    low - 0.5..high + 0.5
}

fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let bounds = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if bounds.0 <= bounds.1 {
        bounds
    } else {
        (0.0, 1.0)
    }
}

/// A vertical axis of natural logarithms with key points at 1, 2 and 5 of every power of ten.
///
/// The library's own logarithmic axis places key points at powers only, which leaves small ranges without any.
struct Logarithmic {
    range: Range<f64>,
}

impl Logarithmic {
    fn new(values: impl Iterator<Item = f64>) -> Self {
        let positive = values.filter(|&value| value > 0.0).map(f64::ln);
        let (low, high) = bounds(positive);
        let margin = ((high - low) * 0.08).max(0.2);
        Self {
            range: low - margin..high + margin,
        }
    }

    fn key_points_of(&self, mantissas: &[f64]) -> Vec<f64> {
        let exponent = |value: f64| (value / std::f64::consts::LN_10).floor() as i32;
        (exponent(self.range.start)..=exponent(self.range.end))
            .flat_map(|power| mantissas.iter().map(move |m| (m * 10f64.powi(power)).ln()))
            .filter(|value| self.range.contains(value))
            .collect()
    }
}

impl Ranged for Logarithmic {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        limit.0 + (f64::from(limit.1 - limit.0) * share).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        let fine = self.key_points_of(&[1.0, 2.0, 5.0]);
        if fine.len() <= hint.max_num_points() {
            fine
        } else {
            self.key_points_of(&[1.0])
        }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Logarithmic {
    fn format(value: &f64) -> String {
        format!("{:.3}", value.exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::units;

    fn plot(points: Vec<(f64, f64)>) -> Plot {
        Plot {
            title: "msm <fr>".to_owned(),
            y_label: "time".to_owned(),
            series: vec![Series {
                name: "cpu & co".to_owned(),
                points,
                line: Line::Measured,
            }],
            format: units::time,
        }
    }

    #[test]
    fn one_element_without_addresses() {
        let svg = plot(vec![(10.0, 1e3), (11.0, 2e3), (12.0, 4e3)])
            .svg()
            .unwrap();
        assert!(
            svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"),
            "{svg}"
        );
        assert!(!svg.contains("http"));
        assert!(svg.contains("2.00 us"), "{svg}");
    }

    #[test]
    fn names_are_escaped() {
        let svg = plot(vec![(10.0, 1e3)]).svg().unwrap();
        assert!(
            svg.contains("msm &lt;fr&gt;") && svg.contains("cpu &amp; co"),
            "{svg}"
        );
    }

    #[test]
    fn a_single_point_and_none_can_be_drawn() {
        assert!(plot(vec![(10.0, 5.0)]).svg().is_ok());
        assert!(plot(Vec::new()).svg().is_ok());
    }
}
