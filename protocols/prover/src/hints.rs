//! Functions of the host that circuits name as hints.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernelwise_core::field::{AdditiveGroup, BigInteger, Fr, PrimeField};

/// A hint: from the values of its arguments to those of its results, one instance at a time.
pub type HintClosure = Arc<dyn Fn(&[Fr]) -> Vec<Fr> + Send + Sync>;

/// Hints by name. What they return is not trusted: the circuit's own assertions constrain it.
#[derive(Clone, Default)]
pub struct HintRegistry(BTreeMap<String, HintClosure>);

impl HintRegistry {
    /// Registers a function under a name; returns whether the name was free.
    pub fn insert(&mut self, name: impl Into<String>, function: HintClosure) -> bool {
        self.0.insert(name.into(), function).is_none()
    }

    /// The function of that name.
    pub fn get(&self, name: &str) -> Option<&HintClosure> {
        self.0.get(name)
    }

    /// All names with their functions.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &HintClosure)> {
        self.0
            .iter()
            .map(|(name, function)| (name.as_str(), function))
    }
}

impl std::fmt::Debug for HintRegistry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The first `count` digits in base `2^width` of the canonical integer of a field element, least significant first.
pub fn digits(value: Fr, width: usize, count: usize) -> Vec<Fr> {
    let bits = value.into_bigint().to_bits_le();
    let digit = |index: usize| {
        let bits = bits.iter().skip(index * width).take(width).rev();
        bits.fold(Fr::ZERO, |digit, &bit| digit.double() + Fr::from(bit))
    };
    (0..count).map(digit).collect()
}
