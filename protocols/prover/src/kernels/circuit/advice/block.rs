//! The values of a few instances side by side, so that what a step is has to be found out only once for all of them.

use kernelwise_core::field::Fr;

use super::value::Value;

/// Instances of a block: one cache line per value.
pub(super) const LANES: usize = 8;

/// Cells below this are places among the values that are no 64-bit integers.
pub(super) const INTEGERS: i64 = i64::MIN + (1 << 32);

/// One value of each instance.
pub(super) type Cell = [i64; LANES];

/// All values so far.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) cells: Vec<Cell>,
    large: Vec<Fr>,
    /// Whether some value is not what was expected of any: nothing may be taken for an integer unseen from then on.
    pub(super) is_irregular: bool,
}

impl Block {
    pub(super) fn clear(&mut self) {
        self.cells.clear();
        self.large.clear();
        self.is_irregular = false;
    }

    /// A value of all instances; integers from [`INTEGERS`] on.
    pub(super) fn cell(&self, index: u32) -> Cell {
        self.cells.get(index as usize).copied().unwrap_or_default()
    }

    /// A value of one instance.
    pub(super) fn get(&self, index: u32, lane: usize) -> Value {
        let cell = self.cell(index)[lane];
        if cell >= INTEGERS {
            return Value::Int(cell);
        }
        let place = cell.wrapping_sub(i64::MIN) as usize;
        Value::Field(self.large.get(place).copied().unwrap_or_default())
    }

    /// Appends values of the same step, one list per instance.
    pub(super) fn push(&mut self, values: [&[Value]; LANES]) {
        let results = values.iter().map(|values| values.len()).max().unwrap_or(0);
        for result in 0..results {
            let cell = values.map(|values| {
                let value = values.get(result).copied().unwrap_or(Value::Int(0));
                self.encode(value)
            });
            self.cells.push(cell);
        }
    }

    fn encode(&mut self, value: Value) -> i64 {
        match value {
            Value::Int(value) if value >= INTEGERS => value,
            other => {
                self.large.push(other.lift());
                // A block has far fewer values than places.
                i64::MIN + (self.large.len() - 1) as i64
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_value_comes_back() {
        let mut block = Block::default();
        let values = [
            Value::Int(0),
            Value::Int(-1),
            Value::Int(i64::MAX),
            Value::Int(INTEGERS),
            Value::from(Fr::from(1u64 << 63)),
            Value::from(-Fr::from(1u64 << 63)),
            Value::from(Fr::from(INTEGERS - 1)),
            Value::from(Fr::from(u64::MAX) * Fr::from(u64::MAX)),
        ];
        let lists: [[Value; 1]; LANES] = std::array::from_fn(|lane| [values[lane]]);
        block.push(lists.each_ref().map(|list| &list[..]));
        for (lane, value) in values.iter().enumerate() {
            assert_eq!(block.get(0, lane).lift(), value.lift(), "{value:?}");
        }
    }
}
