//! A matrix of small integers by a vector of field elements, along either axis; loaded before, as bases are.

use std::sync::Arc;

use kernelwise_field::Fr;
use kernelwise_hal::{
    Contract, ContractAxis, Device, DeviceError, IntMatrix, IntSlice, ResidentMatrix,
};

use super::{Setting, contenders, offered};
use crate::case::{Case, Contender, task};
use crate::error::BenchError;
use crate::inputs::Rng;
use crate::reference::{ARK, ark};

const OPERATION: &str = "contraction";

enum Entries {
    I8(Vec<i8>),
    I16(Vec<i16>),
}

struct Instance {
    entries: Entries,
    axis: ContractAxis,
    rows: usize,
    columns: usize,
    weights: Vec<Fr>,
}

impl Instance {
    fn new(scalar_kind: &str, log_size: u32) -> (&'static str, Self) {
        let mut rng = Rng::new(6);
        let (rows, columns) = (1 << (log_size / 2), 1 << log_size.div_ceil(2));
        let len = 1 << log_size;
        let bytes = |rng: &mut Rng| Entries::I8(rng.integers(len, |bits| (bits >> 56) as i8));
        let words = |rng: &mut Rng| Entries::I16(rng.integers(len, |bits| (bits >> 48) as i16));
        let (name, entries, axis) = match scalar_kind {
            "i8-cols" => ("i8-cols", bytes(&mut rng), ContractAxis::Cols),
            "i16-rows" => ("i16-rows", words(&mut rng), ContractAxis::Rows),
            "i16-cols" => ("i16-cols", words(&mut rng), ContractAxis::Cols),
            _ => ("i8-rows", bytes(&mut rng), ContractAxis::Rows),
        };
        let weights = match axis {
            ContractAxis::Rows => rows,
            ContractAxis::Cols => columns,
        };
        let instance = Self {
            entries,
            axis,
            rows,
            columns,
            weights: rng.fields(weights),
        };
        (name, instance)
    }

    fn matrix(&self) -> Result<IntMatrix<'_>, DeviceError> {
        let data = match &self.entries {
            Entries::I8(values) => IntSlice::I8(values),
            Entries::I16(values) => IntSlice::I16(values),
        };
        IntMatrix::new(data, self.rows, self.columns)
    }

    fn contract(
        &self,
        device: &dyn Contract,
        resident: &ResidentMatrix,
    ) -> Result<Vec<Fr>, DeviceError> {
        device.contract_resident(resident, self.matrix()?, self.axis, &self.weights)
    }

    fn ark(&self, contraction: &ark::Contraction) -> Vec<Fr> {
        match (&self.entries, self.axis) {
            (Entries::I8(m), ContractAxis::Rows) => contraction.over_rows(m, &self.weights),
            (Entries::I8(m), ContractAxis::Cols) => contraction.over_columns(m, &self.weights),
            (Entries::I16(m), ContractAxis::Rows) => contraction.over_rows(m, &self.weights),
            (Entries::I16(m), ContractAxis::Cols) => contraction.over_columns(m, &self.weights),
        }
    }
}

/// One case: a matrix of `2^log_size` entries.
pub(super) fn case(setting: &Setting, kind: &str, log_size: u32) -> Result<Case, BenchError> {
    let (scalar_kind, instance) = Instance::new(kind, log_size);
    let instance = Arc::new(instance);
    let canonical = |sums: Vec<Fr>| ark::field_bytes(&sums);
    let lift = ark::Contraction::new(match instance.entries {
        Entries::I8(_) => 8,
        Entries::I16(_) => 16,
    });
    let own = Arc::clone(&instance);
    let references = vec![Contender::reference(
        ARK,
        "one product of arkworks per entry, lifted by a table, one thread",
        task(move || Ok(own.ark(&lift)), canonical),
    )];
    let devices = setting.device_contenders(
        OPERATION,
        |device| Device::contract(device).is_some(),
        |device| {
            let instance = Arc::clone(&instance);
            let contract = offered(&device, OPERATION, Device::contract)?;
            let resident = contract.load(instance.matrix()?)?;
            let run = move || {
                let contract = offered(&device, OPERATION, Device::contract)?;
                Ok(instance.contract(contract, &resident)?)
            };
            Ok(task(run, canonical))
        },
    )?;
    Ok(Case {
        op: "contract",
        log_size,
        scalar_kind,
        shape: format!("{} x {}", instance.rows, instance.columns),
        contenders: contenders(references, devices),
    })
}
