//! Interned coefficients.

use std::collections::HashMap;

use kernelwise_core::circuit::Constant;
use kernelwise_core::field::{AdditiveGroup, Field, Fr};

/// Index of an interned coefficient.
pub(crate) type Coefficient = u32;

/// The coefficient 0.
pub(crate) const ZERO: Coefficient = 0;
/// The coefficient 1.
pub(crate) const ONE: Coefficient = 1;

/// Denominators `2^k` up to this `k` are recognised, so that values that stay integers are seen to.
const MAX_SHIFT: u32 = 16;

/// Each field element once, in its smallest form.
#[derive(Debug, Clone)]
pub(crate) struct Coefficients {
    values: Vec<Fr>,
    constants: Vec<Constant>,
    index: HashMap<Fr, Coefficient>,
}

impl Default for Coefficients {
    fn default() -> Self {
        let mut own = Self {
            values: Vec::new(),
            constants: Vec::new(),
            index: HashMap::new(),
        };
        own.intern(Fr::ZERO);
        own.intern(Fr::ONE);
        own
    }
}

impl Coefficients {
    pub fn intern(&mut self, value: Fr) -> Coefficient {
        if let Some(&known) = self.index.get(&value) {
            return known;
        }
        let id = self.values.len() as Coefficient;
        self.values.push(value);
        self.constants.push(smallest(value));
        self.index.insert(value, id);
        id
    }

    pub fn value(&self, id: Coefficient) -> Fr {
        self.values[id as usize]
    }

    pub fn constant(&self, id: Coefficient) -> Constant {
        self.constants[id as usize]
    }

    pub fn product(&mut self, a: Coefficient, b: Coefficient) -> Coefficient {
        match (a, b) {
            (ZERO, _) | (_, ZERO) => ZERO,
            (ONE, other) | (other, ONE) => other,
            _ => self.intern(self.value(a) * self.value(b)),
        }
    }

    pub fn sum(&mut self, a: Coefficient, b: Coefficient) -> Coefficient {
        match (a, b) {
            (ZERO, other) | (other, ZERO) => other,
            _ => self.intern(self.value(a) + self.value(b)),
        }
    }
}

/// The value as an integer, a fraction over a power of two, or bytes.
fn smallest(value: Fr) -> Constant {
    let exact = Constant::from_field(value);
    if matches!(exact, Constant::Ratio(..)) {
        return exact;
    }
    let mut scaled = value;
    for shift in 1..=MAX_SHIFT {
        scaled.double_in_place();
        if let Constant::Ratio(numerator, 1) = Constant::from_field(scaled)
            && numerator.unsigned_abs() < 1 << 32
        {
            return Constant::Ratio(numerator, 1 << shift);
        }
    }
    exact
}
