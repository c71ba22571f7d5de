//! Models as files hold them, so that weights are used where they are stored.
//!
//! ```text
//! bytes  field
//!     8  length of the head, little-endian
//!     …  head, in postcard: graph; tensor, width and count of each parameter; report; trace
//!     …  for each parameter, from the next multiple of 16: its values, little-endian
//! ```
//! Offsets count from the begin of the payload, itself at a multiple of 16 of its file: what is mapped is aligned. Gaps are zero.

use std::collections::BTreeMap;

use bytes::Bytes;
use kernelwise_core::program::{KernelGraph, TensorId};
use kernelwise_core::wire::WireError;
use serde::{Deserialize, Serialize};

use crate::error::QuantiseError;
use crate::model::{LayerReport, QuantisedModel, TracedTensor};
use crate::parameters::{IntWidth, ParameterValues};

/// Bytes of the length of the head.
const LENGTH: usize = 8;
/// No integer asks for more, and a vector register is read in one go.
const ALIGNMENT: usize = 16;

/// What one parameter takes.
#[derive(Serialize, Deserialize)]
struct Entry {
    tensor: TensorId,
    width: IntWidth,
    count: u64,
}

/// What is stored before the values; the program is validated again when read.
#[derive(Deserialize)]
struct Head {
    graph: KernelGraph,
    parameters: Vec<Entry>,
    report: Vec<LayerReport>,
    trace: Vec<TracedTensor>,
}

/// The same fields, borrowed.
#[derive(Serialize)]
struct HeadRef<'a> {
    graph: &'a KernelGraph,
    parameters: Vec<Entry>,
    report: &'a [LayerReport],
    trace: &'a [TracedTensor],
}

impl QuantisedModel {
    /// The payload of a model's file.
    ///
    /// # Errors
    /// [`WireError::Encoding`] if serialisation fails.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        let entry = |(&tensor, values): (&TensorId, &ParameterValues)| Entry {
            tensor,
            width: values.width(),
            count: values.len() as u64,
        };
        let head = HeadRef {
            graph: self.program().graph(),
            parameters: self.parameters().iter().map(entry).collect(),
            report: self.report(),
            trace: self.trace(),
        };
        let head = postcard::to_stdvec(&head).map_err(|error| encoding(error.to_string()))?;
        let sizes = self.parameters().values();
        let size: usize = sizes.map(|values| values.bytes().len() + ALIGNMENT).sum();
        let mut payload = Vec::with_capacity(LENGTH + head.len() + size);
        payload.extend_from_slice(&(head.len() as u64).to_le_bytes());
        payload.extend_from_slice(&head);
        for values in self.parameters().values() {
            payload.resize(payload.len().next_multiple_of(ALIGNMENT), 0);
            payload.extend_from_slice(values.bytes());
        }
        Ok(payload)
    }

    /// Reads such a payload and validates it. Parameters stay where they are, and keep `payload` alive.
    ///
    /// # Errors
    /// [`WireError::Encoding`] if the bytes are no model or parameters do not fit the program; [`WireError::Graph`] if the graph is
    /// not valid.
    pub fn decode(payload: &Bytes) -> Result<Self, WireError> {
        let cut = || encoding("the payload is cut off".to_owned());
        let (length, rest) = payload.split_first_chunk::<LENGTH>().ok_or_else(cut)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| cut())?;
        let head = rest.get(..length).ok_or_else(cut)?;
        let (head, after): (Head, _) =
            postcard::take_from_bytes(head).map_err(|error| encoding(error.to_string()))?;
        if !after.is_empty() {
            return Err(encoding(format!("{} bytes after the head", after.len())));
        }
        let mut parameters = BTreeMap::new();
        let mut end = LENGTH + length;
        for entry in head.parameters {
            let start = end.checked_next_multiple_of(ALIGNMENT).ok_or_else(cut)?;
            let size = usize::try_from(entry.count).ok();
            let size = size.and_then(|count| count.checked_mul(entry.width.bytes()));
            let stop = size.and_then(|size| start.checked_add(size));
            let stop = stop.filter(|&stop| stop <= payload.len()).ok_or_else(cut)?;
            // Nothing that two files may differ in without meaning it.
            if payload
                .get(end..start)
                .is_none_or(|gap| gap != &[0; ALIGNMENT][..gap.len()])
            {
                return Err(encoding("a gap that is not zero".to_owned()));
            }
            let values = ParameterValues::stored(entry.width, payload.slice(start..stop));
            let values = values.ok_or_else(cut)?;
            if parameters.insert(entry.tensor, values).is_some() {
                return Err(encoding(format!("tensor {} comes twice", entry.tensor.0)));
            }
            end = stop;
        }
        if end != payload.len() {
            return Err(encoding(format!(
                "{} bytes after the end",
                payload.len() - end
            )));
        }
        Self::new(head.graph, parameters, head.report, head.trace).map_err(|error| match error {
            QuantiseError::Graph(error) => error.into(),
            error => encoding(error.to_string()),
        })
    }
}

fn encoding(problem: String) -> WireError {
    WireError::Encoding { problem }
}
