//! Choices that a caller may make.

use crate::error::QuantiseError;

/// How to quantise.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantiseOptions {
    /// Bits of an activation, 2 to 16.
    pub activation_bits: u32,
    /// Bits of the range table, 8 to 16; `None` picks the cheapest.
    pub range_bits: Option<u32>,
    /// The largest multiplier of every layer is at least this: rounding it up widens the weight scale by its inverse at most.
    pub min_multiplier: u32,
    /// Binary logarithm of the largest table, at most 24.
    pub max_table_bits: u32,
    /// Columns of a commitment row; `None` picks the smallest proof.
    pub max_columns: Option<usize>,
    /// Whether the program's graph is [rewritten](kernelwise_language::patch) to a cheaper one with the same outputs.
    pub rewrite: bool,
}

impl Default for QuantiseOptions {
    fn default() -> Self {
        Self {
            activation_bits: 8,
            range_bits: None,
            min_multiplier: 16,
            max_table_bits: 20,
            max_columns: None,
            rewrite: true,
        }
    }
}

impl QuantiseOptions {
    /// Checks every option.
    pub(super) fn check(&self) -> Result<(), QuantiseError> {
        let range_bits = self.range_bits.unwrap_or(8);
        let columns = self.max_columns.unwrap_or(1);
        let checks = [
            ("activation_bits", 2..=16, self.activation_bits as usize),
            ("range_bits", 8..=16, range_bits as usize),
            ("min_multiplier", 1..=1 << 16, self.min_multiplier as usize),
            ("max_table_bits", 1..=24, self.max_table_bits as usize),
            ("max_columns", 1..=1 << 20, columns),
        ];
        for (option, allowed, got) in checks {
            if !allowed.contains(&got) {
                return Err(QuantiseError::Option {
                    option,
                    expected: format!("{} to {}", allowed.start(), allowed.end()),
                    got: got.to_string(),
                });
            }
        }
        Ok(())
    }

    /// The integers that activations take.
    pub(super) fn activation_range(&self, non_negative: bool) -> kernelwise_core::program::Range {
        if non_negative {
            kernelwise_core::program::Range::new(0, (1 << self.activation_bits) - 1)
        } else {
            let hi = (1 << (self.activation_bits - 1)) - 1;
            kernelwise_core::program::Range::new(-hi, hi)
        }
    }
}
