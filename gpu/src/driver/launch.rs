//! Launches: a kernel by name, its geometry, and its arguments.

use kernelwise_field::Fr;

use super::{Buffer, DevicePtr, Element};

/// The geometry of a launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Blocks along x, y, z.
    pub blocks: [u32; 3],
    /// Threads of a block along x, y, z.
    pub threads: [u32; 3],
    /// Dynamic shared memory of a block, in bytes.
    pub shared_bytes: u32,
}

impl Grid {
    /// `blocks` blocks of `threads` threads in a row.
    pub const fn line(blocks: u32, threads: u32) -> Self {
        Self {
            blocks: [blocks, 1, 1],
            threads: [threads, 1, 1],
            shared_bytes: 0,
        }
    }

    /// At least `items` threads in a row, in blocks of `threads`.
    ///
    /// Saturates where a row can have no more blocks: kernels stride over their items.
    pub fn over(items: usize, threads: u32) -> Self {
        let blocks = items.div_ceil(threads.max(1) as usize).max(1);
        Self::line(blocks.min(i32::MAX as usize) as u32, threads)
    }

    /// Whether every card takes it.
    pub(crate) fn check(&self) -> Result<(), String> {
        let threads: u64 = self.threads.iter().map(|&n| u64::from(n)).product();
        let [x, y, z] = self.blocks;
        let block_fits = (1..=1024).contains(&threads) && self.threads[2] <= 64;
        let grid_fits = (1..=i32::MAX as u32).contains(&x)
            && (1..=65535).contains(&y)
            && (1..=65535).contains(&z);
        if block_fits && grid_fits {
            Ok(())
        } else {
            Err(format!("no card takes {self:?}"))
        }
    }
}

/// One argument, at an address that suits every type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(32))]
pub(crate) struct Slot(pub(crate) [u64; 4]);

/// The arguments of a kernel, in the order of its parameters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Args {
    slots: Vec<Slot>,
    /// Size of each argument in bytes.
    sizes: Vec<u32>,
}

impl Args {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn push(mut self, words: [u64; 4], bytes: u32) -> Self {
        self.slots.push(Slot(words));
        self.sizes.push(bytes);
        self
    }

    /// The address of a buffer.
    pub(crate) fn buffer<T: Element>(self, buffer: &Buffer<T>) -> Self {
        self.pointer(buffer.pointer(0))
    }

    /// The address of an element of a buffer.
    pub(crate) fn offset<T: Element>(self, buffer: &Buffer<T>, index: usize) -> Self {
        self.pointer(buffer.pointer(index))
    }

    /// An address, null where there is none.
    pub(crate) fn pointer(self, pointer: DevicePtr) -> Self {
        self.push([pointer.0, 0, 0, 0], 8)
    }

    pub(crate) fn u32(self, value: u32) -> Self {
        self.push([value.into(), 0, 0, 0], 4)
    }

    pub(crate) fn u64(self, value: u64) -> Self {
        self.push([value, 0, 0, 0], 8)
    }

    /// A field element by value.
    pub(crate) fn field(self, value: Fr) -> Self {
        self.push(value.0.0, 32)
    }

    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    #[cfg(feature = "host-shim")]
    pub(crate) fn sizes(&self) -> &[u32] {
        &self.sizes
    }
}

/// A kernel to run.
#[derive(Debug)]
pub struct Launch<'a> {
    pub(crate) kernel: &'a str,
    pub(crate) grid: Grid,
    pub(crate) args: &'a Args,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_cover_their_items() {
        assert_eq!(Grid::over(0, 256).blocks, [1, 1, 1]);
        assert_eq!(Grid::over(256, 256).blocks, [1, 1, 1]);
        assert_eq!(Grid::over(257, 256).blocks, [2, 1, 1]);
        assert!(Grid::over(usize::MAX, 256).check().is_ok());
    }

    #[test]
    fn impossible_geometry_is_refused() {
        for (blocks, threads) in [
            ([0, 1, 1], [1, 1, 1]),
            ([1, 65536, 1], [1, 1, 1]),
            ([1, 1, 0], [1, 1, 1]),
            ([u32::MAX, 1, 1], [1, 1, 1]),
            ([1, 1, 1], [0, 1, 1]),
            ([1, 1, 1], [1025, 1, 1]),
            ([1, 1, 1], [1, 1, 65]),
            ([1, 1, 1], [u32::MAX, u32::MAX, 1]),
        ] {
            let grid = Grid {
                blocks,
                threads,
                shared_bytes: 0,
            };
            assert!(grid.check().is_err(), "{grid:?}");
        }
    }
}
