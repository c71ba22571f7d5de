//! Which check must reject which tampering.

use kernelwise_core::VerifyError;
use kernelwise_core::groth16::Groth16Error;

/// A check of the verifier, by the error that it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Canonical encoding of a message.
    Malformed(&'static str),
    /// The end of the proof.
    TrailingBytes,
    /// The program's digest.
    WrongProgram,
    /// The key's digest.
    WrongKey,
    /// Length and range of public tensors.
    PublicTensor,
    /// The root of the fractions.
    LookupDenominator,
    /// This layer of the fractions.
    LookupLayer(usize),
    /// The leaves of the fractions.
    LookupLeaves,
    /// The equation of this kernel.
    Kernel(&'static str),
    /// The merge of claims on a virtual tensor.
    Merge,
    /// The evaluation of a public input.
    InputClaim,
    /// This step of the opening.
    Opening(&'static str),
    /// The product of pairings of all Groth16 proofs.
    Groth16,
    /// Shape and encoding of the key.
    Key,
    /// A check that these tests do not know.
    Unknown,
}

impl Check {
    /// The merge of claims on committed tensors.
    pub const MERGED_VALUES: Self = Self::Opening("merged values do not match the claims");
    /// The sumcheck over columns.
    pub const COLUMN_VALUES: Self = Self::Opening("column values do not match the claims");
    /// The opened vector at the point.
    pub const VECTOR: Self = Self::Opening("the vector does not evaluate to the column values");
    /// The opened vector against the commitments.
    pub const GROUP: Self = Self::Opening("the vector does not match the commitments");

    /// The check that gave an error.
    pub fn of(error: &VerifyError) -> Self {
        match error {
            VerifyError::Malformed { label, .. } => Self::Malformed(label),
            VerifyError::TrailingBytes => Self::TrailingBytes,
            VerifyError::WrongProgram { .. } => Self::WrongProgram,
            VerifyError::WrongKey { .. } => Self::WrongKey,
            VerifyError::PublicTensor { .. } => Self::PublicTensor,
            VerifyError::LookupDenominator => Self::LookupDenominator,
            VerifyError::LookupLayer { layer } => Self::LookupLayer(*layer),
            VerifyError::LookupLeaves { .. } => Self::LookupLeaves,
            VerifyError::Kernel { kernel, .. } => Self::Kernel(kernel),
            VerifyError::Merge { .. } => Self::Merge,
            VerifyError::InputClaim { .. } => Self::InputClaim,
            VerifyError::Opening { step } => Self::Opening(step),
            VerifyError::Groth16(Groth16Error::Pairing) => Self::Groth16,
            VerifyError::Key { .. } => Self::Key,
            _ => Self::Unknown,
        }
    }
}

/// Where the verifier is when it meets a message: what tells apart the checks of equal messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The layer of the fractions being read.
    pub layer: usize,
}

impl Position {
    /// Goes past a message.
    pub fn pass(&mut self, label: &str) {
        if label == "lookup children" {
            self.layer += 1;
        }
    }
}

/// The one check that rejects a proof in which a message with this label was altered into another well-formed one.
/// `None` for a label that nobody has thought about.
pub fn check_of(label: &str, at: Position) -> Option<Check> {
    Some(match label {
        // Every challenge of the lookup argument depends on the commitments; layer 0 has no rounds, and holds for any challenge.
        "commitment" | "groth16 commitment" => Check::LookupLayer(1),
        "lookup root" => Check::LookupLayer(0),
        "lookup round" | "lookup children" => Check::LookupLayer(at.layer),
        "lookup claim" => Check::LookupLeaves,
        "claim merge round" | "claim merge value" => Check::Merge,
        "matmul round" | "matmul input" | "matmul weight" => Check::Kernel("matmul"),
        "conv2d round" | "conv2d input" | "conv2d weight" => Check::Kernel("conv2d"),
        "linear input" => Check::Kernel("linear"),
        "circuit merge round"
        | "circuit merge values"
        | "circuit instance round"
        | "circuit wire round"
        | "circuit wire value"
        | "circuit gate value"
        | "circuit input" => Check::Kernel("circuit"),
        "max-pool round" | "max-pool output" | "max-pool input" => Check::Kernel("max-pool"),
        "merge round" | "merge values" => Check::MERGED_VALUES,
        "column round" | "column values" => Check::COLUMN_VALUES,
        "opened vector" => Check::VECTOR,
        // Of a value alone nothing is asked: what comes next depends on it, and fails. See `is_claim`.
        "groth16 value" | "groth16 proof" => Check::Groth16,
        _ => return None,
    })
}

/// Whether `label` is of values that are checked where the claims that they make arrive: at a producer, an input, the opening or
/// a Groth16 proof, whichever comes first.
pub fn is_claim(label: &str) -> bool {
    label == "groth16 value"
}

/// Whether `got` is one of the checks where claims arrive.
pub fn is_arrival(got: Check) -> bool {
    matches!(
        got,
        Check::Kernel(_)
            | Check::Merge
            | Check::InputClaim
            | Check::MERGED_VALUES
            | Check::COLUMN_VALUES
            | Check::Groth16
    )
}

/// Whether messages of this label are points of a curve.
pub fn is_points(label: &str) -> bool {
    matches!(label, "commitment" | "groth16 commitment" | "groth16 proof")
}

/// All labels of [`check_of`].
pub const LABELS: [&str; 32] = [
    "commitment",
    "groth16 commitment",
    "groth16 value",
    "groth16 proof",
    "lookup root",
    "lookup round",
    "lookup children",
    "lookup claim",
    "claim merge round",
    "claim merge value",
    "matmul round",
    "matmul input",
    "matmul weight",
    "conv2d round",
    "conv2d input",
    "conv2d weight",
    "linear input",
    "circuit merge round",
    "circuit merge values",
    "circuit instance round",
    "circuit wire round",
    "circuit wire value",
    "circuit gate value",
    "circuit input",
    "max-pool round",
    "max-pool output",
    "max-pool input",
    "merge round",
    "merge values",
    "column round",
    "column values",
    "opened vector",
];
