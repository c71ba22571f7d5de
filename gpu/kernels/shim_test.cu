// What the host's launcher must run right, and the faults that it must find. Not for cards.
#include "prelude.cuh"

// Sums of each block over shared memory and shuffles: results[block] = Σ values of the block.
extern "C" __global__ void kw_shim_sum(uint64_t* results, const uint32_t* values, uint64_t len) {
    KW_SHARED(uint64_t, warps, 32);
    KW_DYNAMIC_SHARED(uint64_t, slots);
    const uint64_t i = kw::global_thread();
    slots[threadIdx.x] = i < len ? values[i] : 0;
    __syncthreads();
    // A neighbour's value, so that the barrier matters.
    uint64_t sum = slots[(threadIdx.x + 1) % blockDim.x];
    for (uint32_t bits = 16; bits != 0; bits /= 2) sum += __shfl_xor_sync(kw::ALL_LANES, sum, bits);
    if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x == 0) {
        for (uint32_t w = 1; w < blockDim.x / 32; w++) sum += warps[w];
        results[blockIdx.x] = sum;
    }
}
KW_KERNEL(kw_shim_sum);

// Warp-wide operations: four words per thread.
extern "C" __global__ void kw_shim_warp(uint32_t* results) {
    const uint32_t t = threadIdx.x;
    results[4 * t] = __shfl_down_sync(kw::ALL_LANES, t, 1);
    results[4 * t + 1] = __ballot_sync(kw::ALL_LANES, t % 3 == 0);
    results[4 * t + 2] = __match_any_sync(kw::ALL_LANES, t % 5);
    // Two halves of a warp at once.
    const uint32_t half = t % 32 < 16 ? 0x0000ffffu : 0xffff0000u;
    results[4 * t + 3] = __reduce_add_sync(half, t);
    __syncwarp();
}
KW_KERNEL(kw_shim_warp);

// The order in which threads count shows the seed.
extern "C" __global__ void kw_shim_order(uint32_t* counter, uint32_t* results) {
    results[kw::global_thread()] = atomicAdd(counter, 1u);
}
KW_KERNEL(kw_shim_order);

// Faults by number; 0 is none.
extern "C" __global__ void kw_shim_fault(uint32_t* results, uint32_t fault) {
    KW_SHARED(uint32_t, slots, 64);
    KW_DYNAMIC_SHARED(uint32_t, more);
    const uint32_t t = threadIdx.x;
    if (fault == 1 && t == 3) return;
    if (fault == 2 && t == 5) {
        __syncthreads();
    } else {
        __syncthreads();
    }
    if (fault == 3) slots[t + 1] = t;
    if (fault == 4) more[t + 1] = t;
    if (fault == 5) static_cast<uint32_t*>(more)[64] = t;
    if (fault == 6 && t % 32 != 7) __syncwarp();
    if (fault == 7) __shfl_sync(1u, t, 0);
    if (fault == 8 && t < 32) __syncthreads();
    slots[t] = t;
    __syncthreads();
    results[t] = slots[63 - t];
}
KW_KERNEL(kw_shim_fault);

KW_MODULE(shim_test)
