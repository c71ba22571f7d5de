// Number-theoretic transforms in passes of radix up to 1024, in natural order on both sides (Stockham; Govindaraju et
// al., https://doi.org/10.1109/SC.2008.5213922, whose radix-R iteration one pass is).
//
// With N = 2^log_len values, S the product of the radices of earlier passes, and radix R, column j of N/R takes
// x[j + r·N/R]·ω^(r·(j mod S)·N/(S·R)), transforms over r, and puts result r to (j / S)·S·R + j mod S + r·S. A block
// transforms neighbouring columns in shared memory, so that what it reads and writes lies in whole sectors.
#include "field.cuh"

namespace kw {

constexpr uint32_t NTT_THREADS = 256;

// Powers of some base: base^(low + 2^log_low·high) = low[..]·high[..].
struct Powers {
    const Fr* low;
    const Fr* high;
    uint32_t log_low;

    KW_INLINE LooseFr at(uint32_t exponent) const {
        return LooseFr(load(&low[exponent & ((1u << log_low) - 1)])) * load(&high[exponent >> log_low]);
    }
};

// Elements in shared memory as two arrays of halves, which neighbouring threads reach without bank conflicts.
struct Halves {
    uint4* low;
    uint4* high;

    KW_INLINE LooseFr get(uint32_t i) const {
        const uint4 a = low[i], b = high[i];
        return LooseFr(Limbs{{a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w}});
    }
    KW_INLINE void set(uint32_t i, const LooseFr& x) const {
        const uint32_t* v = x.limbs.v;
        low[i] = make_uint4(v[0], v[1], v[2], v[3]);
        high[i] = make_uint4(v[4], v[5], v[6], v[7]);
    }
};

}  // namespace kw

// One pass. `roots` are powers of ω of order N; `inner[i]` = ω_M^i for i < M/2, M = 2^log_inner the largest radix.
// `before`, unless null, scales input i by its base^i, `after` output i, and every output is scaled by `scale` if
// `scaled`.
extern "C" __global__ void __launch_bounds__(kw::NTT_THREADS)
    kw_ntt_pass(kw::Fr* out, const kw::Fr* in, uint32_t log_len, uint32_t log_radix, uint32_t log_columns,
                uint32_t log_done, const kw::Fr* roots_low, const kw::Fr* roots_high, uint32_t log_low,
                const kw::Fr* inner, uint32_t log_inner, const kw::Fr* before_low, const kw::Fr* before_high,
                const kw::Fr* after_low, const kw::Fr* after_high, kw::Fr scale, uint32_t scaled) {
    KW_DYNAMIC_SHARED(uint4, memory);
    const uint32_t radix = 1u << log_radix, columns = 1u << log_columns, len = radix << log_columns;
    const uint32_t log_stride = log_len - log_radix, done = (1u << log_done) - 1;
    const uint32_t first = blockIdx.x << log_columns;
    uint4* halves = memory;
    const kw::Halves values = {halves, halves + len};
    const kw::Powers roots = {roots_low, roots_high, log_low};

    // Rows go to bit-reversed places, from where the stages leave them in order.
    for (uint32_t i = threadIdx.x; i < len; i += blockDim.x) {
        const uint32_t column = first + (i & (columns - 1)), row = i >> log_columns;
        const uint32_t index = column + (row << log_stride);
        kw::LooseFr x = kw::load(&in[index]);
        if (before_low != nullptr) x = x * kw::Powers{before_low, before_high, log_low}.at(index);
        if (log_done != 0) x = x * roots.at((row * (column & done)) << (log_stride - log_done));
        const uint32_t place = log_radix == 0 ? 0 : __brev(row) >> (32 - log_radix);
        values.set((place << log_columns) + (i & (columns - 1)), x);
    }
    for (uint32_t stage = 0; stage < log_radix; stage++) {
        __syncthreads();
        for (uint32_t i = threadIdx.x; i < len / 2; i += blockDim.x) {
            const uint32_t pair = i >> log_columns, k = pair & ((1u << stage) - 1);
            const uint32_t a = ((((pair - k) << 1) + k) << log_columns) + (i & (columns - 1));
            const uint32_t b = a + (1u << (stage + log_columns));
            const kw::LooseFr u = values.get(a);
            kw::LooseFr t = values.get(b);
            if (stage != 0) t = t * kw::load(&inner[k << (log_inner - 1 - stage)]);
            values.set(a, u + t);
            values.set(b, u - t);
        }
    }
    __syncthreads();
    for (uint32_t i = threadIdx.x; i < len; i += blockDim.x) {
        // Neighbouring threads write neighbouring results: rows in the first pass, columns later.
        const bool first_pass = log_done == 0;
        const uint32_t row = first_pass ? i & (radix - 1) : i >> log_columns;
        const uint32_t offset = first_pass ? i >> log_radix : i & (columns - 1);
        const uint32_t column = first + offset;
        const uint32_t index = ((column & ~done) << log_radix) + (column & done) + (row << log_done);
        kw::LooseFr x = values.get((row << log_columns) + offset);
        if (scaled) x = x * scale;
        if (after_low != nullptr) x = x * kw::Powers{after_low, after_high, log_low}.at(index);
        kw::store(&out[index], x.reduce());
    }
}
KW_KERNEL(kw_ntt_pass);

KW_MODULE(ntt)
