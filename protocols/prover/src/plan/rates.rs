//! What one unit of each operation takes on a device.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Operation, Work};

/// Nanoseconds per unit, by operation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rates(pub(super) BTreeMap<Operation, f64>);

impl Rates {
    /// Rates by name, as [`entries`](Self::entries) gives them. Unknown names are left out.
    pub fn from_entries<'a>(entries: impl IntoIterator<Item = (&'a str, f64)>) -> Self {
        let known = |(name, rate): (&str, f64)| {
            let operation = Operation::ALL
                .into_iter()
                .find(|operation| operation.name() == name)?;
            (rate.is_finite() && rate > 0.0).then_some((operation, rate))
        };
        Self(entries.into_iter().filter_map(known).collect())
    }

    /// All rates by name, in nanoseconds.
    pub fn entries(&self) -> impl Iterator<Item = (String, f64)> {
        self.0
            .iter()
            .map(|(operation, &rate)| (operation.name(), rate))
    }

    /// Whether every operation has a rate.
    pub fn is_complete(&self) -> bool {
        Operation::ALL
            .iter()
            .all(|operation| self.0.contains_key(operation))
    }

    /// The time that `work` takes.
    pub fn time(&self, work: &[Work]) -> Duration {
        let nanoseconds: f64 = work
            .iter()
            .map(|work| self.0.get(&work.operation).copied().unwrap_or(0.0) * work.units as f64)
            .sum();
        Duration::from_nanos(nanoseconds as u64)
    }
}

impl Operation {
    /// All operations that are measured.
    pub const ALL: [Self; 34] = [
        Self::Point(0),
        Self::Point(1),
        Self::Point(2),
        Self::Point(4),
        Self::Point(8),
        Self::Point(32),
        Self::PointRow(0),
        Self::PointRow(1),
        Self::PointRow(2),
        Self::PointRow(4),
        Self::PointRow(8),
        Self::PointRow(32),
        Self::PointColumn(0),
        Self::PointColumn(1),
        Self::PointColumn(2),
        Self::PointColumn(4),
        Self::PointColumn(8),
        Self::ContractRows,
        Self::ContractCols,
        Self::Tall,
        Self::Wide(1),
        Self::Wide(2),
        Self::Wide(3),
        Self::Wide(4),
        Self::Wide(5),
        Self::WideTerm(1),
        Self::WideTerm(2),
        Self::WideTerm(3),
        Self::WideTerm(4),
        Self::WideTerm(5),
        Self::Round,
        Self::Leaf,
        Self::PointG2,
        Self::Butterfly,
    ];

    /// A name for files and reports.
    pub fn name(&self) -> String {
        match self {
            Self::Point(0) => "point of a bit".to_owned(),
            Self::Point(bytes) => format!("point of {bytes} bytes"),
            Self::PointRow(0) => "row of points of a bit".to_owned(),
            Self::PointRow(bytes) => format!("row of points of {bytes} bytes"),
            Self::PointColumn(0) => "column of points of a bit".to_owned(),
            Self::PointColumn(bytes) => format!("column of points of {bytes} bytes"),
            Self::ContractRows => "contraction over rows, byte".to_owned(),
            Self::ContractCols => "contraction over columns, byte".to_owned(),
            Self::Tall => "sumcheck factor".to_owned(),
            Self::Wide(factors) => format!("circuit term of {factors} factors"),
            Self::WideTerm(factors) => {
                format!("circuit term of {factors} factors, all instances")
            }
            Self::Round => "sumcheck round".to_owned(),
            Self::Leaf => "lookup leaf".to_owned(),
            Self::PointG2 => "point of G2".to_owned(),
            Self::Butterfly => "transform butterfly".to_owned(),
        }
    }
}
