//! Proofs, public inputs and verifying keys as snarkjs writes them: decimal numbers in JSON.

use kernelwise_core::groth16::{KeyPoints, Proof, VerifyingKey};
use kernelwise_field::{
    AdditiveGroup, AffineRepr, BigInt, Field, Fq, Fq2, Fr, G1Affine, G2Affine, PrimeField,
};
use serde::{Deserialize, Serialize};

use super::CircomError;
use crate::error::Groth16ProveError;

/// Curve and protocol, in the words of snarkjs.
const CURVE: &str = "bn128";
const PROTOCOL: &str = "groth16";

type Point1 = [String; 3];
type Point2 = [[String; 2]; 3];

#[derive(Serialize, Deserialize)]
struct ProofFile {
    pi_a: Point1,
    pi_b: Point2,
    pi_c: Point1,
    protocol: String,
    curve: String,
}

#[derive(Serialize, Deserialize)]
struct KeyFile {
    protocol: String,
    curve: String,
    #[serde(rename = "nPublic")]
    num_public: usize,
    vk_alpha_1: Point1,
    vk_beta_2: Point2,
    vk_gamma_2: Point2,
    vk_delta_2: Point2,
    #[serde(rename = "IC")]
    input_bases: Vec<Point1>,
}

/// One kind of file, for its errors.
struct File(&'static str);

impl File {
    fn error(&self, problem: impl Into<String>) -> CircomError {
        CircomError::Json {
            file: self.0,
            problem: problem.into(),
        }
    }

    fn parse<'a, T: Deserialize<'a>>(&self, bytes: &'a [u8]) -> Result<T, CircomError> {
        serde_json::from_slice(bytes).map_err(|error| self.error(error.to_string()))
    }

    fn check(&self, protocol: &str, curve: &str) -> Result<(), CircomError> {
        if protocol != PROTOCOL {
            return Err(self.error(format!("expected protocol groth16, got {protocol:.20}")));
        }
        if curve != CURVE {
            return Err(self.error(format!("expected curve bn128, got {curve:.20}")));
        }
        Ok(())
    }

    fn element<F: PrimeField<BigInt = BigInt<4>>>(&self, text: &str) -> Result<F, CircomError> {
        decimal(text)
            .and_then(F::from_bigint)
            .ok_or_else(|| self.error(format!("`{text:.90}` is no number below the modulus")))
    }

    fn extension(&self, [c0, c1]: &[String; 2]) -> Result<Fq2, CircomError> {
        Ok(Fq2::new(self.element(c0)?, self.element(c1)?))
    }

    fn g1(&self, [x, y, z]: &Point1) -> Result<G1Affine, CircomError> {
        let [x, y, z]: [Fq; 3] = [self.element(x)?, self.element(y)?, self.element(z)?];
        if z == Fq::ZERO {
            return Ok(G1Affine::identity());
        }
        let point = G1Affine::new_unchecked(x, y);
        if z != Fq::ONE || !point.is_on_curve() {
            return Err(self.error("a point is not on the curve"));
        }
        Ok(point)
    }

    fn g2(&self, [x, y, z]: &Point2) -> Result<G2Affine, CircomError> {
        let [x, y, z] = [self.extension(x)?, self.extension(y)?, self.extension(z)?];
        if z == Fq2::ZERO {
            return Ok(G2Affine::identity());
        }
        let point = G2Affine::new_unchecked(x, y);
        if z != Fq2::ONE || !point.is_on_curve() {
            return Err(self.error("a point is not on the curve"));
        }
        Ok(point)
    }
}

/// A decimal number below 2^256.
fn decimal(text: &str) -> Option<BigInt<4>> {
    if text.is_empty() || text.len() > 78 {
        return None;
    }
    let mut words = [0u64; 4];
    for digit in text.bytes() {
        let mut carry = u128::from(char::from(digit).to_digit(10)?);
        for word in &mut words {
            carry += u128::from(*word) * 10;
            *word = carry as u64;
            carry >>= 64;
        }
        if carry != 0 {
            return None;
        }
    }
    Some(BigInt(words))
}

fn g1_text(point: &G1Affine) -> Point1 {
    match point.xy() {
        Some((x, y)) => [x.to_string(), y.to_string(), "1".to_owned()],
        None => ["0", "1", "0"].map(str::to_owned),
    }
}

fn g2_text(point: &G2Affine) -> Point2 {
    let text = |x: Fq2| [x.c0.to_string(), x.c1.to_string()];
    match point.xy() {
        Some((x, y)) => [text(x), text(y), text(Fq2::ONE)],
        None => [text(Fq2::ZERO), text(Fq2::ONE), text(Fq2::ZERO)],
    }
}

fn write(file: &File, value: &impl Serialize) -> Result<String, CircomError> {
    let text = serde_json::to_string_pretty(value);
    text.map(|text| text + "\n")
        .map_err(|error| file.error(error.to_string()))
}

/// Reads `proof.json`.
///
/// # Errors
/// [`CircomError::Json`]; [`CircomError::Groth16`] for points outside their groups.
pub fn read_proof(bytes: &[u8]) -> Result<Proof, CircomError> {
    let file = File("proof");
    let parsed: ProofFile = file.parse(bytes)?;
    file.check(&parsed.protocol, &parsed.curve)?;
    let (a, b, c) = (&parsed.pi_a, &parsed.pi_b, &parsed.pi_c);
    Ok(Proof::new(file.g1(a)?, file.g2(b)?, file.g1(c)?)?)
}

/// Writes `proof.json`.
///
/// # Errors
/// None in practice: strings can be written.
pub fn write_proof(proof: &Proof) -> Result<String, CircomError> {
    let contents = ProofFile {
        pi_a: g1_text(proof.a()),
        pi_b: g2_text(proof.b()),
        pi_c: g1_text(proof.c()),
        protocol: PROTOCOL.to_owned(),
        curve: CURVE.to_owned(),
    };
    write(&File("proof"), &contents)
}

/// Reads `public.json`.
///
/// # Errors
/// [`CircomError::Json`].
pub fn read_public(bytes: &[u8]) -> Result<Vec<Fr>, CircomError> {
    let file = File("public inputs");
    let parsed: Vec<String> = file.parse(bytes)?;
    parsed.iter().map(|text| file.element(text)).collect()
}

/// Writes `public.json`.
///
/// # Errors
/// None in practice: strings can be written.
pub fn write_public(inputs: &[Fr]) -> Result<String, CircomError> {
    let texts: Vec<String> = inputs.iter().map(Fr::to_string).collect();
    write(&File("public inputs"), &texts)
}

/// Reads `verification_key.json`.
///
/// # Errors
/// [`CircomError::Json`]; [`CircomError::Groth16`] for points outside their groups.
pub fn read_key(bytes: &[u8]) -> Result<VerifyingKey, CircomError> {
    let file = File("verification key");
    let parsed: KeyFile = file.parse(bytes)?;
    file.check(&parsed.protocol, &parsed.curve)?;
    if parsed.num_public.checked_add(1) != Some(parsed.input_bases.len()) {
        return Err(file.error(format!(
            "nPublic is {}, with {} points in IC",
            parsed.num_public,
            parsed.input_bases.len()
        )));
    }
    let bases = parsed.input_bases.iter().map(|point| file.g1(point));
    Ok(VerifyingKey::new(KeyPoints {
        alpha_g1: file.g1(&parsed.vk_alpha_1)?,
        beta_g2: file.g2(&parsed.vk_beta_2)?,
        gamma_g2: file.g2(&parsed.vk_gamma_2)?,
        delta_g2: file.g2(&parsed.vk_delta_2)?,
        boundary_g2: None,
        input_bases: bases.collect::<Result<_, _>>()?,
    })?)
}

/// Writes `verification_key.json`, without the product of `α` and `β`, which nobody needs to be told.
///
/// # Errors
/// [`CircomError::Contents`] for a key with boundary wires, which snarkjs has no place for.
pub fn write_key(key: &VerifyingKey) -> Result<String, CircomError> {
    let points = key.points();
    if points.boundary_g2.is_some() {
        return Err(CircomError::Contents(Groth16ProveError::Unsupported {
            operation: "verification_key.json",
            what: "circuits with boundary wires",
        }));
    }
    let contents = KeyFile {
        protocol: PROTOCOL.to_owned(),
        curve: CURVE.to_owned(),
        num_public: key.num_inputs(),
        vk_alpha_1: g1_text(&points.alpha_g1),
        vk_beta_2: g2_text(&points.beta_g2),
        vk_gamma_2: g2_text(&points.gamma_g2),
        vk_delta_2: g2_text(&points.delta_g2),
        input_bases: points.input_bases.iter().map(g1_text).collect(),
    };
    write(&File("verification key"), &contents)
}
