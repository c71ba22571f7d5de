//! A matrix product with committed weights, as a tensor kernel: `instances` rows by a square matrix.

mod common;

use clap::Parser;
use common::{Common, Outcome, run};
use kernelwise_core::Values;
use kernelwise_core::program::Range;
use kernelwise_language::Context;

/// Proves a matrix product and verifies the proof.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    /// Rows and columns of the weights.
    #[arg(long, default_value_t = 512)]
    size: usize,
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    let (rows, size) = (arguments.common.instances, arguments.size);
    let byte = Range::new(-128, 127);
    let values = |count: usize, step: i64| -> Vec<i64> {
        (0..count as i64).map(|i| i * step % 255 - 127).collect()
    };
    let (x, w) = (values(rows * size, 37), values(size * size, 91));
    let mut context = Context::new();
    let left = context.upload("x", &[rows, size], byte, x.clone())?;
    let right = context.upload_parameter("w", &[size, size], byte, w.clone())?;
    let product = context.matmul(left, right)?;
    context.download("product", product)?;
    let program = context.compile()?;
    let mut expected = vec![0i64; rows * size];
    for (out, row) in expected.chunks_exact_mut(size).zip(x.chunks_exact(size)) {
        for (value, weights) in row.iter().zip(w.chunks_exact(size)) {
            out.iter_mut()
                .zip(weights)
                .for_each(|(sum, weight)| *sum += value * weight);
        }
    }
    run(
        "matmul",
        &arguments.common,
        &program,
        |outputs| match outputs.first().and_then(Values::as_integers) {
            Some(product) if product == expected => Ok(()),
            _ => Err("the product differs from the plain one".into()),
        },
    )
}
