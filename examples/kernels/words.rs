//! Arithmetic on 32-bit words: sums, products, bits, comparisons.

mod common;

use clap::Parser;
use common::{Common, Outcome, run};
use kernelwise_language::Context;
use kernelwise_language::kernels::words;

/// Proves 32-bit arithmetic and verifies the proof.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    common: Common,
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    let instances = arguments.common.instances;
    let kernel = words::arithmetic()?;
    arguments.common.inspect(&kernel);
    let word = |i: usize, step: u32| (i as u32 + 1).wrapping_mul(step);
    let (a, b): (Vec<u32>, Vec<u32>) = (0..instances)
        .map(|i| (word(i, 0x9E37_79B9), word(i, 0x85EB_CA6B)))
        .unzip();
    let wide = |words: &[u32]| {
        words
            .iter()
            .map(|&word| i64::from(word))
            .collect::<Vec<i64>>()
    };
    let mut context = Context::new();
    let left = context.upload("a", &[instances], words::WORD, wide(&a))?;
    let right = context.upload("b", &[instances], words::WORD, wide(&b))?;
    let arrays = context.launch(&kernel, &[instances], [left, right])?;
    for (output, array) in kernel.outputs().zip(arrays) {
        context.download(output.name, array)?;
    }
    let program = context.compile()?;
    run(kernel.name(), &arguments.common, &program, |outputs| {
        let plain: [fn(u32, u32) -> u32; 9] = [
            u32::wrapping_add,
            u32::wrapping_sub,
            u32::wrapping_mul,
            |a, b| a & b,
            |a, b| a | b,
            |a, b| a ^ b,
            |a, _| a.rotate_right(7),
            |a, b| u32::from(a < b),
            |a, b| u32::from(a == b),
        ];
        for (output, plain) in outputs.iter().zip(plain) {
            let expected: Vec<u32> = a.iter().zip(&b).map(|(&a, &b)| plain(a, b)).collect();
            if output.as_integers() != Some(&wide(&expected)) {
                return Err("a word differs from the plain one".into());
            }
        }
        Ok(())
    })
}
