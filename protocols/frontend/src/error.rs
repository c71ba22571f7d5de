//! Typed errors, one enum per stage.

use kernelwise_core::program::GraphError;

/// Why a file is not a model that can be proved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The file.
        path: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The bytes are not the protobuf of a model.
    #[error("not an ONNX model: {problem}")]
    Protobuf {
        /// What the decoder says.
        problem: String,
    },
    /// A node uses an operator that has no quantised form here.
    #[error("node `{node}`: operator `{operator}` is not supported; supported are {supported}")]
    Operator {
        /// Name of the node.
        node: String,
        /// Its operator.
        operator: String,
        /// All operators that are.
        supported: String,
    },
    /// A node uses a supported operator in an unsupported or malformed way.
    #[error("node `{node}` ({operator}): {what}: expected {expected}, got {got}")]
    Node {
        /// Name of the node.
        node: String,
        /// Its operator.
        operator: String,
        /// Which attribute, input or property.
        what: String,
        /// What would be handled.
        expected: String,
        /// What came.
        got: String,
    },
    /// A constant, input or output is malformed or of an unsupported type.
    #[error("tensor `{tensor}`: {what}: expected {expected}, got {got}")]
    Tensor {
        /// Name of the tensor.
        tensor: String,
        /// Which property.
        what: &'static str,
        /// What would be handled.
        expected: String,
        /// What came.
        got: String,
    },
    /// The graph as a whole is not one that can be imported.
    #[error("graph: {what}: expected {expected}, got {got}")]
    Graph {
        /// Which property.
        what: &'static str,
        /// What would be handled.
        expected: String,
        /// What came.
        got: String,
    },
}

/// Why the float model could not be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FloatError {
    /// The inputs do not fit the model.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The float interpreter refuses the model or the run.
    #[error("float model: {problem}")]
    Interpreter {
        /// What it says.
        problem: String,
    },
    /// A value of the float model is not finite.
    #[error("float model: `{value}`: expected finite numbers, got {got}")]
    NotFinite {
        /// Name of the value.
        value: String,
        /// The first such number.
        got: f32,
    },
    /// The float interpreter sees another shape than the importer.
    #[error("float model: `{value}`: expected {expected} elements, got {got}")]
    Length {
        /// Name of the value.
        value: String,
        /// Elements that the importer expects.
        expected: usize,
        /// Elements that came.
        got: usize,
    },
}

/// Why a float model could not be quantised.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuantiseError {
    /// An option is outside what is handled.
    #[error("option {option}: expected {expected}, got {got}")]
    Option {
        /// Which option.
        option: &'static str,
        /// What is handled.
        expected: String,
        /// What came.
        got: String,
    },
    /// No sample says how large a value becomes.
    #[error("no calibration for `{value}`: expected at least one sample input")]
    Calibration {
        /// Name of the value.
        value: String,
    },
    /// A table would have to cover too many inputs.
    #[error(
        "layer `{layer}`: a table of 2^{got} entries, expected at most 2^{expected}; \
         fewer activation bits or wider calibration make it smaller"
    )]
    TableSize {
        /// Name of the layer.
        layer: String,
        /// Binary logarithm of the limit.
        expected: u32,
        /// Binary logarithm of what the layer needs.
        got: u32,
    },
    /// A layer cannot be expressed with the kernels there are.
    #[error("layer `{layer}`: {what}: expected {expected}, got {got}")]
    Layer {
        /// Name of the layer.
        layer: String,
        /// Which property.
        what: &'static str,
        /// What is handled.
        expected: String,
        /// What came.
        got: String,
    },
    /// The kernel graph is not valid.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Stored parameters do not fit the program.
    #[error("parameter `{parameter}`: expected {expected}, got {got}")]
    Parameter {
        /// Name of the tensor.
        parameter: String,
        /// What fits.
        expected: String,
        /// What came.
        got: String,
    },
}

/// Why sample inputs could not be read or quantised.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The file cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The file.
        path: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The file is not of the format that it should be.
    #[error("{format} input: expected {expected}, got {got}")]
    Format {
        /// Name of the format.
        format: &'static str,
        /// What would be right.
        expected: String,
        /// What came.
        got: String,
    },
    /// The number of input tensors differs.
    #[error("expected {expected} input tensors, got {got}")]
    Count {
        /// Inputs of the model.
        expected: usize,
        /// Inputs that came.
        got: usize,
    },
    /// The number of elements of an input differs.
    #[error("input `{input}`: expected {expected} values of shape {shape:?}, got {got}")]
    Length {
        /// Name of the input.
        input: String,
        /// Its shape.
        shape: Vec<usize>,
        /// Its elements.
        expected: usize,
        /// Elements that came.
        got: usize,
    },
    /// A value is NaN or infinite.
    #[error("input `{input}`: expected finite numbers, got {got} at index {index}")]
    NotFinite {
        /// Name of the input.
        input: String,
        /// Where.
        index: usize,
        /// The value.
        got: f32,
    },
}

/// Why the integer executor stopped.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExecuteError {
    /// An input or parameter is missing or has the wrong number of elements.
    #[error("tensor `{tensor}`: expected {expected} values, got {got}")]
    Length {
        /// Name of the tensor.
        tensor: String,
        /// Elements of its shape.
        expected: usize,
        /// Elements that came.
        got: usize,
    },
    /// A value lies outside the declared range of its tensor.
    #[error("tensor `{tensor}`: expected values in {expected}, got {got} at index {index}")]
    OutOfRange {
        /// Name of the tensor.
        tensor: String,
        /// The declared range.
        expected: String,
        /// The value.
        got: i128,
        /// Where.
        index: usize,
    },
    /// A looked-up value is not in the table, or maps to something else.
    #[error("table `{table}`, used by `{launch}`: expected {expected}, got {got}")]
    Table {
        /// Name of the table.
        table: String,
        /// Name of the launch, or of the kind of check.
        launch: String,
        /// The domain or the right output.
        expected: String,
        /// The value.
        got: i128,
    },
    /// The launch is malformed; a validated program has none.
    #[error("launch `{launch}`: {problem}")]
    Launch {
        /// Name of the launch.
        launch: String,
        /// What is wrong.
        problem: &'static str,
    },
}
