// Matrices of small integers by vectors of field elements, as products of bytes.
//
// A weight is the 32 bytes of its Montgomery form, a column of 32 planes; byte `z` of every entry makes a matrix of bytes,
// of which only that of the most significant ones is signed. What is left is one product of a matrix of bytes by 32
// columns of bytes, four products at a time (dp4a), exact in 32 bits over SEGMENT entries; the sums by planes, put
// together, are the Montgomery form of the result.
#include "field.cuh"

namespace kw {

// Four words side by side: one access to shared memory.
struct alignas(16) Words {
    uint32_t v[4];
};

constexpr uint32_t PLANES = 32;
constexpr uint32_t CONTRACT_THREADS = 256;
// A block computes this many outputs …
constexpr uint32_t TILE_OUTPUTS = 128;
// … from so many entries at a time.
constexpr uint32_t TILE_ENTRIES = 32;
constexpr uint32_t TILE_WORDS = TILE_ENTRIES / 4;

// sum + Σ a_i·b_i over four bytes each, those of `b` unsigned.
template <bool SIGNED>
KW_DEVICE int32_t dot(uint32_t a, uint32_t b, int32_t sum) {
#ifdef __CUDA_ARCH__
    int32_t result;
    if (SIGNED) {
        asm("dp4a.s32.u32 %0, %1, %2, %3;" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
    } else {
        asm("dp4a.u32.u32 %0, %1, %2, %3;" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
    }
    return result;
#else
    for (int i = 0; i < 4; i++) {
        const uint32_t byte = a >> (8 * i) & 0xff;
        const int32_t left = SIGNED ? static_cast<int8_t>(byte) : static_cast<int32_t>(byte);
        sum += left * static_cast<int32_t>(b >> (8 * i) & 0xff);
    }
    return sum;
#endif
}

// The matrix, and which of its axes are outputs.
struct Matrix {
    const uint8_t* bytes;
    uint64_t outputs;
    uint64_t entries;
    // Bytes of an integer.
    uint32_t width;
    // Which of them.
    uint32_t byte;
};

// How the integers of an output lie: side by side, or a row of the matrix apart.
enum Axis { COLS, ROWS };

template <Axis AXIS>
KW_DEVICE uint32_t byte_at(const Matrix& matrix, uint64_t output, uint64_t entry) {
    if (output >= matrix.outputs || entry >= matrix.entries) return 0;
    const uint64_t index = AXIS == COLS ? output * matrix.entries + entry : entry * matrix.outputs + output;
    return matrix.bytes[index * matrix.width + matrix.byte];
}

// Four integers of an output as a word.
template <Axis AXIS>
KW_DEVICE uint32_t gather(const Matrix& matrix, uint64_t output, uint64_t entry) {
    uint32_t word = 0;
#pragma unroll
    for (int i = 0; i < 4; i++) word |= byte_at<AXIS>(matrix, output, entry + i) << (8 * i);
    return word;
}

// Four bytes at an address that is a multiple of four.
KW_DEVICE uint32_t word_at(const uint8_t* address) {
#ifdef __CUDA_ARCH__
    return *reinterpret_cast<const uint32_t*>(address);
#else
    uint32_t word = 0;
    for (int i = 0; i < 4; i++) word |= static_cast<uint32_t>(address[i]) << (8 * i);
    return word;
#endif
}

// What one thread fetches of a tile: four words.
template <Axis AXIS>
struct Fetch;

// Sixteen entries of one output.
template <>
struct Fetch<COLS> {
    static KW_INLINE Words from(const Matrix& matrix, uint64_t output, uint64_t entry) {
        const uint64_t o = output + threadIdx.x / 2, e = entry + threadIdx.x % 2 * 16;
        if (matrix.width == 1 && matrix.entries % 16 == 0 && o < matrix.outputs && e < matrix.entries) {
            return load(reinterpret_cast<const Words*>(matrix.bytes + o * matrix.entries + e));
        }
        Words words;
#pragma unroll 1
        for (int i = 0; i < 4; i++) words.v[i] = gather<COLS>(matrix, o, e + 4 * i);
        return words;
    }
    template <class S>
    static KW_INLINE void put(const Words& words, S& tile) {
        const uint32_t o = threadIdx.x / 2, word = threadIdx.x % 2 * 4;
#pragma unroll
        for (int i = 0; i < 4; i++) tile[(word + i) * TILE_OUTPUTS / 4 + o / 4].v[o % 4] = words.v[i];
    }
};

// Four entries of four outputs.
template <>
struct Fetch<ROWS> {
    static KW_INLINE Words from(const Matrix& matrix, uint64_t output, uint64_t entry) {
        const uint64_t o = output + threadIdx.x % 32 * 4, e = entry + threadIdx.x / 32 * 4;
        Words words;
        if (matrix.width == 1 && matrix.outputs % 4 == 0 && o < matrix.outputs && e + 4 <= matrix.entries) {
            const uint8_t* first = matrix.bytes + e * matrix.outputs + o;
#pragma unroll
            for (int i = 0; i < 4; i++) words.v[i] = word_at(first + i * matrix.outputs);
            // Bytes of rows to words of outputs.
            const uint32_t low01 = __byte_perm(words.v[0], words.v[1], 0x5140), low23 = __byte_perm(words.v[2], words.v[3], 0x5140);
            const uint32_t high01 = __byte_perm(words.v[0], words.v[1], 0x7362), high23 = __byte_perm(words.v[2], words.v[3], 0x7362);
            words.v[0] = __byte_perm(low01, low23, 0x5410);
            words.v[1] = __byte_perm(low01, low23, 0x7632);
            words.v[2] = __byte_perm(high01, high23, 0x5410);
            words.v[3] = __byte_perm(high01, high23, 0x7632);
            return words;
        }
#pragma unroll 1
        for (int i = 0; i < 4; i++) words.v[i] = gather<ROWS>(matrix, o + i, e);
        return words;
    }
    template <class S>
    static KW_INLINE void put(const Words& words, S& tile) {
        tile[threadIdx.x / 32 * TILE_OUTPUTS / 4 + threadIdx.x % 32] = words;
    }
};

template <Axis AXIS, bool SIGNED>
KW_DEVICE void accumulate(const Matrix& matrix, const uint32_t* planes, uint64_t first, uint64_t end, int32_t* sums) {
    KW_SHARED(Words, tile, TILE_WORDS * TILE_OUTPUTS / 4);
    KW_SHARED(Words, weights, TILE_WORDS * PLANES / 4);
    const uint64_t output = static_cast<uint64_t>(blockIdx.x) * TILE_OUTPUTS;
    const uint32_t mine = threadIdx.x / 8, group = threadIdx.x % 8;
    int32_t totals[4][4] = {};
    Words next = Fetch<AXIS>::from(matrix, output, first);
    uint32_t next_weight = planes[first / 4 * PLANES + threadIdx.x];
#pragma unroll 1
    for (uint64_t entry = first; entry < end; entry += TILE_ENTRIES) {
        __syncthreads();
        Fetch<AXIS>::put(next, tile);
        weights[threadIdx.x / 4].v[threadIdx.x % 4] = next_weight;
        __syncthreads();
        if (entry + TILE_ENTRIES < end) {
            next = Fetch<AXIS>::from(matrix, output, entry + TILE_ENTRIES);
            next_weight = planes[(entry + TILE_ENTRIES) / 4 * PLANES + threadIdx.x];
        }
#pragma unroll
        for (uint32_t word = 0; word < TILE_WORDS; word++) {
            const Words a = tile[word * TILE_OUTPUTS / 4 + mine];
            const Words b = weights[word * PLANES / 4 + group];
#pragma unroll
            for (int i = 0; i < 4; i++) {
#pragma unroll
                for (int j = 0; j < 4; j++) totals[i][j] = dot<SIGNED>(a.v[i], b.v[j], totals[i][j]);
            }
        }
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
        const uint64_t o = output + mine * 4 + i;
        if (o >= matrix.outputs) continue;
        Words all;
#pragma unroll
        for (int j = 0; j < 4; j++) all.v[j] = static_cast<uint32_t>(totals[i][j]);
        store(reinterpret_cast<Words*>(sums + o * PLANES) + group, all);
    }
}

// Rows of the grid are segments of entries, its third axis bytes of integers. Sums are by segment, byte, output and plane.
template <Axis AXIS>
KW_DEVICE void contract(const uint8_t* bytes, const uint32_t* planes, int32_t* sums, uint64_t outputs, uint64_t entries,
                        uint32_t width, uint64_t segment) {
    const Matrix matrix = {bytes, outputs, entries, width, blockIdx.z};
    const uint64_t first = blockIdx.y * segment;
    const uint64_t end = first + segment < entries ? first + segment : entries;
    int32_t* mine = sums + (blockIdx.y * static_cast<uint64_t>(width) + blockIdx.z) * outputs * PLANES;
    if (blockIdx.z + 1 == width) {
        accumulate<AXIS, true>(matrix, planes, first, end, mine);
    } else {
        accumulate<AXIS, false>(matrix, planes, first, end, mine);
    }
}

}  // namespace kw

extern "C" __global__ void __launch_bounds__(256, 3)
    kw_contract_cols(const uint8_t* bytes, const uint32_t* planes, int32_t* sums, uint64_t outputs, uint64_t entries,
                     uint32_t width, uint64_t segment) {
    kw::contract<kw::COLS>(bytes, planes, sums, outputs, entries, width, segment);
}
KW_KERNEL(kw_contract_cols);

extern "C" __global__ void __launch_bounds__(256, 3)
    kw_contract_rows(const uint8_t* bytes, const uint32_t* planes, int32_t* sums, uint64_t outputs, uint64_t entries,
                     uint32_t width, uint64_t segment) {
    kw::contract<kw::ROWS>(bytes, planes, sums, outputs, entries, width, segment);
}
KW_KERNEL(kw_contract_rows);

// Words of four entries by planes: word `4·i + plane` holds byte `plane` of weights 4·i … 4·i + 3, zeros beyond the last.
extern "C" __global__ void __launch_bounds__(256)
    kw_contract_planes(uint32_t* planes, const uint8_t* weights, uint64_t entries, uint64_t words) {
    for (uint64_t i = kw::global_thread(); i < words; i += kw::grid_threads()) {
        const uint64_t entry = i / kw::PLANES * 4, plane = i % kw::PLANES;
        uint32_t word = 0;
        for (uint32_t k = 0; k < 4; k++) {
            if (entry + k < entries) word |= static_cast<uint32_t>(weights[(entry + k) * kw::PLANES + plane]) << (8 * k);
        }
        planes[i] = word;
    }
}
KW_KERNEL(kw_contract_planes);

// The result of each output from the sums by `parts` segments, bytes and planes.
extern "C" __global__ void __launch_bounds__(128)
    kw_contract_finish(kw::Fr* results, const int32_t* sums, uint64_t outputs, uint32_t parts, uint32_t width) {
    for (uint64_t o = kw::global_thread(); o < outputs; o += kw::grid_threads()) {
        kw::Limbs low = kw::Fr::zero().limbs, high = low;
        int64_t carry = 0;
        for (uint32_t place = 0; place < kw::PLANES + width - 1; place++) {
            for (uint32_t byte = 0; byte < width; byte++) {
                if (place < byte || place - byte >= kw::PLANES) continue;
                for (uint32_t part = 0; part < parts; part++) {
                    const uint64_t row = (part * static_cast<uint64_t>(width) + byte) * outputs + o;
                    carry += sums[row * kw::PLANES + place - byte];
                }
            }
            const uint32_t digit = static_cast<uint32_t>(carry) & 0xff;
            carry >>= 8;
            kw::Limbs& limbs = place < kw::PLANES ? low : high;
            limbs.v[place / 4 % kw::LIMBS] |= digit << (8 * (place % 4));
        }
        // What is above: `carry` times 2^(8·(width − 1)), and `high` below it.
        const bool negative = carry < 0;
        const uint64_t size = negative ? 0ull - static_cast<uint64_t>(carry) : static_cast<uint64_t>(carry);
        const kw::Limbs top = {{static_cast<uint32_t>(size), static_cast<uint32_t>(size >> 32), 0, 0, 0, 0, 0, 0}};
        kw::Limbs shift = kw::Fr::zero().limbs;
        shift.v[(width - 1) / 4] = 1u << (8 * ((width - 1) % 4));
        const kw::Fr above = kw::Fr::from_integer(top) * kw::Fr::from_integer(shift);
        for (int i = 0; i < 5; i++) low = kw::subtract_once(low, kw::FrParameters::modulus());
        // 2^256 times an integer, as a Montgomery form, is that integer.
        const kw::Fr sum = kw::Fr{low} + kw::Fr::from_integer(high);
        kw::store(results + o, negative ? sum - above : sum + above);
    }
}
KW_KERNEL(kw_contract_finish);

KW_MODULE(contract)
