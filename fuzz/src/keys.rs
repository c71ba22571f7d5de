//! Keys and files of Kernelwise.

use std::io::Cursor;

use kernelwise_core::wire::{FileKind, ModelProof, decode_file, encode_file};
use kernelwise_core::{PublicTensors, Values, VerifierKey, verify};
use kernelwise_core::program::{KernelGraph, Range, TensorId};
use kernelwise_field::{AdditiveGroup, Fr};
use kernelwise_groth16::r1cs::R1csBuilder;
use kernelwise_groth16::{ProvingKey, QuotientForm, setup};
use kernelwise_tests::run::Case;

use crate::proofs::programs;

/// Larger statements are not made up: that would take all the time.
const MAX_ELEMENTS: usize = 1 << 12;

const KINDS: [FileKind; 5] = [
    FileKind::Model,
    FileKind::ProverKey,
    FileKind::VerifierKey,
    FileKind::Proof,
    FileKind::Groth16Key,
];

/// Seeds of [`launch_key`].
pub fn launch_key_seeds() -> Vec<Vec<u8>> {
    [
        (true, QuotientForm::OddValues),
        (false, QuotientForm::OddValues),
        (false, QuotientForm::Powers),
    ]
    .map(|(is_shared, form)| {
        let mut builder = R1csBuilder::new();
        let public = builder.public();
        let x = if is_shared {
            builder.boundary()
        } else {
            builder.private()
        };
        builder.constrain(x, x, public);
        let system = builder.build().expect("a valid system");
        let key = setup(&system, form).expect("a key");
        key.encode().expect("an encoding")
    })
    .into()
}

/// The Groth16 key of a launch.
pub fn launch_key(bytes: &[u8]) {
    let Ok(key) = ProvingKey::open(Cursor::new(bytes.to_vec())) else {
        return;
    };
    let points = key.points();
    let encoded = key.encode();
    assert_eq!(encoded.is_ok(), points.is_ok());
    if let Ok(encoded) = encoded {
        let again = ProvingKey::open(Cursor::new(encoded)).expect("what was written is opened");
        assert_eq!(again.points().ok(), points.ok());
    }
}

/// Seeds of [`verifier_key`].
pub fn verifier_key_seeds() -> Vec<Vec<u8>> {
    let keys = programs().into_iter().flat_map(|program| {
        let key = Case::new(program, 1).key;
        let bytes = key.verifier().encode().expect("a key has an encoding");
        let graph = postcard::to_stdvec(key.program().graph()).expect("a graph has an encoding");
        let file = encode_file(FileKind::VerifierKey, &bytes);
        [bytes, graph, file]
    });
    keys.collect()
}

/// A verifier key, a program, or a file of any kind.
pub fn verifier_key(bytes: &[u8]) {
    for kind in KINDS {
        if let Ok(payload) = decode_file(kind, bytes) {
            assert_eq!(encode_file(kind, payload), bytes);
        }
    }
    if let Ok(graph) = postcard::from_bytes::<KernelGraph>(bytes)
        && let Ok(program) = graph.validate()
    {
        assert_eq!(program.graph().clone().validate().map(|again| again.digest()), Ok(program.digest()));
    }
    let Ok(key) = VerifierKey::decode(bytes) else {
        return;
    };
    let again = VerifierKey::decode(&key.encode().expect("an encoding")).expect("read again");
    assert_eq!(again.digest(), key.digest());
    let Some(public) = statement(&key) else {
        return;
    };
    let proof = |messages| ModelProof {
        program: key.program().digest(),
        key: key.digest(),
        messages,
    };
    for messages in [Vec::new(), vec![0; 1 << 14], bytes.to_vec()] {
        assert!(verify(&key, &public, &proof(messages)).is_err());
    }
}

/// The least public tensors that fit the program.
fn statement(key: &VerifierKey) -> Option<PublicTensors> {
    let graph = key.program().graph();
    let tensors = |ids: &[TensorId]| {
        ids.iter()
            .map(|&id| {
                let tensor = graph.tensor(id)?;
                let len = tensor.shape.len();
                (len <= MAX_ELEMENTS).then(|| match tensor.range {
                    Range::FIELD => Values::Field(vec![Fr::ZERO; len]),
                    range => Values::Int(vec![range.lo; len]),
                })
            })
            .collect::<Option<Vec<_>>>()
    };
    Some(PublicTensors {
        inputs: tensors(&graph.inputs)?,
        outputs: tensors(&graph.outputs)?,
    })
}
