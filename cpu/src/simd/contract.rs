//! Bytes times bytes with AVX-512 VNNI: the inner loop of a contraction over byte planes.
//!
//! ```text
//! C[r][k] += Σ_i A[r][i] · B[i][k]      A signed bytes, B unsigned bytes, C 32-bit, k < 32
//! ```
//! `vpdpbusd` multiplies 64 pairs of bytes and adds them four by four to sixteen 32-bit sums, so that four
//! consecutive `i` share an instruction: both operands come as *quads*, four bytes that belong to the same
//! sum. Two registers hold the 32 sums of a row.
#![expect(
    unsafe_code,
    reason = "vector loads at computed addresses have no safe form"
)]

use std::arch::x86_64::*;

/// Byte planes of a field element.
pub const PLANES: usize = 32;

/// Consecutive indices that share an instruction.
pub const QUAD: usize = 4;

/// Rows that one pass holds in registers: sixteen sums in flight hide a latency of four to five cycles, and
/// the lines of eight rows fit the ways of a first-level cache even if their addresses collide.
pub const ROWS: usize = 8;

/// Products that a 32-bit sum may take: `2^16 · 255 · 128 < 2^31`.
pub const MAX_PRODUCTS: usize = 1 << 16;

/// Four signed bytes of consecutive indices.
pub type Quad = [i8; QUAD];

/// For four consecutive indices, their bytes in each plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct PlaneQuad(pub [[u8; QUAD]; PLANES]);

impl PlaneQuad {
    /// Four zeros.
    pub const ZERO: Self = Self([[0; QUAD]; PLANES]);
}

/// The sums of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct PlaneSums(pub [i32; PLANES]);

impl PlaneSums {
    /// Empty sums.
    pub const ZERO: Self = Self([0; PLANES]);
}

/// Proof that the CPU multiplies bytes: only [`Vnni::detect`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct Vnni(());

/// Where the quads of a row lie: row `r` has quad `q` at byte `r · row_step + q · quad_step`.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// Bytes from a row to the next.
    pub row_step: usize,
    /// Bytes from a quad to the next.
    pub quad_step: usize,
}

impl Vnni {
    /// The instructions, if the CPU has them.
    pub fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vnni");
        found.then_some(Self(()))
    }

    /// Runs `body` compiled for these instructions, as far as it is inlined.
    #[inline]
    pub fn run<T>(self, body: impl FnOnce() -> T) -> T {
        // SAFETY: `self` proves the features.
        unsafe { run(body) }
    }

    /// Adds to the sums of each row the products of its quads with those of `planes`.
    ///
    /// The caller keeps every sum below [`MAX_PRODUCTS`] products. `meanwhile` is called before each [`ROWS`] of them, in arithmetic that leaves
    /// the memory idle: the place to ask for what comes next.
    ///
    /// # Panics
    /// If a row reaches beyond `bytes`.
    pub fn accumulate(
        self,
        bytes: &[i8],
        layout: Layout,
        planes: &[PlaneQuad],
        sums: &mut [PlaneSums],
        mut meanwhile: impl FnMut(usize),
    ) {
        let (Some(last_row), Some(last_quad)) =
            (sums.len().checked_sub(1), planes.len().checked_sub(1))
        else {
            return;
        };
        let end = last_row * layout.row_step + last_quad * layout.quad_step + QUAD;
        assert!(
            end <= bytes.len(),
            "{end} bytes of quads in a slice of {}",
            bytes.len()
        );
        let (tiles, rest) = sums.as_chunks_mut::<ROWS>();
        let done = tiles.len() * ROWS;
        for (tile, sums) in tiles.iter_mut().enumerate() {
            meanwhile(tile);
            let start = &bytes[tile * ROWS * layout.row_step..];
            // SAFETY: `self` proves the features; rows and quads end within `bytes` by the assertion above.
            unsafe { tile_sums(start, layout, planes, sums) }
        }
        for (row, sums) in rest.iter_mut().enumerate() {
            let start = &bytes[(done + row) * layout.row_step..];
            // SAFETY: as above.
            unsafe { tile_sums(start, layout, planes, std::array::from_mut(sums)) }
        }
    }

    /// Interleaves four rows of bytes: quad `j` is `[a[j], b[j], c[j], d[j]]`.
    ///
    /// # Panics
    /// If the rows or `quads` differ in length.
    pub fn interleave(self, rows: [&[i8]; QUAD], quads: &mut [Quad]) {
        assert!(
            rows.iter().all(|row| row.len() == quads.len()),
            "rows of different lengths"
        );
        // SAFETY: `self` proves the features.
        unsafe { interleave(rows, quads) }
    }

    /// Asks for the cache lines of `values`, into the second-level cache.
    pub fn prefetch<T>(self, values: &[T]) {
        // One address for each 64 bytes.
        let step = (64 / size_of::<T>().max(1)).max(1);
        for value in values.iter().step_by(step) {
            // SAFETY: asking for an address does not access it, and the address is that of a value.
            unsafe { _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(value).cast()) }
        }
    }

    /// Puts the bytes of four elements side by side, plane by plane.
    #[inline]
    pub fn transpose(self, elements: &[[u8; PLANES]; QUAD], planes: &mut PlaneQuad) {
        // SAFETY: `self` proves the features.
        unsafe { transpose(elements, planes) }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn transpose([a, b, c, d]: &[[u8; PLANES]; QUAD], planes: &mut PlaneQuad) {
    for (k, plane) in planes.0.iter_mut().enumerate() {
        *plane = [a[k], b[k], c[k], d[k]];
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn run<T>(body: impl FnOnce() -> T) -> T {
    body()
}

/// [`Vnni::accumulate`] for `R` rows in registers.
///
/// # Safety
/// The CPU has the features, and row `R − 1` has `planes.len()` quads of `layout` within `bytes`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn tile_sums<const R: usize>(
    bytes: &[i8],
    layout: Layout,
    planes: &[PlaneQuad],
    sums: &mut [PlaneSums; R],
) {
    let load = |half: usize, row: &PlaneSums| {
        // SAFETY: a row of sums is 128 bytes, aligned to 64.
        unsafe { _mm512_load_si512(row.0.as_ptr().cast::<__m512i>().add(half)) }
    };
    let mut low: [__m512i; R] = std::array::from_fn(|r| load(0, &sums[r]));
    let mut high: [__m512i; R] = std::array::from_fn(|r| load(1, &sums[r]));
    for (q, plane) in planes.iter().enumerate() {
        let source = plane.0.as_ptr().cast::<__m512i>();
        // SAFETY: a quad of planes is 128 bytes, aligned to 64.
        let (b_low, b_high) =
            unsafe { (_mm512_load_si512(source), _mm512_load_si512(source.add(1))) };
        for r in 0..R {
            let offset = r * layout.row_step + q * layout.quad_step;
            // SAFETY: the caller vouches for four bytes at this offset.
            let quad = unsafe { bytes.as_ptr().add(offset).cast::<i32>().read_unaligned() };
            let quad = _mm512_set1_epi32(quad);
            low[r] = _mm512_dpbusd_epi32(low[r], b_low, quad);
            high[r] = _mm512_dpbusd_epi32(high[r], b_high, quad);
        }
    }
    for (r, row) in sums.iter_mut().enumerate() {
        let target = row.0.as_mut_ptr().cast::<__m512i>();
        // SAFETY: as for the loads.
        unsafe {
            _mm512_store_si512(target, low[r]);
            _mm512_store_si512(target.add(1), high[r]);
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn interleave(rows: [&[i8]; QUAD], quads: &mut [Quad]) {
    // Blocks of a fixed length, which the compiler turns into unpacks.
    let (blocks, rest) = quads.as_chunks_mut::<64>();
    let done = blocks.len() * 64;
    let [a, b, c, d] = rows.map(|row| row.as_chunks::<64>().0);
    for (quads, (((a, b), c), d)) in blocks.iter_mut().zip(a.iter().zip(b).zip(c).zip(d)) {
        *quads = std::array::from_fn(|j| [a[j], b[j], c[j], d[j]]);
    }
    for (j, quad) in rest.iter_mut().enumerate() {
        *quad = rows.map(|row| row[done + j]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(len: usize, seed: u32) -> Vec<i8> {
        (0..len as u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) ^ seed).to_be_bytes()[0] as i8)
            .collect()
    }

    #[test]
    fn interleaves_columns() {
        let Some(vnni) = Vnni::detect() else { return };
        for len in [0, 1, 63, 64, 65, 200] {
            let rows: [Vec<i8>; QUAD] = std::array::from_fn(|i| bytes(len, i as u32 * 0x1234_5678));
            let mut quads = vec![[0; QUAD]; len];
            vnni.interleave(std::array::from_fn(|i| &rows[i][..]), &mut quads);
            let expected: Vec<Quad> = (0..len)
                .map(|j| std::array::from_fn(|i| rows[i][j]))
                .collect();
            assert_eq!(quads, expected);
        }
    }

    #[test]
    fn accumulates_products() {
        let Some(vnni) = Vnni::detect() else { return };
        for (rows, quads) in [(0, 3), (1, 1), (7, 5), (8, 2), (17, 9)] {
            let a = bytes(rows * quads * QUAD, 1);
            let planes: Vec<PlaneQuad> = (0..quads)
                .map(|q| {
                    PlaneQuad(std::array::from_fn(|k| {
                        std::array::from_fn(|i| (q * 77 + k * 9 + i) as u8)
                    }))
                })
                .collect();
            let mut sums = vec![PlaneSums([5; PLANES]); rows];
            vnni.accumulate(
                &a,
                Layout {
                    row_step: quads * QUAD,
                    quad_step: QUAD,
                },
                &planes,
                &mut sums,
                |_| {},
            );
            for (r, row) in sums.iter().enumerate() {
                for (k, &sum) in row.0.iter().enumerate() {
                    let product = |i: usize| {
                        i32::from(a[r * quads * QUAD + i])
                            * i32::from(planes[i / QUAD].0[k][i % QUAD])
                    };
                    assert_eq!(sum, 5 + (0..quads * QUAD).map(product).sum::<i32>());
                }
            }
        }
    }

    #[test]
    fn the_bound_on_products_is_tight() {
        let Some(vnni) = Vnni::detect() else { return };
        let a = vec![i8::MIN; MAX_PRODUCTS];
        let planes = vec![PlaneQuad([[u8::MAX; QUAD]; PLANES]); MAX_PRODUCTS / QUAD];
        let mut sums = [PlaneSums::ZERO];
        vnni.accumulate(
            &a,
            Layout {
                row_step: 0,
                quad_step: QUAD,
            },
            &planes,
            &mut sums,
            |_| {},
        );
        assert_eq!(sums[0].0, [-(MAX_PRODUCTS as i32) * 128 * 255; PLANES]);
    }
}
