//! From a float model and its calibration to a program over integers.
//!
//! Symmetric, no zero points: `real = scale · integer`. Activations have one scale, weights one per output channel, chosen such that
//! rescaling by an integer multiplier and a shift is exact. What one accumulator can reach is computed from the actual
//! weights, so that lookup tables are as small as they can be and never missed.

mod arg_max;
mod builder;
mod cost;
mod linear;
mod lower;
mod options;
mod products;
mod tables;
mod weights;

use kernelwise_core::program::KernelGraph;
use kernelwise_language::patch::optimise;

pub use options::QuantiseOptions;

use crate::calibrate::Calibration;
use crate::error::QuantiseError;
use crate::model::QuantisedModel;
use crate::onnx::OnnxModel;
use builder::Builder;

/// Quantises a model.
///
/// # Errors
/// [`QuantiseError`]; in particular [`QuantiseError::Calibration`] without samples and [`QuantiseError::TableSize`] where a layer's
/// accumulator reaches too far.
pub fn quantise(
    model: &OnnxModel,
    calibration: &Calibration,
    options: &QuantiseOptions,
) -> Result<QuantisedModel, QuantiseError> {
    options.check()?;
    let candidates = options.range_bits.map_or(8..=16, |bits| bits..=bits);
    let mut best: Option<(u64, QuantisedModel)> = None;
    let mut problem = None;
    for range_bits in candidates {
        match build(model, calibration, options, range_bits) {
            Ok(quantised) => {
                let cost = cost::proving_cost(quantised.program());
                if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                    best = Some((cost, quantised));
                }
            }
            // Too narrow for a pool, say: others may do.
            Err(error) => problem = Some(error),
        }
    }
    match (best, problem) {
        (Some((_, quantised)), _) => Ok(quantised),
        (None, Some(problem)) => Err(problem),
        (None, None) => Err(QuantiseError::Option {
            option: "range_bits",
            expected: "8 to 16".to_owned(),
            got: format!("{:?}", options.range_bits),
        }),
    }
}

fn build(
    model: &OnnxModel,
    calibration: &Calibration,
    options: &QuantiseOptions,
    range_bits: u32,
) -> Result<QuantisedModel, QuantiseError> {
    let mut builder = Builder {
        model: &model.layers,
        calibration,
        options,
        range_bits,
        graph: KernelGraph::default(),
        parameters: Default::default(),
        tables: Default::default(),
        values: vec![None; model.layers.values.len()],
        report: Vec::new(),
        trace: Vec::new(),
    };
    builder.lower()?;
    let Builder {
        mut graph,
        mut parameters,
        tables,
        report,
        mut trace,
        ..
    } = builder;
    tables.finish(&mut graph, options.max_table_bits)?;
    if options.rewrite {
        let places = optimise(&mut graph);
        parameters = parameters
            .into_iter()
            .filter_map(|(id, values)| Some((*places.get(&id)?, values)))
            .collect();
        // A value that went into the next one can no longer be looked at.
        trace.retain_mut(|traced| {
            let place = places.get(&traced.tensor);
            place.is_some_and(|place| {
                traced.tensor = *place;
                true
            })
        });
    }
    graph.max_columns = options
        .max_columns
        .unwrap_or_else(|| cost::best_columns(&graph));
    QuantisedModel::new(graph, parameters, report, trace)
}
