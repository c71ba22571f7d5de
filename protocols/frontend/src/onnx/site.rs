//! One node under import: its attributes, and errors that name it.

use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::{AttributeProto, NodeProto};

use crate::error::ImportError;

/// A node of the model file.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a> {
    /// The node.
    pub node: &'a NodeProto,
}

impl<'a> Site<'a> {
    /// The node's name, or that of its first result.
    pub fn name(&self) -> &'a str {
        let result = self.node.output.first().map_or("", String::as_str);
        if self.node.name.is_empty() {
            result
        } else {
            &self.node.name
        }
    }

    /// The operator.
    pub fn operator(&self) -> &'a str {
        &self.node.op_type
    }

    /// An error about this node.
    pub fn wrong(
        &self,
        what: impl Into<String>,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> ImportError {
        ImportError::Node {
            node: self.name().to_owned(),
            operator: self.operator().to_owned(),
            what: what.into(),
            expected: expected.into(),
            got: got.into(),
        }
    }

    fn attribute(
        &self,
        name: &str,
        kind: AttributeType,
    ) -> Result<Option<&'a AttributeProto>, ImportError> {
        let Some(attribute) = self.node.attribute.iter().find(|a| a.name == name) else {
            return Ok(None);
        };
        // Old exporters leave the type out.
        if attribute.r#type == kind as i32 || attribute.r#type == 0 {
            return Ok(Some(attribute));
        }
        let got = AttributeType::try_from(attribute.r#type)
            .map_or("an unknown type", |kind| kind.as_str_name());
        Err(self.wrong(format!("attribute {name}"), kind.as_str_name(), got))
    }

    /// An integer attribute.
    pub fn int(&self, name: &str, default: i64) -> Result<i64, ImportError> {
        let attribute = self.attribute(name, AttributeType::Int)?;
        Ok(attribute.map_or(default, |a| a.i))
    }

    /// A yes-or-no attribute.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, ImportError> {
        Ok(self.int(name, default.into())? != 0)
    }

    /// A finite real attribute, if there is one.
    pub fn optional_float(&self, name: &str) -> Result<Option<f64>, ImportError> {
        let Some(attribute) = self.attribute(name, AttributeType::Float)? else {
            return Ok(None);
        };
        if attribute.f.is_finite() {
            return Ok(Some(attribute.f.into()));
        }
        Err(self.wrong(
            format!("attribute {name}"),
            "a finite number",
            attribute.f.to_string(),
        ))
    }

    /// A finite real attribute.
    pub fn float(&self, name: &str, default: f64) -> Result<f64, ImportError> {
        Ok(self.optional_float(name)?.unwrap_or(default))
    }

    /// A text attribute.
    pub fn text(&self, name: &str, default: &str) -> Result<String, ImportError> {
        let attribute = self.attribute(name, AttributeType::String)?;
        Ok(attribute.map_or_else(
            || default.to_owned(),
            |a| String::from_utf8_lossy(&a.s).into_owned(),
        ))
    }

    /// A list of integers, if there is one.
    pub fn optional_ints(&self, name: &str) -> Result<Option<Vec<i64>>, ImportError> {
        let attribute = self.attribute(name, AttributeType::Ints)?;
        Ok(attribute.map(|a| a.ints.clone()))
    }

    /// A list of `count` small non-negative integers; `default` for each where the attribute is missing.
    pub fn sizes(
        &self,
        name: &str,
        count: usize,
        default: usize,
        least: usize,
    ) -> Result<Vec<usize>, ImportError> {
        /// Larger geometry is refused by the kernels.
        const LIMIT: usize = 1 << 20;
        let Some(ints) = self.optional_ints(name)?.filter(|ints| !ints.is_empty()) else {
            return Ok(vec![default; count]);
        };
        let sizes: Option<Vec<usize>> = ints
            .iter()
            .map(|&v| {
                usize::try_from(v)
                    .ok()
                    .filter(|v| (least..=LIMIT).contains(v))
            })
            .collect();
        sizes.filter(|sizes| sizes.len() == count).ok_or_else(|| {
            let expected = format!("{count} integers in {least}..={LIMIT}");
            self.wrong(format!("attribute {name}"), expected, format!("{ints:?}"))
        })
    }

    /// The axis `axis` of `rank` axes, negative ones counted from the end.
    pub fn axis(&self, axis: i64, rank: usize) -> Result<usize, ImportError> {
        let from_end = if axis < 0 { rank as i64 } else { 0 };
        axis.checked_add(from_end)
            .and_then(|axis| usize::try_from(axis).ok())
            .filter(|&axis| axis < rank)
            .ok_or_else(|| {
                let expected = format!("an axis of {rank}");
                self.wrong("axis", expected, axis.to_string())
            })
    }

    /// The tensor attribute `value` of a constant.
    pub fn tensor(
        &self,
        name: &str,
    ) -> Result<Option<&'a tract_onnx::pb::TensorProto>, ImportError> {
        let attribute = self.attribute(name, AttributeType::Tensor)?;
        Ok(attribute.and_then(|a| a.t.as_ref()))
    }

    /// A list of reals, if there is one.
    pub fn optional_floats(&self, name: &str) -> Result<Option<Vec<f32>>, ImportError> {
        let attribute = self.attribute(name, AttributeType::Floats)?;
        Ok(attribute.map(|a| a.floats.clone()))
    }
}
