//! The supported operators, one builder each.

mod arg_max;
mod elementwise;
mod movement;
mod pool;
mod products;
mod window;

use super::constant::{Constant, Data};
use super::scope::Scope;
use super::site::Site;
use crate::error::ImportError;

type Builder = fn(&mut Scope, &Site<'_>) -> Result<(), ImportError>;

/// All operators, in alphabetical order.
const OPERATORS: &[(&str, Builder)] = &[
    ("Add", elementwise::add),
    ("ArgMax", arg_max::arg_max),
    ("AveragePool", pool::average_pool),
    ("BatchNormalization", elementwise::batch_normalization),
    ("Clip", elementwise::clip),
    ("Concat", movement::concat),
    ("Constant", constant),
    ("Conv", products::conv),
    ("Div", elementwise::div),
    ("Dropout", alias),
    ("Flatten", movement::flatten),
    ("Gemm", products::gemm),
    ("GlobalAveragePool", pool::global_average_pool),
    ("Identity", alias),
    ("LeakyRelu", elementwise::leaky_relu),
    ("MatMul", products::matmul),
    ("MaxPool", pool::max_pool),
    ("Mul", elementwise::mul),
    ("Pad", movement::pad),
    ("Relu", elementwise::relu),
    ("Reshape", movement::reshape),
    ("Squeeze", movement::squeeze),
    ("Sub", elementwise::sub),
    ("Transpose", movement::transpose),
    ("Unsqueeze", movement::unsqueeze),
];

/// Names of the operators that can be imported, in alphabetical order.
pub fn supported_operators() -> impl Iterator<Item = &'static str> {
    OPERATORS.iter().map(|&(name, _)| name)
}

/// Imports one node.
///
/// # Errors
/// [`ImportError::Operator`] for an unknown operator, [`ImportError::Node`] for an unsupported or malformed use.
pub(crate) fn import_node(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    let standard = matches!(site.node.domain.as_str(), "" | "ai.onnx");
    let builder = OPERATORS
        .iter()
        .find(|&&(name, _)| standard && name == site.operator());
    match builder {
        Some((_, build)) => build(scope, site),
        None => Err(ImportError::Operator {
            node: site.name().to_owned(),
            operator: if standard {
                site.operator().to_owned()
            } else {
                format!("{}.{}", site.node.domain, site.operator())
            },
            supported: supported_operators().collect::<Vec<_>>().join(", "),
        }),
    }
}

/// Identity, and dropout at inference.
fn alias(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    if let Some(constant) = scope.constant(site, 0).cloned() {
        return add_constant(scope, site, constant);
    }
    let input = scope.input(site, 0)?;
    scope.alias(site, input)
}

fn constant(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    let constant = if let Some(tensor) = site.tensor("value")? {
        Constant::read(site.name(), tensor)?
    } else if let Some(value) = site.optional_float("value_float")? {
        Constant {
            shape: Vec::new(),
            data: Data::Float(vec![value as f32]),
        }
    } else if let Some(values) = site.optional_floats("value_floats")? {
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(site.wrong("value_floats", "finite numbers", value.to_string()));
        }
        Constant {
            shape: vec![values.len()],
            data: Data::Float(values),
        }
    } else if let Some(values) = site.optional_ints("value_ints")? {
        Constant {
            shape: vec![values.len()],
            data: Data::Int(values),
        }
    } else if site.node.attribute.iter().any(|a| a.name == "value_int") {
        Constant {
            shape: Vec::new(),
            data: Data::Int(vec![site.int("value_int", 0)?]),
        }
    } else {
        return Err(site.wrong("value", "a dense tensor of numbers", "something else"));
    };
    add_constant(scope, site, constant)
}

fn add_constant(scope: &mut Scope, site: &Site<'_>, constant: Constant) -> Result<(), ImportError> {
    let Some(name) = site.node.output.first() else {
        return Err(site.wrong("outputs", "at least one", "none"));
    };
    scope.check_new(site, name)?;
    scope.constants.insert(name.clone(), constant);
    Ok(())
}
