// Sums of points: segments of buckets, buckets of segments, tasks of buckets, rows of tasks.
//
// Shapes as in msm_sort.cu; `sums[segment]`, a bucket's sum ends where its first segment's is.
#pragma once

#include "curve.cuh"

namespace kw {

// Threads per block of the kernels that add points.
constexpr uint32_t ADD_THREADS = 128;
// Segments of one bucket that one thread combines.
constexpr uint32_t COMBINE = 8;

// Entries that lie in memory: zero for nothing, else twice the number of the base, which counts from one, plus the sign.
struct Listed {
    static constexpr bool HAS_GAPS = true, HAS_SIGNS = true;
    const uint32_t* entries;

    KW_INLINE uint32_t operator()(uint32_t i) const { return entries[i]; }
};

// Entries that are the bases in their order.
struct Consecutive {
    static constexpr bool HAS_GAPS = false, HAS_SIGNS = false;

    KW_INLINE uint32_t operator()(uint32_t i) const { return (i + 1) << 1; }
};

KW_DEVICE uint32_t base_of(uint32_t entry) { return (entry >> 1) - 1; }

// The sum of each segment, in the order of `jobs`; there are no gaps in it.
template <class F, class L, class E>
KW_DEVICE void accumulate(Sum<L>* sums, const Affine<F>* bases, const E& entries, const uint4* jobs,
                          const uint32_t* segments) {
    const uint64_t t = global_thread();
    if (t >= *segments) return;
    const uint4 job = jobs[t];
    Sum<L> sum = Sum<L>::identity();
    uint32_t entry = entries(job.x);
    Affine<F> next = load(&bases[base_of(entry)]);
    for (uint32_t i = 1; i <= job.y; i++) {
        const Affine<F> point = next;
        const bool negative = entry & 1;
        // The next base is on its way while this one is added.
        if (i < job.y) {
            entry = entries(job.x + i);
            next = load(&bases[base_of(entry)]);
        }
        if (point.is_identity()) continue;
        const L y = point.y;
        sum.add_affine(point.x, negative ? -y : y);
    }
    store(&sums[job.z], sum);
}

// One step of a tree over the segments of each bucket: those at multiples of COMBINE · stride take in those at the
// other multiples of stride. In place, since nobody reads what another thread of this step writes.
template <class L>
KW_DEVICE void combine(Sum<L>* sums, const uint4* jobs, const uint32_t* segment_starts, const uint32_t* segments,
                       uint32_t stride) {
    const uint64_t t = global_thread();
    if (t >= *segments) return;
    const uint4 job = jobs[t];
    const uint32_t place = job.z - segment_starts[job.w];
    const uint32_t count = segment_starts[job.w + 1] - segment_starts[job.w];
    if (place % (COMBINE * stride) != 0 || place + stride >= count) return;
    Sum<L> sum = load(&sums[job.z]);
    for (uint32_t i = 1; i < COMBINE && place + i * stride < count; i++) add_to(&sum, &sums[job.z + i * stride]);
    store(&sums[job.z], sum);
}

// Σ (b + 1)·sum of bucket b, over the buckets of one chunk of one task: one thread each.
template <class L>
KW_DEVICE void reduce(Sum<L>* parts, const Sum<L>* sums, const uint32_t* segment_starts, uint32_t tasks,
                      uint32_t buckets, uint32_t chunk) {
    const uint32_t chunks = (buckets + chunk - 1) / chunk;
    const uint64_t t = global_thread();
    if (t >= static_cast<uint64_t>(tasks) * chunks) return;
    segment_starts += t / chunks * buckets;
    const uint32_t low = static_cast<uint32_t>(t % chunks) * chunk;
    Sum<L> running = Sum<L>::identity(), total = Sum<L>::identity();
    for (uint32_t b = min(low + chunk, buckets); b > low; b--) {
        const uint32_t first = segment_starts[b - 1];
        if (segment_starts[b] != first) add_to(&running, &sums[first]);
        add_to(&total, &running);
    }
    // So far bucket b counts b + 1 - low times.
    running = times(running, low);
    add_to(&total, &running);
    store(&parts[t], total);
}

// The sum of `count` consecutive values: one block each, a power of two of threads.
template <class L>
KW_DEVICE void sum(Sum<L>* results, const Sum<L>* parts, uint32_t count) {
    KW_DYNAMIC_SHARED(Sum<L>, slots);
    parts += static_cast<uint64_t>(blockIdx.x) * count;
    Sum<L> own = Sum<L>::identity();
    for (uint32_t i = threadIdx.x; i < count; i += blockDim.x) add_to(&own, &parts[i]);
    slots[threadIdx.x] = own;
    for (uint32_t half = blockDim.x / 2; half != 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) {
            add_to(&own, &slots[threadIdx.x + half]);
            slots[threadIdx.x] = own;
        }
    }
    if (threadIdx.x == 0) store(&results[blockIdx.x], own);
}

// Σ_w 2^(bits·w)·tasks[row · windows + w], one thread per row.
template <class L>
KW_DEVICE void join(Sum<L>* results, const Sum<L>* tasks, uint32_t rows, uint32_t windows, uint32_t bits) {
    const uint64_t row = global_thread();
    if (row >= rows) return;
    Sum<L> sum = Sum<L>::identity();
    for (uint32_t w = windows; w > 0; w--) {
        for (uint32_t i = 0; i < bits; i++) double_it(&sum);
        add_to(&sum, &tasks[row * windows + w - 1]);
    }
    store(&results[row], sum);
}

}  // namespace kw

// The kernels of one group; of the one that counts, as many blocks fit a multiprocessor as warps a scheduler.
#define KW_MSM_KERNELS(group, Point, Total, per_scheduler)                                                             \
    extern "C" __global__ void __launch_bounds__(kw::ADD_THREADS, per_scheduler)                                       \
        kw_msm_accumulate_##group(Total* sums, const Point* bases, const uint32_t* entries, const uint4* jobs,         \
                                  const uint32_t* segments) {                                                          \
        kw::accumulate(sums, bases, kw::Listed{entries}, jobs, segments);                                                          \
    }                                                                                                                  \
    KW_KERNEL(kw_msm_accumulate_##group);                                                                              \
    extern "C" __global__ void __launch_bounds__(kw::ADD_THREADS)                                                      \
        kw_msm_combine_##group(Total* sums, const uint4* jobs, const uint32_t* segment_starts,                         \
                               const uint32_t* segments, uint32_t stride) {                                            \
        kw::combine(sums, jobs, segment_starts, segments, stride);                                                     \
    }                                                                                                                  \
    KW_KERNEL(kw_msm_combine_##group);                                                                                 \
    extern "C" __global__ void __launch_bounds__(kw::ADD_THREADS)                                                      \
        kw_msm_reduce_##group(Total* parts, const Total* sums, const uint32_t* segment_starts, uint32_t tasks,         \
                              uint32_t buckets, uint32_t chunk) {                                                      \
        kw::reduce(parts, sums, segment_starts, tasks, buckets, chunk);                                                \
    }                                                                                                                  \
    KW_KERNEL(kw_msm_reduce_##group);                                                                                  \
    extern "C" __global__ void __launch_bounds__(kw::ADD_THREADS)                                                      \
        kw_msm_sum_##group(Total* results, const Total* parts, uint32_t count) {                                       \
        kw::sum(results, parts, count);                                                                                \
    }                                                                                                                  \
    KW_KERNEL(kw_msm_sum_##group);                                                                                     \
    extern "C" __global__ void __launch_bounds__(kw::ADD_THREADS)                                                      \
        kw_msm_join_##group(Total* results, const Total* tasks, uint32_t rows, uint32_t windows, uint32_t bits) {      \
        kw::join(results, tasks, rows, windows, bits);                                                                 \
    }                                                                                                                  \
    KW_KERNEL(kw_msm_join_##group)
