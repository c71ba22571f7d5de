// The part of CUDA C++ that the kernels use, for a host compiler.
//
// Deliberately absent: everything that this tree does not use, and whatever makes blocks wait for one another.
#pragma once

#include "shim.h"

#include <cstring>

#define __global__
#define __device__
#define __host__
#define __constant__ static const
// Whether to inline is the host compiler's choice: all of it would take a minute to compile.
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) alignas(n)

#define threadIdx kw_shim_thread_idx
#define blockIdx kw_shim_block_idx
#define blockDim kw_shim_block_dim
#define gridDim kw_shim_grid_dim

#define KW_SHARED(type, name, count) kw_shim::Shared<type> name = kw_shim::make_static_shared<type>((count), KW_SHIM_SITE)
#define KW_DYNAMIC_SHARED(type, name) kw_shim::Shared<type> name = kw_shim::make_dynamic_shared<type>(KW_SHIM_SITE)
#define KW_KERNEL(name) static kw_shim::Register<decltype(&name), &name> kw_shim_register_##name(#name)
// Makes the linker keep this file: its name stands in modules.inc.
#define KW_MODULE(name) \
    extern "C" void kw_shim_module_##name() {}

#define __syncthreads() kw_shim::barrier(KW_SHIM_SITE)
#define __syncwarp_1(mask) ((void)kw_shim::collective(kw_shim::Collective::Sync, (mask), 0, 0, KW_SHIM_SITE))
#define __syncwarp(...) __syncwarp_1((0xffffffffu __VA_OPT__(&) __VA_ARGS__))
#define __shfl_sync(mask, value, source) \
    kw_shim::exchange((mask), (value), static_cast<uint32_t>(source) % 32, KW_SHIM_SITE)
#define __shfl_xor_sync(mask, value, bits) \
    kw_shim::exchange((mask), (value), kw_shim::lane() ^ static_cast<uint32_t>(bits), KW_SHIM_SITE)
#define __shfl_down_sync(mask, value, delta) \
    kw_shim::exchange((mask), (value), kw_shim::lane() + static_cast<uint32_t>(delta), KW_SHIM_SITE)
#define __shfl_up_sync(mask, value, delta) \
    kw_shim::exchange((mask), (value), kw_shim::lane() - static_cast<uint32_t>(delta), KW_SHIM_SITE)
#define __ballot_sync(mask, predicate) \
    static_cast<uint32_t>(kw_shim::collective(kw_shim::Collective::Ballot, (mask), (predicate) ? 1 : 0, 0, KW_SHIM_SITE))
#define __any_sync(mask, predicate) (__ballot_sync(mask, predicate) != 0)
#define __all_sync(mask, predicate) (__ballot_sync(mask, !(predicate)) == 0)
#define __match_any_sync(mask, value) \
    static_cast<uint32_t>(kw_shim::collective(kw_shim::Collective::MatchAny, (mask), (value), 0, KW_SHIM_SITE))
#define __reduce_add_sync(mask, value) \
    static_cast<uint32_t>(kw_shim::collective(kw_shim::Collective::ReduceAdd, (mask), (value), 0, KW_SHIM_SITE))

namespace kw_shim {

template <class T>
T exchange(uint32_t mask, T value, uint32_t source, Site site) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles move 4 or 8 bytes");
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof(T));
    // A source outside the warp gives the lane's own value, as on the device.
    bits = collective(Collective::Shuffle, mask, bits, source < 32 ? source : lane(), site);
    memcpy(&value, &bits, sizeof(T));
    return value;
}

// Threads of a block switch only where they wait, so that plain operations are atomic.
template <class T, class F>
T update(T* address, F f) {
    T old = *address;
    *address = f(old);
    return old;
}

}  // namespace kw_shim

template <class T>
T atomicAdd(T* address, T value) {
    return kw_shim::update(address, [=](T old) { return static_cast<T>(old + value); });
}
template <class T>
T atomicOr(T* address, T value) {
    return kw_shim::update(address, [=](T old) { return static_cast<T>(old | value); });
}
template <class T>
T atomicMax(T* address, T value) {
    return kw_shim::update(address, [=](T old) { return old < value ? value : old; });
}
template <class T>
T atomicMin(T* address, T value) {
    return kw_shim::update(address, [=](T old) { return old < value ? old : value; });
}
template <class T>
T atomicExch(T* address, T value) {
    return kw_shim::update(address, [=](T) { return value; });
}
template <class T>
T atomicCAS(T* address, T expected, T value) {
    return kw_shim::update(address, [=](T old) { return old == expected ? value : old; });
}

inline void __threadfence() {}

template <class T>
T __ldg(const T* address) {
    return *address;
}

inline int __clz(uint32_t x) { return x == 0 ? 32 : __builtin_clz(x); }
inline int __ffs(uint32_t x) { return __builtin_ffs(static_cast<int>(x)); }
inline int __popc(uint32_t x) { return __builtin_popcount(x); }
inline uint32_t __brev(uint32_t x) {
    uint32_t y = 0;
    for (int i = 0; i < 32; i++) y |= (x >> i & 1) << (31 - i);
    return y;
}
inline uint32_t __umulhi(uint32_t a, uint32_t b) { return static_cast<uint32_t>(static_cast<uint64_t>(a) * b >> 32); }
inline uint32_t __funnelshift_r(uint32_t lo, uint32_t hi, uint32_t shift) {
    return static_cast<uint32_t>((static_cast<uint64_t>(hi) << 32 | lo) >> (shift & 31));
}
inline uint32_t __funnelshift_l(uint32_t lo, uint32_t hi, uint32_t shift) {
    return static_cast<uint32_t>((static_cast<uint64_t>(hi) << 32 | lo) << (shift & 31) >> 32);
}
inline uint32_t __byte_perm(uint32_t a, uint32_t b, uint32_t selector) {
    uint64_t bytes = static_cast<uint64_t>(b) << 32 | a;
    uint32_t y = 0;
    for (int i = 0; i < 4; i++) y |= static_cast<uint32_t>(bytes >> (8 * (selector >> (4 * i) & 7)) & 0xff) << (8 * i);
    return y;
}
inline int __dp4a(int a, int b, int c) {
    for (int i = 0; i < 4; i++) c += static_cast<int8_t>(a >> (8 * i)) * static_cast<int8_t>(b >> (8 * i));
    return c;
}
inline uint32_t __dp4a(uint32_t a, uint32_t b, uint32_t c) {
    for (int i = 0; i < 4; i++) c += (a >> (8 * i) & 0xff) * (b >> (8 * i) & 0xff);
    return c;
}

template <class T>
T min(T a, T b) {
    return b < a ? b : a;
}
template <class T>
T max(T a, T b) {
    return a < b ? b : a;
}

struct alignas(8) uint2 {
    uint32_t x, y;
};
struct alignas(8) int2 {
    int32_t x, y;
};
struct alignas(16) uint4 {
    uint32_t x, y, z, w;
};
struct alignas(16) int4 {
    int32_t x, y, z, w;
};
inline uint2 make_uint2(uint32_t x, uint32_t y) { return uint2{x, y}; }
inline int2 make_int2(int32_t x, int32_t y) { return int2{x, y}; }
inline uint4 make_uint4(uint32_t x, uint32_t y, uint32_t z, uint32_t w) { return uint4{x, y, z, w}; }
inline int4 make_int4(int32_t x, int32_t y, int32_t z, int32_t w) { return int4{x, y, z, w}; }
