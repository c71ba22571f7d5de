//! What a key says before its points.

use std::io::{Read, Seek};

use kernelwise_core::groth16::KeyPoints;
use kernelwise_field::{Fq, Fr, G1Affine};

use super::{CircomError, GROTH16, HEADER, INPUTS, PROTOCOL};
use crate::circom::container::Container;
use crate::circom::words;

/// What the header of a key says.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) wires: u32,
    pub(super) public: u32,
    pub(super) domain: u32,
    pub(super) beta_g1: G1Affine,
    pub(super) delta_g1: G1Affine,
    pub(super) points: KeyPoints,
}

impl Header {
    pub(super) fn read<R: Read + Seek>(file: &mut Container<R>) -> Result<Self, CircomError> {
        let mut section = file.section(PROTOCOL)?;
        let protocol = section.u32()?;
        section.end()?;
        if protocol != GROTH16 {
            return Err(CircomError::Value {
                section: PROTOCOL.name,
                what: "protocol",
                index: u64::from(protocol),
                expected: "1, Groth16",
            });
        }
        let mut section = file.section(HEADER)?;
        words::check_field::<Fq>(&mut section, "base")?;
        words::check_field::<Fr>(&mut section, "scalar")?;
        let [wires, public, domain] = [section.u32()?, section.u32()?, section.u32()?];
        let alpha_g1 = words::point(&mut section, "alpha")?;
        let beta_g1 = words::point(&mut section, "beta")?;
        let beta_g2 = words::point(&mut section, "beta")?;
        let gamma_g2 = words::point(&mut section, "gamma")?;
        let delta_g1 = words::point(&mut section, "delta")?;
        let delta_g2 = words::point(&mut section, "delta")?;
        section.end()?;
        // At most what the field has roots for, twice.
        if !domain.is_power_of_two() || domain > 1 << 27 {
            return Err(CircomError::Value {
                section: HEADER.name,
                what: "domain",
                index: u64::from(domain),
                expected: "a power of two up to 2^27",
            });
        }
        let input_bases = words::points(file.section(INPUTS)?, public as usize + 1)?;
        Ok(Self {
            wires,
            public,
            domain,
            beta_g1,
            delta_g1,
            points: KeyPoints {
                alpha_g1,
                beta_g2,
                gamma_g2,
                delta_g2,
                boundary_g2: None,
                input_bases,
            },
        })
    }
}
