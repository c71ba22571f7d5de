//! Readers of files give a value or an error that names the section, whatever the bytes.
#![expect(clippy::unwrap_used, reason = "a failure fails the test")]

mod common;

use std::io::Cursor;

use kernelwise_cpu::CpuDevice;
use kernelwise_field::{AffineRepr, Fr, PrimeField};
use kernelwise_groth16::circom::{CircomError, json, r1cs, wtns, zkey};
use kernelwise_groth16::{
    Devices, Groth16ProveError, Prover, ProvingKey, QuotientForm, setup, verify,
};
use proptest::prelude::*;

/// The three binary files of a small circuit.
struct Files {
    r1cs: Vec<u8>,
    wtns: Vec<u8>,
    zkey: Vec<u8>,
}

fn files() -> Files {
    let (system, wires) = common::mixed(12, 5);
    let key = setup(&system, QuotientForm::OddValues).unwrap();
    let mut files = Files {
        r1cs: Vec::new(),
        wtns: Vec::new(),
        zkey: Vec::new(),
    };
    r1cs::write(&mut files.r1cs, &system).unwrap();
    wtns::write(&mut files.wtns, &wires).unwrap();
    zkey::write(&mut files.zkey, &key, &system).unwrap();
    files
}

type Reader = fn(&[u8]) -> Result<(), CircomError>;

/// Every reader, with a file that it accepts.
fn readers() -> [(Vec<u8>, Reader); 5] {
    let Files { r1cs, wtns, zkey } = files();
    let stored = stored();
    [
        (r1cs, |bytes| r1cs::read(Cursor::new(bytes)).map(|_| ())),
        (wtns, |bytes| wtns::read(Cursor::new(bytes)).map(|_| ())),
        (zkey.clone(), read_zkey),
        (stored, |bytes| {
            points(&ProvingKey::open(Cursor::new(bytes.to_vec()))?)
        }),
        (zkey, |bytes| {
            zkey::read_verifying(Cursor::new(bytes)).map(|_| ())
        }),
    ]
}

/// The key of a setup folder.
fn stored() -> Vec<u8> {
    let (system, _) = common::mixed(12, 5);
    let key = setup(&system, QuotientForm::OddValues).unwrap();
    key.encode().unwrap()
}

fn points(key: &ProvingKey) -> Result<(), CircomError> {
    key.points()?;
    Ok(())
}

fn read_zkey(bytes: &[u8]) -> Result<(), CircomError> {
    points(&zkey::open(Cursor::new(bytes.to_vec()))?.0)
}

#[test]
fn what_is_written_is_read_back() {
    let (system, wires) = common::mixed(40, 5);
    let Files { .. } = files();
    let mut bytes = Vec::new();
    r1cs::write(&mut bytes, &system).unwrap();
    assert_eq!(r1cs::read(Cursor::new(&bytes)).unwrap(), system);
    bytes.clear();
    wtns::write(&mut bytes, &wires).unwrap();
    assert_eq!(wtns::read(Cursor::new(&bytes)).unwrap(), wires);
    bytes.clear();
    let key = setup(&system, QuotientForm::OddValues).unwrap();
    zkey::write(&mut bytes, &key, &system).unwrap();
    let (read, circuit) = zkey::open(Cursor::new(bytes)).unwrap();
    assert_eq!(read.points(), key.points());
    assert_eq!(read.verifying(), key.verifying());
    let [a, b] = circuit.matrices();
    let [expected_a, expected_b, _] = system.matrices();
    let rows = |matrix: &kernelwise_groth16::r1cs::Matrix, rows: usize| -> Vec<Vec<(usize, Fr)>> {
        (0..rows).map(|row| matrix.row(row).collect()).collect()
    };
    let constraints = system.num_constraints();
    assert_eq!(rows(a, constraints), rows(expected_a, constraints));
    assert_eq!(rows(b, b.rows()), rows(expected_b, b.rows()));
    assert_eq!(a.rows(), constraints + system.counts().public + 1);
}

#[test]
fn a_streamed_key_proves_as_a_resident_one() {
    let (system, wires) = common::mixed(300, 6);
    let key = setup(&system, QuotientForm::OddValues).unwrap();
    let mut bytes = Vec::new();
    zkey::write(&mut bytes, &key, &system).unwrap();
    let device = CpuDevice::optimized();
    let devices = Devices::select(&[&device]).unwrap();
    let (opened, circuit) = zkey::open(Cursor::new(bytes.clone())).unwrap();
    let prover = Prover::streamed(&opened);
    assert_eq!(prover.verifying(), key.verifying());
    let proof = prover.prove_keyed(devices, &circuit, &wires).unwrap();
    let inputs = &wires[1..=system.counts().public];
    verify(key.verifying(), inputs, &proof).unwrap();
    let error = prover.prove_keyed(devices, &circuit, &wires[1..]);
    assert!(matches!(error, Err(Groth16ProveError::Shape { .. })));
    // A point that is not on the curve is found when it is read.
    let point = key.points().unwrap().a[20];
    let (x, _) = point.xy().unwrap();
    let coordinate: Vec<u8> = x.0.0.iter().flat_map(|word| word.to_le_bytes()).collect();
    let place = bytes.windows(32).position(|bytes| bytes == coordinate);
    bytes[place.unwrap()] ^= 1;
    let (opened, circuit) = zkey::open(Cursor::new(bytes)).unwrap();
    let prover = Prover::streamed(&opened);
    let error = prover
        .prove_keyed(devices, &circuit, &wires)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "key file: section `points of A`: point 20: not on the curve"
    );
    assert!(matches!(
        Prover::load(&opened, devices),
        Err(Groth16ProveError::KeyFile { .. })
    ));
}

#[test]
fn files_cut_off_anywhere_are_refused() {
    for (file, read) in readers() {
        read(&file).unwrap();
        for cut in 0..file.len() {
            assert!(read(&file[..cut]).is_err(), "cut at {cut}");
        }
    }
}

#[test]
fn every_altered_byte_gives_a_value_or_an_error() {
    for (file, read) in readers() {
        for place in 0..file.len() {
            // The first kilobytes hold every count and length; points and coefficients repeat after them.
            if place > 1024 && place % 97 != 0 {
                continue;
            }
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut altered = file.clone();
                altered[place] = value;
                let _ = read(&altered);
            }
        }
    }
}

#[test]
fn counts_without_bytes_behind_them_are_refused_before_anything_is_allocated() {
    for (file, read) in readers() {
        // Every aligned word near the start, made as large as it can be.
        for place in 0..file.len().min(1024) - 8 {
            for width in [4, 8] {
                let mut altered = file.clone();
                altered[place..place + width].fill(0xff);
                let _ = read(&altered);
            }
        }
    }
}

#[test]
fn errors_name_the_section() {
    let Files { r1cs, wtns, zkey } = files();
    let message = |result: Result<(), CircomError>| result.unwrap_err().to_string();
    let read_r1cs = |bytes: &[u8]| message(r1cs::read(Cursor::new(bytes)).map(|_| ()));
    let read_wtns = |bytes: &[u8]| message(wtns::read(Cursor::new(bytes)).map(|_| ()));
    let read_zkey = |bytes: &[u8]| message(read_zkey(bytes));
    assert_eq!(read_r1cs(&zkey), "not a .r1cs file");
    assert_eq!(read_wtns(b""), "not a .wtns file");
    let mut altered = wtns.clone();
    altered[4] = 9;
    let expected = ".wtns version 9, this build reads up to version 2";
    assert_eq!(read_wtns(&altered), expected);
    // The field of the header: its size is at 24, its modulus from 28 on.
    for file in [&r1cs, &wtns] {
        let mut altered = file.clone();
        altered[28] ^= 1;
        let got = if file == &r1cs {
            read_r1cs(&altered)
        } else {
            read_wtns(&altered)
        };
        assert_eq!(
            got,
            "section `header`: the scalar field is not that of BN254"
        );
    }
    // The last value, made the modulus.
    let mut altered = wtns.clone();
    let end = altered.len();
    for (bytes, word) in altered[end - 32..].chunks_mut(8).zip(Fr::MODULUS.0) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    let got = read_wtns(&altered);
    assert!(got.starts_with("section `values`: wire"), "{got}");
    assert!(got.ends_with("expected an integer below the modulus"));
    // One more byte after the last section is not looked at; a section one byte longer is.
    let mut altered = zkey.clone();
    altered[12] = 77;
    assert_eq!(
        read_zkey(&altered),
        "section `protocol`: expected once, found 0 times"
    );
    let cut = &zkey[..zkey.len() - 1];
    assert_eq!(read_zkey(cut), "section 9 reaches past the end of the file");
}

#[test]
fn json_is_checked() {
    let (system, _) = common::mixed(12, 5);
    let key = setup(&system, QuotientForm::OddValues).unwrap();
    let text = json::write_key(key.verifying()).unwrap();
    assert_eq!(&json::read_key(text.as_bytes()).unwrap(), key.verifying());
    for (from, to) in [
        ("groth16", "plonk"),
        ("bn128", "bls12381"),
        ("\"nPublic\": 2", "\"nPublic\": 3"),
        ("\"nPublic\": 2", "\"nPublic\": 18446744073709551615"),
        ("\"IC\"", "\"ic\""),
    ] {
        assert!(text.contains(from));
        assert!(json::read_key(text.replacen(from, to, 1).as_bytes()).is_err());
    }
    for text in [
        "",
        "1",
        "[1]",
        "[\"\"]",
        "[\"-1\"]",
        "[\"0x1\"]",
        "[\"1e3\"]",
        "{}",
    ] {
        assert!(json::read_public(text.as_bytes()).is_err(), "{text}");
    }
    let modulus = format!("[\"{}\"]", Fr::MODULUS);
    assert!(json::read_public(modulus.as_bytes()).is_err());
    let long = format!("[\"{}\"]", "9".repeat(100_000));
    let error = json::read_public(long.as_bytes()).unwrap_err().to_string();
    assert!(error.len() < 200, "{error}");
    let largest = -Fr::from(1u64);
    let text = json::write_public(&[largest, Fr::from(0u64)]).unwrap();
    let back = json::read_public(text.as_bytes()).unwrap();
    assert_eq!(back, [largest, Fr::from(0u64)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_edits_give_a_value_or_an_error(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        thread_local! {
            static READERS: [(Vec<u8>, Reader); 5] = readers();
        }
        READERS.with(|readers| {
            for (file, read) in readers {
                let mut altered = file.clone();
                for (place, value) in &edits {
                    altered[place.index(file.len())] = *value;
                }
                let _ = read(&altered);
                let _ = read(&altered[..cut.index(file.len())]);
            }
        });
    }

    #[test]
    fn random_bytes_are_no_file(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for (magic, read) in [
            (&b"r1cs"[..], readers_only()[0]),
            (b"wtns", readers_only()[1]),
            (b"zkey", readers_only()[2]),
        ] {
            prop_assert!(read(&bytes).is_err());
            let with_magic = [magic, &[1, 0, 0, 0], &bytes].concat();
            prop_assert!(read(&with_magic).is_err());
        }
        prop_assert!(json::read_proof(&bytes).is_err());
        prop_assert!(json::read_key(&bytes).is_err());
    }
}

fn readers_only() -> [Reader; 3] {
    [
        |bytes| r1cs::read(Cursor::new(bytes)).map(|_| ()),
        |bytes| wtns::read(Cursor::new(bytes)).map(|_| ()),
        read_zkey,
    ]
}
