// The entries of every bucket brought together: a counting sort of digits, and the work cut into segments.
//
// A task is one window of one row. Its bucket b holds the bases whose digit is ±(b + 1). A task is counted and scattered
// tile by tile, one block each, with all its counters in shared memory: equal scalars, which all meet in one bucket, cost
// no more global traffic than different ones. Order within a bucket does not matter, hence atomic cursors.
//
// Shapes: digits[tasks · row_len]; starts[tasks · buckets + 1]. Entries are as in msm_sum.cuh. Where `rounds` of additions by
// pairs come between (msm_pairs.cu), buckets start at multiples of 2^rounds and segments are of what is left of them.
#include "prelude.cuh"

namespace kw {

// One tile of one task.
struct Tile {
    uint64_t task;
    uint32_t tile, from, to;

    KW_INLINE Tile(uint32_t tiles, uint32_t tile_len, uint32_t row_len)
        : task(blockIdx.x / tiles),
          tile(blockIdx.x % tiles),
          from(tile * tile_len),
          to(min(from + tile_len, row_len)) {}
};

// The bucket of a digit that is not zero.
KW_DEVICE uint32_t bucket_of(int32_t digit) { return static_cast<uint32_t>(digit < 0 ? -digit : digit) - 1; }

}  // namespace kw

// Counts the digits of each tile, and reserves the tile's part of every bucket: counts[bucket] grows by the tile's count,
// offsets[block][bucket] is what it was.
extern "C" __global__ void kw_msm_count(uint32_t* counts, uint32_t* offsets, const int16_t* digits, uint32_t row_len,
                                        uint32_t buckets, uint32_t tiles, uint32_t tile_len) {
    KW_DYNAMIC_SHARED(uint32_t, counters);
    for (uint32_t b = threadIdx.x; b < buckets; b += blockDim.x) counters[b] = 0;
    __syncthreads();
    const kw::Tile tile(tiles, tile_len, row_len);
    digits += tile.task * row_len;
    for (uint32_t i = tile.from + threadIdx.x; i < tile.to; i += blockDim.x) {
        const int32_t digit = digits[i];
        if (digit != 0) atomicAdd(&counters[kw::bucket_of(digit)], 1u);
    }
    __syncthreads();
    counts += tile.task * buckets;
    offsets += static_cast<uint64_t>(blockIdx.x) * buckets;
    for (uint32_t b = threadIdx.x; b < buckets; b += blockDim.x)
        if (counters[b] != 0) offsets[b] = atomicAdd(&counts[b], counters[b]);
}
KW_KERNEL(kw_msm_count);

// Writes every entry to its bucket. The tile's offsets are read only where kw_msm_count wrote them.
extern "C" __global__ void kw_msm_scatter(uint32_t* entries, const uint32_t* starts, const uint32_t* offsets,
                                          const int16_t* digits, uint32_t row_len, uint32_t buckets, uint32_t tiles,
                                          uint32_t tile_len) {
    KW_DYNAMIC_SHARED(uint32_t, cursors);
    const kw::Tile tile(tiles, tile_len, row_len);
    starts += tile.task * buckets;
    offsets += static_cast<uint64_t>(blockIdx.x) * buckets;
    for (uint32_t b = threadIdx.x; b < buckets; b += blockDim.x) cursors[b] = starts[b] + offsets[b];
    __syncthreads();
    digits += tile.task * row_len;
    for (uint32_t i = tile.from + threadIdx.x; i < tile.to; i += blockDim.x) {
        const int32_t digit = digits[i];
        if (digit != 0) entries[atomicAdd(&cursors[kw::bucket_of(digit)], 1u)] = (i + 1) << 1 | (digit < 0);
    }
}
KW_KERNEL(kw_msm_scatter);

namespace kw {

// Values that one block scans.
constexpr uint32_t SCAN_THREADS = 256;
constexpr uint32_t SCAN_EACH = 8;

// Entries and segments of a bucket, or sums of them.
struct Extent {
    uint32_t entries, segments;
};

KW_DEVICE Extent extent(uint32_t count, uint32_t segment_len, uint32_t rounds) {
    const uint32_t left = (count + (1u << rounds) - 1) >> rounds;
    return Extent{left << rounds, (left + segment_len - 1) / segment_len};
}

KW_DEVICE Extent plus(const Extent& a, const Extent& b) {
    return Extent{a.entries + b.entries, a.segments + b.segments};
}

// The sum over the threads before this one; `total` is that over all. SCAN_THREADS threads.
KW_DEVICE Extent scan_block(const Extent& own, Extent& total) {
    KW_SHARED(Extent, warps, SCAN_THREADS / WARP);
    Extent sum = own;
    const uint32_t lane = threadIdx.x % WARP;
    for (uint32_t delta = 1; delta < WARP; delta *= 2) {
        const Extent before = {__shfl_up_sync(ALL_LANES, sum.entries, delta), __shfl_up_sync(ALL_LANES, sum.segments, delta)};
        if (lane >= delta) sum = plus(sum, before);
    }
    if (lane == WARP - 1) warps[threadIdx.x / WARP] = sum;
    __syncthreads();
    Extent before = {0, 0};
    total = Extent{0, 0};
    for (uint32_t w = 0; w < SCAN_THREADS / WARP; w++) {
        if (w == threadIdx.x / WARP) before = total;
        total = plus(total, warps[w]);
    }
    __syncthreads();
    return Extent{before.entries + sum.entries - own.entries, before.segments + sum.segments - own.segments};
}

}  // namespace kw

// First of three steps of a scan over all buckets: the sum of each block.
extern "C" __global__ void __launch_bounds__(kw::SCAN_THREADS)
    kw_msm_scan_blocks(kw::Extent* blocks, const uint32_t* counts, uint32_t len, uint32_t segment_len, uint32_t rounds) {
    const uint32_t from = (blockIdx.x * kw::SCAN_THREADS + threadIdx.x) * kw::SCAN_EACH;
    kw::Extent own = {0, 0}, total;
    for (uint32_t i = from; i < from + kw::SCAN_EACH && i < len; i++) own = kw::plus(own, kw::extent(counts[i], segment_len, rounds));
    kw::scan_block(own, total);
    if (threadIdx.x == 0) blocks[blockIdx.x] = total;
}
KW_KERNEL(kw_msm_scan_blocks);

// Second step, one block: the sums before each block, in place.
extern "C" __global__ void __launch_bounds__(kw::SCAN_THREADS) kw_msm_scan_sums(kw::Extent* blocks, uint32_t len) {
    kw::Extent before = {0, 0};
    for (uint32_t from = 0; from < len; from += kw::SCAN_THREADS) {
        const uint32_t i = from + threadIdx.x;
        kw::Extent total;
        const kw::Extent own = i < len ? blocks[i] : kw::Extent{0, 0};
        const kw::Extent sum = kw::scan_block(own, total);
        if (i < len) blocks[i] = kw::plus(before, sum);
        before = kw::plus(before, total);
    }
}
KW_KERNEL(kw_msm_scan_sums);

// Third step: where the entries and the segments of each bucket start; one more value at the end of both.
extern "C" __global__ void __launch_bounds__(kw::SCAN_THREADS)
    kw_msm_scan_starts(uint32_t* starts, uint32_t* segment_starts, const kw::Extent* blocks, const uint32_t* counts,
                       uint32_t len, uint32_t segment_len, uint32_t rounds) {
    const uint32_t from = (blockIdx.x * kw::SCAN_THREADS + threadIdx.x) * kw::SCAN_EACH;
    kw::Extent own = {0, 0}, total;
    for (uint32_t i = from; i < from + kw::SCAN_EACH && i < len; i++) own = kw::plus(own, kw::extent(counts[i], segment_len, rounds));
    kw::Extent sum = kw::plus(blocks[blockIdx.x], kw::scan_block(own, total));
    for (uint32_t i = from; i < from + kw::SCAN_EACH && i < len; i++) {
        starts[i] = sum.entries;
        segment_starts[i] = sum.segments;
        sum = kw::plus(sum, kw::extent(counts[i], segment_len, rounds));
        if (i + 1 == len) {
            starts[len] = sum.entries;
            segment_starts[len] = sum.segments;
        }
    }
}
KW_KERNEL(kw_msm_scan_starts);

namespace kw {

// The longest segment; lengths are counted in shared memory.
constexpr uint32_t MAX_SEGMENT = 1024;

// The entries of a segment.
struct Segment {
    uint32_t bucket, start, len;
};

KW_DEVICE Segment segment(uint32_t number, const uint32_t* starts, const uint32_t* segment_starts, uint32_t buckets,
                          uint32_t segment_len, uint32_t rounds) {
    // The last bucket that starts at or before it; empty buckets start where the next one does.
    uint32_t low = 0, high = buckets;
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (segment_starts[middle] <= number) {
            low = middle;
        } else {
            high = middle;
        }
    }
    const uint32_t start = (starts[low] >> rounds) + (number - segment_starts[low]) * segment_len;
    return Segment{low, start, min(segment_len, (starts[low + 1] >> rounds) - start)};
}

}  // namespace kw

// Counts segments by length: lengths[l] for l in 1..=segment_len. `buckets` are those of all tasks.
extern "C" __global__ void kw_msm_lengths(uint32_t* lengths, const uint32_t* starts, const uint32_t* segment_starts,
                                          uint32_t buckets, uint32_t segment_len, uint32_t rounds) {
    KW_SHARED(uint32_t, counters, kw::MAX_SEGMENT + 1);
    for (uint32_t l = threadIdx.x; l <= segment_len; l += blockDim.x) counters[l] = 0;
    __syncthreads();
    const uint32_t segments = segment_starts[buckets];
    const uint32_t number = static_cast<uint32_t>(kw::global_thread());
    if (number < segments)
        atomicAdd(&counters[kw::segment(number, starts, segment_starts, buckets, segment_len, rounds).len], 1u);
    __syncthreads();
    for (uint32_t l = threadIdx.x; l <= segment_len; l += blockDim.x)
        if (counters[l] != 0) atomicAdd(&lengths[l], counters[l]);
}
KW_KERNEL(kw_msm_lengths);

// One block: from how many segments there are of each length to how many are longer.
extern "C" __global__ void __launch_bounds__(kw::SCAN_THREADS) kw_msm_longer(uint32_t* lengths, uint32_t segment_len) {
    // Longest first, MAX_SEGMENT / SCAN_THREADS lengths per thread.
    constexpr uint32_t EACH = kw::MAX_SEGMENT / kw::SCAN_THREADS;
    const uint32_t from = threadIdx.x * EACH;
    kw::Extent own = {0, 0}, total;
    for (uint32_t i = from; i < from + EACH && i < segment_len; i++) own.segments += lengths[segment_len - i];
    uint32_t longer = kw::scan_block(own, total).segments;
    for (uint32_t i = from; i < from + EACH && i < segment_len; i++) {
        const uint32_t count = lengths[segment_len - i];
        lengths[segment_len - i] = longer;
        longer += count;
    }
}
KW_KERNEL(kw_msm_longer);

// Orders segments by length, longest first, so that the threads of a warp end together: jobs[..] = (start, length,
// number of the segment, bucket).
extern "C" __global__ void kw_msm_jobs(uint4* jobs, uint32_t* longer, const uint32_t* starts,
                                       const uint32_t* segment_starts, uint32_t buckets, uint32_t segment_len,
                                       uint32_t rounds) {
    KW_SHARED(uint32_t, counters, kw::MAX_SEGMENT + 1);
    for (uint32_t l = threadIdx.x; l <= segment_len; l += blockDim.x) counters[l] = 0;
    __syncthreads();
    const uint32_t segments = segment_starts[buckets];
    const uint32_t number = static_cast<uint32_t>(kw::global_thread());
    kw::Segment segment = {0, 0, 0};
    uint32_t rank = 0;
    if (number < segments) {
        segment = kw::segment(number, starts, segment_starts, buckets, segment_len, rounds);
        rank = atomicAdd(&counters[segment.len], 1u);
    }
    __syncthreads();
    for (uint32_t l = threadIdx.x; l <= segment_len; l += blockDim.x)
        if (counters[l] != 0) counters[l] = atomicAdd(&longer[l], counters[l]);
    __syncthreads();
    if (number < segments)
        jobs[counters[segment.len] + rank] = make_uint4(segment.start, segment.len, number, segment.bucket);
}
KW_KERNEL(kw_msm_jobs);

KW_MODULE(msm_sort)
