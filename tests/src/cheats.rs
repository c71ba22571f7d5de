//! What a cheating prover alters before it proves.

use kernelwise_core::field::Fr;
use kernelwise_core::program::{Program, Range, TensorId};
use kernelwise_prover::{IntTensor, Witness, execute};

use crate::run::Case;

/// The tensor number `nth` of those called `name`.
///
/// # Panics
/// If there are fewer.
pub fn tensor(program: &Program, name: &str, nth: usize) -> TensorId {
    (0u32..)
        .map(TensorId)
        .zip(&program.graph().tensors)
        .filter(|(_, tensor)| tensor.name == name)
        .nth(nth)
        .map(|(id, _)| id)
        .expect("the program has such a tensor")
}

/// Alters values of one tensor, and nothing that depends on them.
///
/// # Panics
/// If nothing changes.
pub fn edit(witness: &mut Witness, id: TensorId, change: impl FnOnce(&mut [i64])) {
    let old = witness.tensor(id).expect("the tensor has values").clone();
    let mut values = old.to_vec();
    change(&mut values);
    assert_ne!(values, old.to_vec(), "a cheat changes something");
    let range = Range::new(i64::MIN, i64::MAX);
    witness.set(id, IntTensor::new(old.shape().clone(), &values, &range));
}

/// The run of a program with other weights: right but for the weights.
pub fn run_with_other_weight(case: &Case, id: TensorId) -> Witness {
    let mut parameters = case.key.parameters().clone();
    let weight = parameters.get_mut(&id).expect("a parameter");
    // In two's complement: every value changes and stays in its range.
    let values: Vec<i64> = weight.to_vec().iter().map(|value| !value).collect();
    *weight = IntTensor::new(weight.shape().clone(), &values, &Range::new(-8, 7));
    execute(
        case.key.program(),
        &parameters,
        case.key.hints(),
        &case.inputs,
    )
    .expect("execution")
}

/// Alters message number `nth` of those called `label`; says whether it occurred.
pub struct Alteration<F> {
    label: &'static str,
    nth: usize,
    seen: usize,
    change: F,
}

impl<F: FnMut(&mut [Fr])> Alteration<F> {
    /// An alteration that waits for its message.
    pub fn new(label: &'static str, nth: usize, change: F) -> Self {
        Self {
            label,
            nth,
            seen: 0,
            change,
        }
    }

    /// To be called with every message.
    pub fn apply(&mut self, label: &'static str, values: &mut [Fr]) {
        if label == self.label {
            if self.seen == self.nth {
                (self.change)(values);
            }
            self.seen += 1;
        }
    }

    /// Whether the message occurred.
    pub fn occurred(&self) -> bool {
        self.seen > self.nth
    }
}
