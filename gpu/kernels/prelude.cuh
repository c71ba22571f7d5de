// Included first by every file of kernels: CUDA under NVRTC, its imitation under a host compiler.
#pragma once

#ifdef __CUDACC_RTC__

typedef signed char int8_t;
typedef unsigned char uint8_t;
typedef short int16_t;
typedef unsigned short uint16_t;
typedef int int32_t;
typedef unsigned int uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;

// Memory shared by a block: `count` values, or as many as the launch asks for.
#define KW_SHARED(type, name, count) __shared__ type name[count]
#define KW_DYNAMIC_SHARED(type, name)                             \
    extern __shared__ __align__(16) uint8_t kw_dynamic_shared[]; \
    type* name = reinterpret_cast<type*>(kw_dynamic_shared)
// Names a kernel, and a file of kernels, to the host's launcher.
#define KW_KERNEL(name)
#define KW_MODULE(name)

#else

#include "../shim/cuda.h"

#endif

#define KW_DEVICE static __device__ __forceinline__
#define KW_INLINE __device__ __forceinline__

namespace kw {

constexpr uint32_t WARP = 32;
constexpr uint32_t ALL_LANES = 0xffffffffu;

// The index of this thread in a one-dimensional grid.
KW_DEVICE uint64_t global_thread() { return static_cast<uint64_t>(blockIdx.x) * blockDim.x + threadIdx.x; }

// The threads of a one-dimensional grid.
KW_DEVICE uint64_t grid_threads() { return static_cast<uint64_t>(gridDim.x) * blockDim.x; }

}  // namespace kw
