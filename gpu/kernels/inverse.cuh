// Inverses in prime fields by division steps, [BY19]: thirty at a time on the lowest bits, as a matrix that is then applied
// to numbers of nine signed limbs of 30 bits. About 40 products' worth of instructions, hardly any of them products.
//
// With δ starting at 1/2, 590 steps bring g to zero for all odd f and all g below 2^256 (https://github.com/sipa/safegcd-bounds).
//
// [BY19]: https://eprint.iacr.org/2019/266
#pragma once

#include "field.cuh"

namespace kw {

constexpr int DIGITS = 9;
constexpr int DIGIT_BITS = 30;
constexpr int32_t DIGIT_MASK = (1 << DIGIT_BITS) - 1;
constexpr int MAX_BATCHES = 20;

// Σ v[i]·2^(30·i); all digits but the last are in 0..2^30.
struct Digits30 {
    int32_t v[DIGITS];

    KW_INLINE bool is_zero() const {
        int32_t any = 0;
#pragma unroll
        for (int i = 0; i < DIGITS; i++) any |= v[i];
        return any == 0;
    }
    KW_INLINE bool is_negative() const { return v[DIGITS - 1] < 0; }
};

// Digit i of a number whose limbs `limb` gives.
template <class L>
KW_DEVICE constexpr int32_t digit(L limb, int i) {
    const int bit = i * DIGIT_BITS, at = bit / 32, shift = bit % 32;
    uint32_t bits = limb(at) >> shift;
    if (shift > 32 - DIGIT_BITS && at + 1 < LIMBS) bits |= limb(at + 1) << (32 - shift);
    return static_cast<int32_t>(bits & static_cast<uint32_t>(DIGIT_MASK));
}

template <class P>
KW_DEVICE constexpr int32_t modulus_digit(int i) {
    return digit([](int j) { return P::modulus(j); }, i);
}

// 2^30 times what thirty steps make of (f, g), as combinations of them.
struct Steps {
    int32_t u, v, q, r;
};

// `twice_delta` is 2·δ, which is odd.
KW_DEVICE Steps division_steps(int32_t& twice_delta, uint32_t f, uint32_t g) {
    Steps s = {1, 0, 0, 1};
#pragma unroll 1
    for (int i = 0; i < DIGIT_BITS; i++) {
        if (g & 1) {
            if (twice_delta > 0) {
                twice_delta = -twice_delta;
                const uint32_t old = f;
                f = g;
                g -= old;
                s = Steps{s.q, s.r, s.q - s.u, s.r - s.v};
            } else {
                g += f;
                s.q += s.u;
                s.r += s.v;
            }
        }
        twice_delta += 2;
        g >>= 1;
        s.u *= 2;
        s.v *= 2;
    }
    return s;
}

KW_DEVICE int64_t times(int32_t a, int32_t b) { return static_cast<int64_t>(a) * b; }

// (f, g) = (u·f + v·g, q·f + r·g) / 2^30, which is exact.
KW_DEVICE void apply(const Steps& s, Digits30& f, Digits30& g) {
    int64_t a = times(s.u, f.v[0]) + times(s.v, g.v[0]), b = times(s.q, f.v[0]) + times(s.r, g.v[0]);
#pragma unroll
    for (int i = 1; i < DIGITS; i++) {
        a = (a >> DIGIT_BITS) + times(s.u, f.v[i]) + times(s.v, g.v[i]);
        b = (b >> DIGIT_BITS) + times(s.q, f.v[i]) + times(s.r, g.v[i]);
        f.v[i - 1] = static_cast<int32_t>(a) & DIGIT_MASK;
        g.v[i - 1] = static_cast<int32_t>(b) & DIGIT_MASK;
    }
    f.v[DIGITS - 1] = static_cast<int32_t>(a >> DIGIT_BITS);
    g.v[DIGITS - 1] = static_cast<int32_t>(b >> DIGIT_BITS);
}

// What multiple of p to add to x·d + y·e, whose lowest digit is that of `low`: it clears that digit, and keeps results between
// -2p and p if d and e are, since |x| + |y| ≤ 2^30.
template <class P>
KW_DEVICE int32_t correction(int32_t x, int32_t y, bool d_negative, bool e_negative, int64_t low) {
    constexpr uint32_t INVERSE = 0u - P::NEGATED_INVERSE;
    const int32_t lift = (d_negative ? x : 0) + (e_negative ? y : 0);
    const uint32_t wrong = INVERSE * static_cast<uint32_t>(low) + static_cast<uint32_t>(lift);
    return lift - static_cast<int32_t>(wrong & static_cast<uint32_t>(DIGIT_MASK));
}

// (d, e) = (u·d + v·e, q·d + r·e) / 2^30 modulo p.
template <class P>
KW_DEVICE void apply_modulo(const Steps& s, Digits30& d, Digits30& e) {
    int64_t a = times(s.u, d.v[0]) + times(s.v, e.v[0]), b = times(s.q, d.v[0]) + times(s.r, e.v[0]);
    const int32_t x = correction<P>(s.u, s.v, d.is_negative(), e.is_negative(), a);
    const int32_t y = correction<P>(s.q, s.r, d.is_negative(), e.is_negative(), b);
    a += times(x, modulus_digit<P>(0));
    b += times(y, modulus_digit<P>(0));
#pragma unroll
    for (int i = 1; i < DIGITS; i++) {
        a = (a >> DIGIT_BITS) + times(s.u, d.v[i]) + times(s.v, e.v[i]) + times(x, modulus_digit<P>(i));
        b = (b >> DIGIT_BITS) + times(s.q, d.v[i]) + times(s.r, e.v[i]) + times(y, modulus_digit<P>(i));
        d.v[i - 1] = static_cast<int32_t>(a) & DIGIT_MASK;
        e.v[i - 1] = static_cast<int32_t>(b) & DIGIT_MASK;
    }
    d.v[DIGITS - 1] = static_cast<int32_t>(a >> DIGIT_BITS);
    e.v[DIGITS - 1] = static_cast<int32_t>(b >> DIGIT_BITS);
}

// ±x, plus p if `lifted`.
template <class P>
KW_DEVICE Digits30 adjust(const Digits30& x, bool negated, bool lifted) {
    Digits30 y;
    int32_t carry = 0;
#pragma unroll
    for (int i = 0; i < DIGITS; i++) {
        carry += (negated ? -x.v[i] : x.v[i]) + (lifted ? modulus_digit<P>(i) : 0);
        y.v[i] = i + 1 < DIGITS ? carry & DIGIT_MASK : carry;
        carry >>= DIGIT_BITS;
    }
    return y;
}

// 1/x, 0 for 0. A call: used by one thread of a block, and as large as ten products.
template <class P>
static __device__ __noinline__ void invert(Field<P>* x) {
    const Limbs limbs = load(x).limbs;
    Digits30 f, g, d = {}, e = {{1}};
#pragma unroll
    for (int i = 0; i < DIGITS; i++) {
        f.v[i] = modulus_digit<P>(i);
        g.v[i] = digit([&](int j) { return limbs.v[j]; }, i);
    }
    // Throughout, d·x = f and e·x = g modulo p; at the end f is 1 or -1.
    int32_t twice_delta = 1;
#pragma unroll 1
    for (int batch = 0; batch < MAX_BATCHES && !g.is_zero(); batch++) {
        const uint32_t low_f = static_cast<uint32_t>(f.v[1]) << DIGIT_BITS | static_cast<uint32_t>(f.v[0]);
        const uint32_t low_g = static_cast<uint32_t>(g.v[1]) << DIGIT_BITS | static_cast<uint32_t>(g.v[0]);
        const Steps steps = division_steps(twice_delta, low_f, low_g);
        apply(steps, f, g);
        apply_modulo<P>(steps, d, e);
    }
    d = adjust<P>(d, false, d.is_negative());
    d = adjust<P>(d, f.is_negative(), false);
    d = adjust<P>(d, false, d.is_negative());
    Limbs result;
#pragma unroll
    for (int i = 0; i < LIMBS; i++) {
        const int bit = i * 32, at = bit / DIGIT_BITS, shift = bit % DIGIT_BITS;
        uint32_t bits = static_cast<uint32_t>(d.v[at]) >> shift;
        if (at + 1 < DIGITS) bits |= static_cast<uint32_t>(d.v[at + 1]) << (DIGIT_BITS - shift);
        if (at + 2 < DIGITS && 2 * DIGIT_BITS - shift < 32) bits |= static_cast<uint32_t>(d.v[at + 2]) << (2 * DIGIT_BITS - shift);
        result.v[i] = bits;
    }
    // The inverse of a Montgomery form is short of two powers of R.
    store(x, Field<P>::from_integer(Field<P>::from_integer(result).limbs));
}

}  // namespace kw
