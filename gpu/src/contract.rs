//! Matrices of small integers by vectors of field elements, over planes of bytes.

use kernelwise_field::Fr;
use kernelwise_hal::contract::check_weights;
use kernelwise_hal::{Contract, ContractAxis, DeviceError, IntMatrix, IntSlice, ResidentMatrix};

use crate::driver::{Args, Buffer, Gpu, Grid};
use crate::overlap::overlapped;

// Sizes that the kernels have as well.
const PLANES: usize = 32;
const TILE_OUTPUTS: usize = 128;
const TILE_ENTRIES: usize = 32;
const THREADS: u32 = 256;
const FINISH_THREADS: u32 = 128;

/// Entries of a segment at most: so many products of two unsigned bytes stay below 2^31.
const MAX_SEGMENT: usize = 1 << 15;

/// Blocks for each multiprocessor at least, where the matrix is large enough.
const WAVES: usize = 8;

/// Bytes of a matrix that are on the card at a time, at most: copies of a few hundred megabytes are as fast as of more.
const MAX_PART_BYTES: usize = 1 << 28;

/// Contraction on a card.
pub(crate) struct CudaContract {
    gpu: Gpu,
    max_part_bytes: usize,
}

impl CudaContract {
    pub(crate) fn new(gpu: Gpu) -> Self {
        Self {
            gpu,
            max_part_bytes: MAX_PART_BYTES,
        }
    }

    /// Starts the contraction of a matrix on the card; nothing waits for it.
    fn start(
        &self,
        matrix: &OnCard,
        axis: ContractAxis,
        weights: &[Fr],
    ) -> Result<Buffer<Fr>, DeviceError> {
        let (outputs, entries, kernel) = match axis {
            ContractAxis::Rows => (matrix.cols, matrix.rows, "kw_contract_rows"),
            ContractAxis::Cols => (matrix.rows, matrix.cols, "kw_contract_cols"),
        };
        let width = matrix.width;
        let weights = self.gpu.upload(weights)?;
        let words = entries.next_multiple_of(TILE_ENTRIES) / 4 * PLANES;
        let planes: Buffer<u32> = self.gpu.allocate(words)?;
        let args = Args::new()
            .buffer(&planes)
            .buffer(&weights)
            .u64(entries as u64)
            .u64(words as u64);
        self.gpu
            .launch("kw_contract_planes", Grid::over(words, THREADS), &args)?;
        let tiles = outputs.div_ceil(TILE_OUTPUTS);
        let segment = self.segment(tiles * width, entries);
        let parts = entries.div_ceil(segment);
        let sums: Buffer<i32> = self.gpu.allocate(parts * width * outputs * PLANES)?;
        let too_long = || {
            self.gpu
                .invariant(format!("{tiles} tiles, {parts} segments"))
        };
        let mut grid = Grid::line(tiles.try_into().map_err(|_| too_long())?, THREADS);
        grid.blocks[1] = parts.try_into().map_err(|_| too_long())?;
        grid.blocks[2] = width as u32;
        let args = Args::new()
            .pointer(matrix.integers.pointer())
            .buffer(&planes)
            .buffer(&sums)
            .u64(outputs as u64)
            .u64(entries as u64)
            .u32(width as u32)
            .u64(segment as u64);
        self.gpu.launch(kernel, grid, &args)?;
        let results: Buffer<Fr> = self.gpu.allocate(outputs)?;
        let args = Args::new()
            .buffer(&results)
            .buffer(&sums)
            .u64(outputs as u64)
            .u32(parts as u32)
            .u32(width as u32);
        self.gpu.launch(
            "kw_contract_finish",
            Grid::over(outputs, FINISH_THREADS),
            &args,
        )?;
        Ok(results)
    }

    /// Entries of a segment: enough segments for all multiprocessors, but none so short that writing its sums takes longer than computing them.
    fn segment(&self, tiles: usize, entries: usize) -> usize {
        let wanted = WAVES * self.gpu.properties().multiprocessors as usize;
        let segments = wanted.div_ceil(tiles).max(1);
        let segment = entries.div_ceil(segments).max(8 * TILE_ENTRIES);
        segment.next_multiple_of(TILE_ENTRIES).min(MAX_SEGMENT)
    }

    fn upload(&self, matrix: IntMatrix<'_>) -> Result<OnCard, DeviceError> {
        let gpu = &self.gpu;
        let integers = match matrix.data() {
            IntSlice::I8(values) => Integers::I8(gpu.upload(values)?),
            IntSlice::I16(values) => Integers::I16(gpu.upload(values)?),
            IntSlice::I32(values) => Integers::I32(gpu.upload(values)?),
            IntSlice::I64(values) => Integers::I64(gpu.upload(values)?),
        };
        Ok(OnCard {
            integers,
            width: matrix.data().value_bytes(),
            rows: matrix.rows(),
            cols: matrix.cols(),
        })
    }

    /// Rows of a matrix that are on the card at a time.
    fn rows_at_once(&self, matrix: &IntMatrix<'_>) -> Result<usize, DeviceError> {
        let row_bytes = matrix.cols() * matrix.data().value_bytes();
        // An eighth for the integers, twice because the next part travels meanwhile, leaves enough for the sums, which are wider and fewer.
        let free = usize::try_from(self.gpu.free_bytes()? / 8).unwrap_or(usize::MAX);
        Ok((free.min(self.max_part_bytes) / row_bytes.max(1)).clamp(1, matrix.rows()))
    }
}

/// A matrix on a card.
struct OnCard {
    integers: Integers,
    /// Bytes of an integer.
    width: usize,
    rows: usize,
    cols: usize,
}

/// Its integers.
enum Integers {
    I8(Buffer<i8>),
    I16(Buffer<i16>),
    I32(Buffer<i32>),
    I64(Buffer<i64>),
}

impl Integers {
    fn pointer(&self) -> crate::driver::DevicePtr {
        match self {
            Self::I8(buffer) => buffer.pointer(0),
            Self::I16(buffer) => buffer.pointer(0),
            Self::I32(buffer) => buffer.pointer(0),
            Self::I64(buffer) => buffer.pointer(0),
        }
    }
}

impl Contract for CudaContract {
    fn contract(
        &self,
        matrix: IntMatrix<'_>,
        axis: ContractAxis,
        weights: &[Fr],
    ) -> Result<Vec<Fr>, DeviceError> {
        check_weights(&matrix, axis, weights)?;
        let outputs = match axis {
            ContractAxis::Rows => matrix.cols(),
            ContractAxis::Cols => matrix.rows(),
        };
        if matrix.data().is_empty() {
            return Ok(vec![Fr::from(0u64); outputs]);
        }
        let step = self.rows_at_once(&matrix)?;
        let start = |start: usize| {
            let rows = start..(start + step).min(matrix.rows());
            let range = rows.start * matrix.cols()..rows.end * matrix.cols();
            let data = matrix.data().slice(range).unwrap_or(matrix.data());
            let part = self.upload(IntMatrix::new(data, rows.len(), matrix.cols())?)?;
            match axis {
                ContractAxis::Cols => self.start(&part, axis, weights),
                ContractAxis::Rows => self.start(&part, axis, &weights[rows]),
            }
        };
        let starts = (0..matrix.rows()).step_by(step);
        let parts = overlapped(starts, start, |results| results.read())?;
        Ok(match axis {
            ContractAxis::Cols => parts.concat(),
            ContractAxis::Rows => {
                let mut sums = vec![Fr::from(0u64); outputs];
                for part in parts {
                    let both = sums.iter_mut().zip(part);
                    both.for_each(|(sum, value)| *sum += value);
                }
                sums
            }
        })
    }

    fn load(&self, matrix: IntMatrix<'_>) -> Result<ResidentMatrix, DeviceError> {
        if matrix.data().is_empty() {
            return Ok(ResidentMatrix::nowhere(&matrix));
        }
        let held = Box::new(self.upload(matrix)?);
        Ok(ResidentMatrix::on(self.gpu.name(), &matrix, held))
    }

    fn contract_resident(
        &self,
        resident: &ResidentMatrix,
        matrix: IntMatrix<'_>,
        axis: ContractAxis,
        weights: &[Fr],
    ) -> Result<Vec<Fr>, DeviceError> {
        check_weights(&matrix, axis, weights)?;
        match resident.of::<OnCard>(self.gpu.name(), &matrix)? {
            Some(held) => self.start(held, axis, weights)?.read(),
            None => self.contract(matrix, axis, weights),
        }
    }
}

#[cfg(all(test, feature = "host-shim"))]
#[expect(clippy::unwrap_used, reason = "a broken helper must fail the test")]
mod tests {
    use std::sync::Arc;

    use kernelwise_cpu::CpuDevice;
    use kernelwise_hal::Device;

    use super::*;
    use crate::driver::faulty::Faulty;
    use crate::driver::host::Host;

    fn words(len: usize) -> impl Iterator<Item = u64> {
        (1..=len as u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29))
    }

    fn agrees(contract: &CudaContract, data: IntSlice<'_>, rows: usize, cols: usize) {
        let matrix = IntMatrix::new(data, rows, cols).unwrap();
        for (axis, len) in [(ContractAxis::Rows, rows), (ContractAxis::Cols, cols)] {
            let weights: Vec<Fr> = words(len).map(|word| -Fr::from(word)).collect();
            let expected = CpuDevice::optimized()
                .contract()
                .unwrap()
                .contract(matrix, axis, &weights)
                .unwrap();
            let got = contract.contract(matrix, axis, &weights).unwrap();
            assert_eq!(got, expected, "{rows} x {cols} over {axis:?}");
        }
    }

    #[test]
    fn longer_than_a_segment() {
        let gpu = Gpu::new("cuda-host", Arc::new(Host::new(1, 1 << 30)));
        let contract = CudaContract::new(gpu);
        for (rows, cols) in [(3, 70_001), (5, 65_536), (70_001, 2), (65_600, 4)] {
            let bytes = vec![i8::MIN; rows * cols];
            agrees(&contract, IntSlice::I8(&bytes), rows, cols);
        }
        let wide: Vec<i16> = words(70_000).map(|word| word as i16).collect();
        agrees(&contract, IntSlice::I16(&wide), 1, 70_000);
        agrees(&contract, IntSlice::I16(&wide), 70_000, 1);
    }

    /// Nothing but weights travels to a matrix that is on the card; dropping it gives the memory back.
    #[test]
    fn resident_matrices_stay() {
        let driver = Arc::new(Faulty::new(Arc::new(Host::new(3, 1 << 20))));
        let contract = CudaContract::new(Gpu::new("cuda-host", driver.clone()));
        let entries: Vec<i16> = words(40 * 70).map(|word| word as i16).collect();
        let matrix = IntMatrix::new(IntSlice::I16(&entries), 40, 70).unwrap();
        let resident = contract.load(matrix).unwrap();
        let before = driver.counts();
        assert_eq!(
            (before.live_buffers, before.written_bytes),
            (1, 2 * 40 * 70)
        );
        for (axis, len) in [(ContractAxis::Rows, 40), (ContractAxis::Cols, 70)] {
            let weights: Vec<Fr> = words(len).map(Fr::from).collect();
            let expected = contract.contract(matrix, axis, &weights).unwrap();
            let before = driver.counts().written_bytes;
            let got = contract.contract_resident(&resident, matrix, axis, &weights);
            assert_eq!(got.unwrap(), expected);
            assert_eq!(driver.counts().written_bytes - before, 32 * len as u64);
        }
        let turned = IntMatrix::new(IntSlice::I16(&entries), 70, 40).unwrap();
        let weights = vec![Fr::from(1u64); 70];
        let error = contract.contract_resident(&resident, turned, ContractAxis::Rows, &weights);
        assert!(matches!(error, Err(DeviceError::InvalidArgument { .. })));
        drop(resident);
        assert_eq!(driver.counts().live_buffers, 0);
        // What does not fit is an error.
        let large = vec![0i64; 1 << 18];
        let large = IntMatrix::new(IntSlice::I64(&large), 1 << 9, 1 << 9).unwrap();
        let error = contract.load(large).unwrap_err();
        assert!(matches!(error, DeviceError::OutOfMemory { .. }), "{error}");
    }

    #[test]
    fn matrices_larger_than_the_card() {
        let bytes: Vec<i8> = words(96 * 160).map(|word| word as i8).collect();
        for max_part_bytes in [1, 1000, 4096, usize::MAX] {
            let gpu = Gpu::new("cuda-host", Arc::new(Host::new(2, 1 << 20)));
            let contract = CudaContract {
                gpu,
                max_part_bytes,
            };
            agrees(&contract, IntSlice::I8(&bytes), 96, 160);
        }
    }
}
