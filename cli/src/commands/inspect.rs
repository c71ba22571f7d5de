//! `kernelwise inspect`.

use std::collections::BTreeMap;

use kernelwise_frontend::LayerReport;
use kernelwise_frontend::inspect::{LayerError, ProgramSummary, layer_errors};
use serde::Serialize;

use super::model;
use crate::args::Inspect;
use crate::error::Failure;
use crate::output::{Format, Report, count, print};

#[derive(Serialize)]
struct Inspected {
    operators: BTreeMap<String, usize>,
    parameters: usize,
    macs: u64,
    inputs: Vec<(String, Vec<usize>)>,
    outputs: Vec<(String, Vec<usize>)>,
    program: ProgramSummary,
    layers: Vec<LayerReport>,
    errors: Option<Vec<LayerError>>,
}

impl Report for Inspected {
    fn text(&self) -> String {
        let list = |map: &BTreeMap<String, usize>| {
            map.iter()
                .map(|(name, count)| format!("{name} × {count}"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let ports = |ports: &[(String, Vec<usize>)]| {
            ports
                .iter()
                .map(|(name, shape)| format!("{name} {shape:?}"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let mut lines = vec![
            format!("operators   {}", list(&self.operators)),
            format!("parameters  {}", count(self.parameters as u64)),
            format!("MACs        {}", count(self.macs)),
            format!("inputs      {}", ports(&self.inputs)),
            format!("outputs     {}", ports(&self.outputs)),
            format!("kernels     {}", list(&self.program.kernels)),
            format!("lookups     {} leaves", count(self.program.lookup_leaves)),
        ];
        let tables = self
            .program
            .tables
            .iter()
            .map(|(name, bits)| format!("{name} (2^{bits})"));
        lines.push(format!(
            "tables      {}",
            tables.collect::<Vec<_>>().join(", ")
        ));
        lines.push(String::new());
        lines.push(format!(
            "{:<28} {:<24} {:>12} {:>6} {:>18}",
            "layer", "operators", "scale", "shift", "before clamping"
        ));
        for layer in &self.layers {
            lines.push(format!(
                "{:<28} {:<24} {:>12.4e} {:>6} {:>18}",
                layer.name,
                layer.operator,
                layer.scale,
                layer.shift,
                layer.bound.to_string()
            ));
        }
        if let Some(errors) = &self.errors {
            lines.push(String::new());
            lines.push(format!(
                "{:<28} {:<24} {:>12} {:>12} {:>9}",
                "layer", "operators", "max error", "rms error", "relative"
            ));
            for error in errors {
                lines.push(format!(
                    "{:<28} {:<24} {:>12.4e} {:>12.4e} {:>8.2}%",
                    error.layer,
                    error.operator,
                    error.max_abs,
                    error.rms,
                    error.relative * 100.0
                ));
            }
        }
        lines.join("\n")
    }
}

/// Describes a model, its quantisation, and its distance from the float model.
pub fn run(args: &Inspect, format: Format) -> Result<(), Failure> {
    let imported = model::import(&args.model)?;
    let input = args.input.as_deref().map(model::sample).transpose()?;
    let quantised = model::quantised(&imported, &args.quantisation, input.as_deref())?;
    let errors = input
        .map(|input| layer_errors(&imported, &quantised, &input))
        .transpose()?;
    let ports = |ports: Vec<kernelwise_frontend::Port>| {
        ports
            .into_iter()
            .map(|port| (port.name, port.shape))
            .collect()
    };
    let inspected = Inspected {
        operators: imported.operators().clone(),
        parameters: imported.parameters(),
        macs: imported.macs(),
        inputs: ports(imported.inputs()),
        outputs: ports(imported.outputs()),
        program: ProgramSummary::of(quantised.program()),
        layers: quantised.report().to_vec(),
        errors,
    };
    print(format, &inspected);
    Ok(())
}
