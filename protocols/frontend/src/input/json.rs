//! `{"input_data": [[…], …]}`: one list per input, flat or nested by axis.

use serde_json::Value;

use crate::error::InputError;

/// Inputs, and the outputs that whoever wrote the file expects.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// One row-major list per input.
    pub inputs: Vec<Vec<f32>>,
    /// One row-major list per output, if the file has them.
    pub outputs: Option<Vec<Vec<f32>>>,
}

/// Reads `input_data` and, if it is there, `output_data`.
///
/// # Errors
/// [`InputError::Format`] if the text is not JSON or not of that form.
pub fn parse_json(bytes: &[u8]) -> Result<Sample, InputError> {
    let wrong = |expected: &str, got: String| InputError::Format {
        format: "JSON",
        expected: expected.to_owned(),
        got,
    };
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| wrong("JSON", error.to_string()))?;
    let tensors = |key: &str| -> Result<Option<Vec<Vec<f32>>>, InputError> {
        let Some(value) = value.get(key) else {
            return Ok(None);
        };
        let Some(list) = value.as_array() else {
            return Err(wrong(
                &format!("a list of tensors at `{key}`"),
                kind(value).to_owned(),
            ));
        };
        // A bare list of numbers is one tensor.
        if list.iter().all(Value::is_number) {
            return Ok(Some(vec![flatten(value, key)?]));
        }
        let tensors = list.iter().map(|tensor| flatten(tensor, key));
        tensors.collect::<Result<_, _>>().map(Some)
    };
    Ok(Sample {
        inputs: tensors("input_data")?
            .ok_or_else(|| wrong("a field `input_data`", "none".to_owned()))?,
        outputs: tensors("output_data")?,
    })
}

/// All numbers of a nested list in order.
fn flatten(value: &Value, key: &str) -> Result<Vec<f32>, InputError> {
    let mut flat = Vec::new();
    // serde_json bounds the nesting, so that recursion is bounded too.
    fn walk(value: &Value, flat: &mut Vec<f32>) -> Result<(), &'static str> {
        match value {
            Value::Number(number) => {
                flat.push(number.as_f64().ok_or("a number beyond f64")? as f32);
                Ok(())
            }
            Value::Array(items) => items.iter().try_for_each(|item| walk(item, flat)),
            other => Err(kind(other)),
        }
    }
    walk(value, &mut flat).map_err(|got| InputError::Format {
        format: "JSON",
        expected: format!("numbers in `{key}`"),
        got: got.to_owned(),
    })?;
    Ok(flat)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_and_flat_lists_are_the_same_tensor() {
        let flat = parse_json(br#"{"input_data": [[1, 2.5, -3, 4]]}"#).unwrap();
        let nested = parse_json(br#"{"input_data": [[[1, 2.5], [-3, 4]]]}"#).unwrap();
        assert_eq!(flat, nested);
        assert_eq!(flat.inputs, [[1.0, 2.5, -3.0, 4.0]]);
        let bare = parse_json(br#"{"input_data": [1, 2], "output_data": [[3]]}"#).unwrap();
        assert_eq!(bare.inputs, [[1.0, 2.0]]);
        assert_eq!(bare.outputs, Some(vec![vec![3.0]]));
    }

    #[test]
    fn other_forms_are_errors() {
        for text in [
            "",
            "{",
            "[]",
            "{}",
            r#"{"input_data": 3}"#,
            r#"{"input_data": [["a"]]}"#,
            r#"{"input_data": [[null]]}"#,
        ] {
            assert!(parse_json(text.as_bytes()).is_err(), "{text}");
        }
    }
}
