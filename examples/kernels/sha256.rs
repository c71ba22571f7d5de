//! SHA-256 of many messages in one proof.

mod common;

use clap::Parser;
use common::{Common, Outcome, check_digests, messages, run};
use kernelwise_language::kernels::{Encoding, sha256};
use kernelwise_language::{BIT, Context};
use sha2::Digest;

/// Proves SHA-256 hashes and verifies the proof.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    /// Bytes of each message: 55 or fewer are one compression each.
    #[arg(long, default_value_t = 55)]
    bytes: usize,
}

fn main() -> Outcome<()> {
    let arguments = Arguments::parse();
    let (instances, bytes) = (arguments.common.instances, arguments.bytes);
    let kernel = sha256::sha256(bytes, Encoding::Bits)?;
    arguments.common.inspect(&kernel);
    let messages = messages(instances, bytes);
    let values: Vec<i64> = messages
        .iter()
        .flat_map(|message| Encoding::Bits.encode(message))
        .collect();
    let mut context = Context::new();
    let message = context.upload("message", &[instances, 8 * bytes], BIT, values)?;
    let digest = context.launch(&kernel, &[instances], [message])?[0];
    context.download("digest", digest)?;
    let program = context.compile()?;
    run(kernel.name(), &arguments.common, &program, |outputs| {
        check_digests(outputs, &messages, |message| {
            sha2::Sha256::digest(message).to_vec()
        })
    })
}
