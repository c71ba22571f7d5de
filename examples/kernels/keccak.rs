//! Keccak-256 or SHA3-256 of many messages, or bare permutations, in one proof.

mod common;

use clap::{Parser, ValueEnum};
use common::{Common, Outcome, check_digests, messages, run};
use kernelwise_language::kernels::{Encoding, keccak};
use kernelwise_language::{BIT, BYTE, Context};
use sha3::Digest;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Function {
    Keccak256,
    Sha3,
}

/// Proves Keccak hashes and verifies the proof.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    /// Which hash.
    #[arg(long, value_enum, default_value = "keccak256")]
    function: Function,
    /// Bytes of each message: 135 or fewer are one permutation each.
    #[arg(long, default_value_t = 64)]
    bytes: usize,
    /// Messages enter as bytes, whose bits are committed, rather than as public bits.
    #[arg(long)]
    from_bytes: bool,
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    let encoding = if arguments.from_bytes {
        Encoding::Bytes
    } else {
        Encoding::Bits
    };
    let kernel = match arguments.function {
        Function::Keccak256 => keccak::keccak256(arguments.bytes, encoding)?,
        Function::Sha3 => keccak::sha3_256(arguments.bytes, encoding)?,
    };
    arguments.common.inspect(&kernel);
    let (instances, bytes) = (arguments.common.instances, arguments.bytes);
    let messages = messages(instances, bytes);
    let values: Vec<i64> = messages
        .iter()
        .flat_map(|message| encoding.encode(message))
        .collect();
    let range = if arguments.from_bytes { BYTE } else { BIT };
    let mut context = Context::new();
    let message = context.upload("message", &[instances, encoding.len(bytes)], range, values)?;
    let digest = context.launch(&kernel, &[instances], [message])?[0];
    context.download("digest", digest)?;
    let program = context.compile()?;
    run(kernel.name(), &arguments.common, &program, |outputs| {
        check_digests(outputs, &messages, |message| match arguments.function {
            Function::Keccak256 => sha3::Keccak256::digest(message).to_vec(),
            Function::Sha3 => sha3::Sha3_256::digest(message).to_vec(),
        })
    })
}
