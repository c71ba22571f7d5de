//! Programs of kernels, proved and verified.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use kernelwise_core::circuit::HintFunction;
use kernelwise_core::field::{Field, Fr};
use kernelwise_core::program::Range;
use kernelwise_core::{Values, verify};
use kernelwise_cpu::CpuDevice;
use kernelwise_language::kernels::{Encoding, keccak, merkle, poseidon2, sha256, words};
use kernelwise_language::{BIT, BYTE, CircuitKernel, Compiled, Context, KernelError, Table};
use kernelwise_prover::{Devices, Quiet};
use sha3::Digest;

/// Proves and verifies; changed outputs must not verify. Returns the outputs.
fn prove(program: &Compiled) -> Vec<Values> {
    let device = CpuDevice::optimized();
    let devices = Devices::select(&[&device]).unwrap();
    let key = program.setup(devices).unwrap();
    let proved = program.prove(&key, devices, &Quiet).unwrap();
    verify(key.verifier(), &proved.public, &proved.proof).unwrap();
    for index in 0..proved.public.outputs.len() {
        let mut wrong = proved.public.clone();
        match &mut wrong.outputs[index] {
            Values::Int(values) => values[0] ^= 1,
            Values::Field(values) => values[0] += Fr::ONE,
        }
        assert!(
            verify(key.verifier(), &wrong, &proved.proof).is_err(),
            "output {index}"
        );
    }
    assert_eq!(program.run().unwrap(), proved.public.outputs);
    proved.public.outputs
}

fn integers(values: &Values) -> &[i64] {
    values.as_integers().unwrap()
}

/// Layers wide enough that every step shares its work among threads.
#[test]
fn every_number_of_threads_gives_the_same_proof() {
    let kernel = keccak::keccak256(8, Encoding::Bits).unwrap();
    let values: Vec<i64> = (0..20 * 64).map(|i| i64::from(i % 7 < 3)).collect();
    let mut context = Context::new();
    let message = context.upload("message", &[20, 64], BIT, values).unwrap();
    let digest = context.launch(&kernel, &[20], [message]).unwrap()[0];
    context.download("digest", digest).unwrap();
    let program = context.compile().unwrap();
    let device = CpuDevice::optimized();
    let devices = Devices::select(&[&device]).unwrap();
    let key = program.setup(devices).unwrap();
    let messages = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let proved = pool
            .unwrap()
            .install(|| program.prove(&key, devices, &Quiet).unwrap());
        verify(key.verifier(), &proved.public, &proved.proof).unwrap();
        proved.proof.messages
    };
    let expected = messages(1);
    for threads in [2, 3] {
        assert_eq!(messages(threads), expected, "{threads} threads");
    }
}

#[test]
fn keccak_256() {
    let kernel = keccak::keccak256(8, Encoding::Bits).unwrap();
    let messages = [*b"8 bytes.", *b"and then", *b"3 of 'em"];
    let mut context = Context::new();
    let values: Vec<i64> = messages
        .iter()
        .flat_map(|message| Encoding::Bits.encode(message))
        .collect();
    let message = context.upload("message", &[3, 64], BIT, values).unwrap();
    let digest = context.launch(&kernel, &[3], [message]).unwrap()[0];
    assert_eq!(context.range(digest).unwrap(), BYTE);
    context.download("digest", digest).unwrap();
    let outputs = prove(&context.compile().unwrap());
    let expected: Vec<i64> = messages
        .iter()
        .flat_map(|message| sha3::Keccak256::digest(message).to_vec())
        .map(i64::from)
        .collect();
    assert_eq!(integers(&outputs[0]), expected);
}

#[test]
fn sha_256() {
    let kernel = sha256::sha256(3, Encoding::Bytes).unwrap();
    let mut context = Context::new();
    let values = [*b"abc", *b"xyz"]
        .concat()
        .into_iter()
        .map(i64::from)
        .collect::<Vec<_>>();
    let message = context.upload("message", &[2, 3], BYTE, values).unwrap();
    let digest = context.launch(&kernel, &[2], [message]).unwrap()[0];
    context.download("digest", digest).unwrap();
    let mut program = context.compile().unwrap();
    let first = prove(&program);
    assert_eq!(integers(&first[0])[..4], [0xba, 0x78, 0x16, 0xbf]);
    // The same program, proved again with other inputs.
    program
        .set_input("message", b"xyzabc".map(i64::from).to_vec())
        .unwrap();
    let second = prove(&program);
    assert_eq!(integers(&second[0])[32..], integers(&first[0])[..32]);
}

#[test]
fn arithmetic_on_words() {
    let kernel = words::arithmetic().unwrap();
    let mut context = Context::new();
    let a = context
        .upload("a", &[3], words::WORD, vec![1i64, 2, 0xFFFF_FFFF])
        .unwrap();
    let b = context
        .upload("b", &[3], words::WORD, vec![1i64, 0xFFFF_FFFF, 2])
        .unwrap();
    for (output, array) in kernel
        .outputs()
        .zip(context.launch(&kernel, &[3], [a, b]).unwrap())
    {
        context.download(output.name, array).unwrap();
    }
    let outputs = prove(&context.compile().unwrap());
    assert_eq!(integers(&outputs[0]), [2, 1, 1]);
    assert_eq!(integers(&outputs[2]), [1, 0xFFFF_FFFE, 0xFFFF_FFFE]);
    assert_eq!(integers(&outputs[7]), [0, 1, 0]);
    assert_eq!(integers(&outputs[8]), [1, 0, 0]);
}

#[test]
fn poseidon2_of_pairs() {
    let kernel = poseidon2::compression().unwrap();
    let (left, right) = ([1, -2, 3].map(Fr::from), [-4, 5, 6].map(Fr::from));
    let mut context = Context::new();
    let upload = |context: &mut Context, name, values: [Fr; 3]| {
        let upload = context.upload(name, &[3], Range::FIELD, values.to_vec());
        upload.unwrap()
    };
    let arguments = [
        upload(&mut context, "left", left),
        upload(&mut context, "right", right),
    ];
    let digest = context.launch(&kernel, &[3], arguments).unwrap()[0];
    context.download("digest", digest).unwrap();
    let outputs = prove(&context.compile().unwrap());
    let plain = |(&left, &right)| kernel.run(&[vec![left], vec![right]]).unwrap()[0][0];
    let expected: Vec<Fr> = left.iter().zip(&right).map(plain).collect();
    assert_eq!(outputs[0].to_field(), expected);
}

/// Two leaves of one tree: one root for both; neither another root nor another leaf passes with the proof.
#[test]
fn merkle_paths() {
    let compression = poseidon2::compression().unwrap();
    let hash = |left: Fr, right: Fr| compression.run(&[vec![left], vec![right]]).unwrap()[0][0];
    let leaves = [3, 1, 4, 1].map(|leaf| Fr::from(leaf) * Fr::from(u64::MAX));
    let nodes = [hash(leaves[0], leaves[1]), hash(leaves[2], leaves[3])];
    let kernel = merkle::path(2).unwrap();
    let mut context = Context::new();
    let leaf = vec![leaves[0], leaves[3]];
    let leaf = context.upload("leaf", &[2], Range::FIELD, leaf).unwrap();
    let siblings = vec![leaves[1], nodes[1], leaves[2], nodes[0]];
    let siblings = context
        .upload("siblings", &[2, 2], Range::FIELD, siblings)
        .unwrap();
    let directions = context
        .upload("directions", &[2, 2], BIT, vec![0i64, 0, 1, 1])
        .unwrap();
    let root = context
        .launch(&kernel, &[2], [leaf, siblings, directions])
        .unwrap()[0];
    context.download("root", root).unwrap();
    let mut program = context.compile().unwrap();
    let outputs = prove(&program);
    assert_eq!(outputs[0].to_field(), [hash(nodes[0], nodes[1]); 2]);
    let device = CpuDevice::optimized();
    let devices = Devices::select(&[&device]).unwrap();
    let key = program.setup(devices).unwrap();
    let proved = program.prove(&key, devices, &Quiet).unwrap();
    let mut wrong = proved.public.clone();
    wrong.inputs[0] = Values::Field(vec![leaves[1], leaves[3]]);
    assert!(verify(key.verifier(), &wrong, &proved.proof).is_err());
    // Another leaf has another root.
    program
        .set_input("leaf", vec![leaves[1], leaves[3]])
        .unwrap();
    assert_ne!(prove(&program)[0], outputs[0]);
}

/// Gates, tensor kernels and tables in one graph; broadcasts along each axis; odd sizes everywhere.
#[test]
fn kernels_and_tensor_kernels_mix() {
    let small = Range::new(-7, 7);
    let affine = CircuitKernel::compile("affine", |k| {
        let x = k.input("x", 3, Range::new(-200, 200));
        let (scale, shift) = (k.scalar("scale", small), k.input("shift", 3, small));
        let y: Vec<_> = x
            .iter()
            .zip(&shift)
            .map(|(&x, &shift)| scale * x * x + shift)
            .collect();
        k.output("y", &y);
        k.output_scalar("sum", k.sum(&x));
    })
    .unwrap();
    let mut context = Context::new();
    let values = |n: i64| (0..n).map(|i| i * 5 % 13 - 6).collect::<Vec<i64>>();
    let x = context.upload("x", &[5, 2], small, values(10)).unwrap();
    let w = context
        .upload_parameter("w", &[2, 3], small, values(6))
        .unwrap();
    let scale = context.upload("scale", &[5], small, values(5)).unwrap();
    let shift = context.upload("shift", &[2, 3], small, values(6)).unwrap();
    let product = context.matmul(x, w).unwrap();
    let grid = [5, 2];
    let launched = context.launch(&affine, &grid, [product, scale, shift]);
    let (y, sum) = (launched.as_ref().unwrap()[0], launched.as_ref().unwrap()[1]);
    let swapped = context.transpose(y, &[2, 0, 1]).unwrap();
    let part = context.slice(swapped, 1, 1..4).unwrap();
    let flat = context.reshape(part, &[18]).unwrap();
    let clamped = context
        .map(&Table::clamp(-1 << 15, 16, Range::new(-50, 50)), sum)
        .unwrap();
    context.download("flat", flat).unwrap();
    context.download("clamped", clamped).unwrap();
    let outputs = prove(&context.compile().unwrap());
    let (x, w, scale, shift) = (values(10), values(6), values(5), values(6));
    let product = |i: usize, j: usize| (0..2).map(|k| x[2 * i + k] * w[3 * k + j]).sum::<i64>();
    let mut expected = Vec::new();
    for j in 0..3 {
        for (i, scale) in scale.iter().enumerate().take(4).skip(1) {
            expected.extend((0..2).map(|b| scale * product(i, j).pow(2) + shift[3 * b + j]));
        }
    }
    assert_eq!(integers(&outputs[0]), expected);
    let sums = (0..5).flat_map(|i| [(0..3).map(|j| product(i, j)).sum::<i64>().clamp(-50, 50); 2]);
    assert_eq!(integers(&outputs[1]), sums.collect::<Vec<_>>());
}

#[test]
fn lookups_and_ranges() {
    let squares = Table::values("squares", (0..16).map(|x| x * x).collect());
    let kernel = CircuitKernel::compile("lookups", |k| {
        let x = k.input("x", 4, Range::new(0, 15));
        let found: Vec<_> = x.iter().map(|&x| k.lookup(&squares, x)).collect();
        // One level up, in another table; and a range that holds of a product.
        let again = k.lookup(&squares, x[0] - x[1]);
        k.range(x[2] * x[3], 8);
        k.output("squares", &found);
        k.output_scalar("again", again);
    })
    .unwrap();
    let mut context = Context::new();
    let x = context
        .upload(
            "x",
            &[3, 4],
            Range::new(0, 15),
            vec![3i64, 1, 4, 1, 9, 2, 6, 5, 15, 0, 15, 15],
        )
        .unwrap();
    let outputs = context.launch(&kernel, &[3], [x]).unwrap();
    context.download("squares", outputs[0]).unwrap();
    context.download("again", outputs[1]).unwrap();
    let program = context.compile().unwrap();
    let outputs = prove(&program);
    assert_eq!(integers(&outputs[0])[..4], [9, 1, 16, 1]);
    assert_eq!(integers(&outputs[1]), [4, 49, 225]);
    let mut outside = program.clone();
    outside
        .set_input("x", vec![0i64, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        .unwrap();
    assert!(matches!(outside.run(), Err(KernelError::Prove(_))));
}

/// Square roots in the field: a closure finds them, an assertion constrains them.
#[test]
fn closures_and_field_elements() {
    let kernel = CircuitKernel::compile("root", |k| {
        let x = k.scalar("x", Range::FIELD);
        let root = k.hint_with("root", &[x], 1, |x| vec![x[0].sqrt().unwrap_or_default()])[0];
        k.assert_eq(root * root, x);
        k.output_scalar("fourth", x * x);
        k.output_scalar("inverse", k.inverse(root + 1));
        k.output_scalar("zero", k.is_zero(x - 16));
    })
    .unwrap();
    let mut context = Context::new();
    let roots: Vec<Fr> = [4u64, 5, 6]
        .map(|x| Fr::from(x) * Fr::from(u64::MAX))
        .to_vec();
    let x: Vec<Fr> = roots
        .iter()
        .map(|root| root.square())
        .chain([Fr::from(16u64)])
        .collect();
    let x = context.upload("x", &[4], Range::FIELD, x).unwrap();
    for (output, array) in kernel
        .outputs()
        .zip(context.launch(&kernel, &[4], [x]).unwrap())
    {
        context.download(output.name, array).unwrap();
    }
    let outputs = prove(&context.compile().unwrap());
    assert_eq!(outputs[0].to_field()[3], Fr::from(256u64));
    assert_eq!(outputs[2].to_field()[3], Fr::ONE);
}

/// Division, with quotient and remainder constrained by ranges.
#[test]
fn division() {
    let kernel = CircuitKernel::compile("division", |k| {
        let x = k.scalar("x", Range::new(0, 65_535));
        let divisor = k.scalar("divisor", Range::new(1, 255));
        let found = k.hint("division", HintFunction::Division, &[x, divisor], 2);
        let (quotient, rest) = (found[0], found[1]);
        k.range(quotient, 16);
        k.range(rest, 8);
        k.range(divisor - rest - 1, 8);
        k.assert_eq(quotient * divisor + rest, x);
        k.output_scalar("quotient", quotient);
        k.output_scalar("rest", rest);
    })
    .unwrap();
    let mut context = Context::new();
    let x = context
        .upload("x", &[2, 1], Range::new(0, 65_535), vec![65_535i64, 1000])
        .unwrap();
    let divisor = context
        .upload("divisor", &[3], Range::new(1, 255), vec![1i64, 7, 255])
        .unwrap();
    let x = context.reshape(x, &[2]).unwrap();
    let outputs = context
        .launch(&kernel, &[2, 3], [x.along(&[0]), divisor.along(&[1])])
        .unwrap();
    context.download("quotient", outputs[0]).unwrap();
    context.download("rest", outputs[1]).unwrap();
    let outputs = prove(&context.compile().unwrap());
    assert_eq!(integers(&outputs[0]), [65_535, 9362, 257, 1000, 142, 3]);
    assert_eq!(integers(&outputs[1]), [0, 1, 0, 0, 6, 235]);
}

/// The first of the largest, for every length, tie and sign; proved by either system.
#[test]
fn arg_max_by_either_system() {
    use kernelwise_core::kernels::ProofSystem;
    use kernelwise_language::kernels::arg_max::arg_max;
    let range = Range::new(-100, 27);
    for len in [2, 3, 5, 10] {
        let kernel = arg_max(len, range).unwrap();
        let rows: Vec<Vec<i64>> = (0..6)
            .map(|row| {
                let value = |i: usize| [-100, 27, 27, 3, -100, 26][(row * i + i / 2 + row) % 6];
                (0..len).map(value).collect()
            })
            .collect();
        let expected: Vec<i64> = rows
            .iter()
            .map(|row| {
                let max = *row.iter().max().unwrap();
                row.iter().position(|&value| value == max).unwrap() as i64
            })
            .collect();
        for system in [ProofSystem::Gkr, ProofSystem::Groth16] {
            let mut context = Context::new();
            let x = context
                .upload("x", &[6, len], range, rows.concat())
                .unwrap();
            let index = context.launch(&kernel, &[6], [x]).unwrap()[0];
            context.download("index", index).unwrap();
            context.prove_with("arg-max", system).unwrap();
            context.prove_with("arg-min", system).unwrap_err();
            let program = context.compile().unwrap();
            assert_eq!(integers(&prove(&program)[0]), expected, "{len}");
        }
    }
    arg_max(1, range).unwrap_err();
    arg_max(4, Range::FIELD).unwrap_err();
}
