// Scalars to signed digits: s = Σ_w digit_w · 2^(bits·w), |digit_w| ≤ 2^(bits-1), window by window.
//
// The top digit keeps what is left, so that `windows · bits` need only cover the scalars' own signed width.
//
// Shapes: scalars[rows · row_len]; digits[rows · windows · row_len], so that one row's window, a task, lies together.
#include "field.cuh"

namespace kw {

struct Digits {
    int16_t* to;
    uint32_t row_len, windows, bits;

    KW_INLINE int16_t* slot(uint64_t i) const { return to + i / row_len * windows * row_len + i % row_len; }
};

template <class T>
KW_DEVICE void integer_digits(const Digits& digits, const T* scalars, uint64_t len) {
    const uint64_t i = global_thread();
    if (i >= len) return;
    int64_t rest = scalars[i];
    int16_t* slot = digits.slot(i);
    for (uint32_t w = 0; w + 1 < digits.windows; w++, slot += digits.row_len) {
        const int32_t low = static_cast<int32_t>(rest & ((1ll << digits.bits) - 1));
        const int32_t carry = low >> (digits.bits - 1);
        *slot = static_cast<int16_t>(low - (carry << digits.bits));
        rest = (rest >> digits.bits) + carry;
    }
    *slot = static_cast<int16_t>(rest);
}

}  // namespace kw

extern "C" __global__ void kw_msm_digits_fr(int16_t* to, const kw::Fr* scalars, uint64_t len, uint32_t row_len,
                                            uint32_t windows, uint32_t bits) {
    const uint64_t i = kw::global_thread();
    if (i >= len) return;
    kw::Limbs rest = kw::load(&scalars[i]).to_integer();
    int16_t* slot = kw::Digits{to, row_len, windows, bits}.slot(i);
    uint32_t carry = 0;
    for (uint32_t w = 0; w < windows; w++, slot += row_len) {
        const uint32_t low = (rest.v[0] & ((1u << bits) - 1)) + carry;
        // Nothing takes a carry from the top window, which is not full: what is left of 254 bits and a carry is at most 2^(bits-1).
        carry = w + 1 < windows && low >> (bits - 1) != 0;
        *slot = static_cast<int16_t>(static_cast<int32_t>(low) - static_cast<int32_t>(carry << bits));
#pragma unroll
        for (int j = 0; j < kw::LIMBS; j++)
            rest.v[j] = __funnelshift_r(rest.v[j], j + 1 < kw::LIMBS ? rest.v[j + 1] : 0, bits);
    }
}
KW_KERNEL(kw_msm_digits_fr);

#define KW_INTEGER_DIGITS(name, type)                                                                                 \
    extern "C" __global__ void name(int16_t* to, const type* scalars, uint64_t len, uint32_t row_len, uint32_t windows, \
                                    uint32_t bits) {                                                                  \
        kw::integer_digits(kw::Digits{to, row_len, windows, bits}, scalars, len);                                     \
    }                                                                                                                 \
    KW_KERNEL(name)

KW_INTEGER_DIGITS(kw_msm_digits_bits, uint8_t);
KW_INTEGER_DIGITS(kw_msm_digits_i8, int8_t);
KW_INTEGER_DIGITS(kw_msm_digits_i16, int16_t);
KW_INTEGER_DIGITS(kw_msm_digits_i32, int32_t);
KW_INTEGER_DIGITS(kw_msm_digits_i64, int64_t);

KW_MODULE(msm_digits)
