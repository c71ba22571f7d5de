//! Names seen so far, and the layers built from them.

use std::collections::BTreeMap;

use tract_onnx::pb::GraphProto;
use tract_onnx::pb::ValueInfoProto;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::dimension;
use tract_onnx::pb::type_proto;

use super::constant::{Constant, Data, MAX_ELEMENTS, element_count};
use super::site::Site;
use crate::error::ImportError;
use crate::layers::{Activation, Layer, Layers, Operation, Value, ValueId};

/// Most axes of a tensor; the kernels take 8.
const MAX_RANK: usize = 8;

/// The state of an import.
pub(crate) struct Scope {
    /// Constants by name.
    pub constants: BTreeMap<String, Constant>,
    /// Activations by name; aliases share a value.
    pub values: BTreeMap<String, ValueId>,
    /// What has been built.
    pub layers: Layers,
}

impl Scope {
    /// A scope with a graph's initialisers and inputs.
    ///
    /// # Errors
    /// [`ImportError::Tensor`] for malformed ones.
    pub fn new(graph: &GraphProto) -> Result<Self, ImportError> {
        let mut scope = Self {
            constants: BTreeMap::new(),
            values: BTreeMap::new(),
            layers: Layers::default(),
        };
        for tensor in &graph.initializer {
            let constant = Constant::read(&tensor.name, tensor)?;
            scope.constants.insert(tensor.name.clone(), constant);
        }
        for input in &graph.input {
            if scope.constants.contains_key(&input.name) {
                continue;
            }
            let shape = input_shape(input)?;
            let id = scope.add_value(&input.name, shape);
            scope.layers.inputs.push(id);
        }
        Ok(scope)
    }

    fn add_value(&mut self, name: &str, shape: Vec<usize>) -> ValueId {
        let id = ValueId(self.layers.values.len());
        self.layers.values.push(Value {
            name: name.to_owned(),
            shape,
            observed: name.to_owned(),
            traced: true,
        });
        self.values.insert(name.to_owned(), id);
        id
    }

    /// The shape of a value.
    pub fn shape(&self, id: ValueId) -> &[usize] {
        self.layers.shape(id)
    }

    /// Whether argument `index` is there.
    pub fn has(&self, site: &Site<'_>, index: usize) -> bool {
        site.node
            .input
            .get(index)
            .is_some_and(|name| !name.is_empty())
    }

    /// Argument `index` as an activation.
    pub fn input(&self, site: &Site<'_>, index: usize) -> Result<ValueId, ImportError> {
        let name = site.node.input.get(index).map_or("", String::as_str);
        self.values.get(name).copied().ok_or_else(|| {
            let got = if self.constants.contains_key(name) {
                format!("the constant `{name}`")
            } else if name.is_empty() {
                "nothing".to_owned()
            } else {
                format!("`{name}`, which no earlier node produces")
            };
            site.wrong(format!("input {index}"), "an activation", got)
        })
    }

    /// Argument `index` as a constant, if it is one.
    pub fn constant(&self, site: &Site<'_>, index: usize) -> Option<&Constant> {
        self.constants.get(site.node.input.get(index)?)
    }

    /// Argument `index` as real constants.
    pub fn floats(&self, site: &Site<'_>, index: usize) -> Result<(&[usize], &[f32]), ImportError> {
        match self.constant(site, index) {
            Some(Constant {
                shape,
                data: Data::Float(values),
            }) if !values.is_empty() => Ok((shape, values)),
            other => {
                let got = match other {
                    Some(_) => "integers or nothing".to_owned(),
                    None => format!(
                        "`{}`, which is computed or missing",
                        site.node.input.get(index).map_or("", String::as_str)
                    ),
                };
                Err(site.wrong(format!("input {index}"), "a constant of real numbers", got))
            }
        }
    }

    /// Argument `index` as integer constants.
    pub fn ints(&self, site: &Site<'_>, index: usize) -> Result<Vec<i64>, ImportError> {
        match self.constant(site, index) {
            Some(Constant {
                data: Data::Int(values),
                ..
            }) => Ok(values.clone()),
            _ => Err(site.wrong(
                format!("input {index}"),
                "a constant of integers",
                "something else",
            )),
        }
    }

    /// An integer list that is an attribute in old operator sets and argument `index` in new ones.
    pub fn ints_or_attribute(
        &self,
        site: &Site<'_>,
        index: usize,
        name: &str,
    ) -> Result<Option<Vec<i64>>, ImportError> {
        if self.has(site, index) {
            return self.ints(site, index).map(Some);
        }
        site.optional_ints(name)
    }

    /// Adds a layer whose result is the node's first result.
    pub fn emit(
        &mut self,
        site: &Site<'_>,
        operation: Operation,
        inputs: Vec<ValueId>,
        shape: Vec<usize>,
    ) -> Result<(), ImportError> {
        let Some(name) = site.node.output.first().filter(|name| !name.is_empty()) else {
            return Err(site.wrong("outputs", "at least one", "none"));
        };
        let extra = site
            .node
            .output
            .iter()
            .skip(1)
            .find(|name| !name.is_empty());
        if let Some(name) = extra {
            return Err(site.wrong("outputs", "one", format!("a second one, `{name}`")));
        }
        self.check_new(site, name)?;
        let output = self.push(site, operation, inputs, shape)?;
        self.values.insert(name.clone(), output);
        self.layers.values[output.0].name.clone_from(name);
        self.layers.values[output.0].observed.clone_from(name);
        self.layers.values[output.0].traced = true;
        Ok(())
    }

    /// Adds a layer whose result has no name in the model file. It must be a mere move of its input.
    pub fn push(
        &mut self,
        site: &Site<'_>,
        operation: Operation,
        inputs: Vec<ValueId>,
        shape: Vec<usize>,
    ) -> Result<ValueId, ImportError> {
        if element_count(&shape).is_none() || shape.len() > MAX_RANK {
            return Err(site.wrong(
                "output shape",
                format!("at most {MAX_RANK} non-empty axes and {MAX_ELEMENTS} elements"),
                format!("{shape:?}"),
            ));
        }
        let output = ValueId(self.layers.values.len());
        self.layers.values.push(Value {
            name: format!("{}.{}", site.name(), output.0),
            shape,
            observed: String::new(),
            traced: false,
        });
        self.layers.layers.push(Layer {
            name: site.name().to_owned(),
            operator: site.operator().to_owned(),
            operation,
            activation: Activation::Identity,
            inputs,
            output,
        });
        Ok(output)
    }

    /// Makes the node's first result another name of `id`.
    pub fn alias(&mut self, site: &Site<'_>, id: ValueId) -> Result<(), ImportError> {
        if let Some(name) = site.node.output.first() {
            self.check_new(site, name)?;
            self.values.insert(name.clone(), id);
        }
        Ok(())
    }

    /// Requires that nothing has this name yet.
    pub fn check_new(&self, site: &Site<'_>, name: &str) -> Result<(), ImportError> {
        if self.values.contains_key(name) || self.constants.contains_key(name) {
            let got = format!("`{name}` a second time");
            return Err(site.wrong("output", "a new name", got));
        }
        Ok(())
    }
}

/// The concrete shape of a graph input: real numbers, an unknown first axis counts as 1.
fn input_shape(input: &ValueInfoProto) -> Result<Vec<usize>, ImportError> {
    let wrong = |what, expected: String, got: String| ImportError::Tensor {
        tensor: input.name.clone(),
        what,
        expected,
        got,
    };
    let value = input.r#type.as_ref().and_then(|t| t.value.as_ref());
    let Some(type_proto::Value::TensorType(tensor)) = value else {
        return Err(wrong(
            "type",
            "a tensor".to_owned(),
            "something else".to_owned(),
        ));
    };
    if tensor.elem_type != DataType::Float as i32 {
        let got = DataType::try_from(tensor.elem_type)
            .map_or("an unknown type", |data_type| data_type.as_str_name());
        return Err(wrong("type", "FLOAT".to_owned(), got.to_owned()));
    }
    let Some(shape) = &tensor.shape else {
        return Err(wrong(
            "shape",
            "a static shape".to_owned(),
            "none".to_owned(),
        ));
    };
    let mut dims = Vec::with_capacity(shape.dim.len());
    for (axis, dim) in shape.dim.iter().enumerate() {
        let known = match &dim.value {
            Some(dimension::Value::DimValue(v)) if *v > 0 => usize::try_from(*v).ok(),
            _ => None,
        };
        match known {
            Some(dim) => dims.push(dim),
            None if axis == 0 => dims.push(1),
            None => {
                let got = match &dim.value {
                    Some(dimension::Value::DimParam(name)) => format!("`{name}` at axis {axis}"),
                    other => format!("{other:?} at axis {axis}"),
                };
                return Err(wrong(
                    "shape",
                    "static axes after the batch".to_owned(),
                    got,
                ));
            }
        }
    }
    if element_count(&dims).is_none() || dims.len() > MAX_RANK {
        return Err(wrong(
            "shape",
            format!("at most {MAX_RANK} non-empty axes and {MAX_ELEMENTS} elements"),
            format!("{dims:?}"),
        ));
    }
    Ok(dims)
}
