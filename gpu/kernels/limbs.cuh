// Integers of eight 32-bit limbs, little endian, and Montgomery products of them.
//
// The chains of carries are inline PTX: `mad.lo.cc` and `madc.hi.cc` on the same operands become one IMAD.WIDE, which is
// half of what a product costs if the assembler does not find the pairs. Each chain is one statement, since the carry
// flag does not outlive a statement. On the host the same integers come from 64-bit arithmetic.
#pragma once

#include "prelude.cuh"

namespace kw {

constexpr int LIMBS = 8;

struct alignas(16) Limbs {
    uint32_t v[LIMBS];
};

#ifdef __CUDA_ARCH__

// a + b modulo 2^256.
KW_DEVICE Limbs add(const Limbs& a, const Limbs& b) {
    Limbs r;
    asm("add.cc.u32 %0, %8, %16;\n\t"
        "addc.cc.u32 %1, %9, %17;\n\t"
        "addc.cc.u32 %2, %10, %18;\n\t"
        "addc.cc.u32 %3, %11, %19;\n\t"
        "addc.cc.u32 %4, %12, %20;\n\t"
        "addc.cc.u32 %5, %13, %21;\n\t"
        "addc.cc.u32 %6, %14, %22;\n\t"
        "addc.u32 %7, %15, %23;"
        : "=r"(r.v[0]), "=r"(r.v[1]), "=r"(r.v[2]), "=r"(r.v[3]), "=r"(r.v[4]), "=r"(r.v[5]), "=r"(r.v[6]), "=r"(r.v[7])
        : "r"(a.v[0]), "r"(a.v[1]), "r"(a.v[2]), "r"(a.v[3]), "r"(a.v[4]), "r"(a.v[5]), "r"(a.v[6]), "r"(a.v[7]), "r"(b.v[0]), "r"(b.v[1]), "r"(b.v[2]), "r"(b.v[3]), "r"(b.v[4]), "r"(b.v[5]), "r"(b.v[6]), "r"(b.v[7]));
    return r;
}

// a - b modulo 2^256; `borrow` is all ones if a < b, else zero.
KW_DEVICE Limbs sub(const Limbs& a, const Limbs& b, uint32_t& borrow) {
    Limbs r;
    asm("sub.cc.u32 %0, %9, %17;\n\t"
        "subc.cc.u32 %1, %10, %18;\n\t"
        "subc.cc.u32 %2, %11, %19;\n\t"
        "subc.cc.u32 %3, %12, %20;\n\t"
        "subc.cc.u32 %4, %13, %21;\n\t"
        "subc.cc.u32 %5, %14, %22;\n\t"
        "subc.cc.u32 %6, %15, %23;\n\t"
        "subc.cc.u32 %7, %16, %24;\n\t"
        "subc.u32 %8, 0, 0;"
        : "=r"(r.v[0]), "=r"(r.v[1]), "=r"(r.v[2]), "=r"(r.v[3]), "=r"(r.v[4]), "=r"(r.v[5]), "=r"(r.v[6]), "=r"(r.v[7]), "=r"(borrow)
        : "r"(a.v[0]), "r"(a.v[1]), "r"(a.v[2]), "r"(a.v[3]), "r"(a.v[4]), "r"(a.v[5]), "r"(a.v[6]), "r"(a.v[7]), "r"(b.v[0]), "r"(b.v[1]), "r"(b.v[2]), "r"(b.v[3]), "r"(b.v[4]), "r"(b.v[5]), "r"(b.v[6]), "r"(b.v[7]));
    return r;
}

// Four products by `b`, at distance two, side by side: acc = (a0, a2, a4, a6) · b.
KW_DEVICE void mul_row(uint32_t* acc, uint32_t a0, uint32_t a2, uint32_t a4, uint32_t a6, uint32_t b) {
    asm("mul.lo.u32 %0, %8, %12;\n\t"
        "mul.hi.u32 %1, %8, %12;\n\t"
        "mul.lo.u32 %2, %9, %12;\n\t"
        "mul.hi.u32 %3, %9, %12;\n\t"
        "mul.lo.u32 %4, %10, %12;\n\t"
        "mul.hi.u32 %5, %10, %12;\n\t"
        "mul.lo.u32 %6, %11, %12;\n\t"
        "mul.hi.u32 %7, %11, %12;"
        : "=&r"(acc[0]), "=&r"(acc[1]), "=&r"(acc[2]), "=&r"(acc[3]), "=&r"(acc[4]), "=&r"(acc[5]), "=&r"(acc[6]), "=&r"(acc[7])
        : "r"(a0), "r"(a2), "r"(a4), "r"(a6), "r"(b));
}

// acc += (a0, a2, a4, a6) · b; the carry goes into `top`.
KW_DEVICE void mad_row(uint32_t* acc, uint32_t& top, uint32_t a0, uint32_t a2, uint32_t a4, uint32_t a6, uint32_t b) {
    asm("mad.lo.cc.u32 %0, %9, %13, %0;\n\t"
        "madc.hi.cc.u32 %1, %9, %13, %1;\n\t"
        "madc.lo.cc.u32 %2, %10, %13, %2;\n\t"
        "madc.hi.cc.u32 %3, %10, %13, %3;\n\t"
        "madc.lo.cc.u32 %4, %11, %13, %4;\n\t"
        "madc.hi.cc.u32 %5, %11, %13, %5;\n\t"
        "madc.lo.cc.u32 %6, %12, %13, %6;\n\t"
        "madc.hi.cc.u32 %7, %12, %13, %7;\n\t"
        "addc.u32 %8, %8, 0;"
        : "+r"(acc[0]), "+r"(acc[1]), "+r"(acc[2]), "+r"(acc[3]), "+r"(acc[4]), "+r"(acc[5]), "+r"(acc[6]), "+r"(acc[7]), "+r"(top)
        : "r"(a0), "r"(a2), "r"(a4), "r"(a6), "r"(b));
}

// acc += (a0, a2, a4, a6) · b, where nothing is carried out.
KW_DEVICE void mad_row(uint32_t* acc, uint32_t a0, uint32_t a2, uint32_t a4, uint32_t a6, uint32_t b) {
    asm("mad.lo.cc.u32 %0, %8, %12, %0;\n\t"
        "madc.hi.cc.u32 %1, %8, %12, %1;\n\t"
        "madc.lo.cc.u32 %2, %9, %12, %2;\n\t"
        "madc.hi.cc.u32 %3, %9, %12, %3;\n\t"
        "madc.lo.cc.u32 %4, %10, %12, %4;\n\t"
        "madc.hi.cc.u32 %5, %10, %12, %5;\n\t"
        "madc.lo.cc.u32 %6, %11, %12, %6;\n\t"
        "madc.hi.u32 %7, %11, %12, %7;"
        : "+r"(acc[0]), "+r"(acc[1]), "+r"(acc[2]), "+r"(acc[3]), "+r"(acc[4]), "+r"(acc[5]), "+r"(acc[6]), "+r"(acc[7])
        : "r"(a0), "r"(a2), "r"(a4), "r"(a6), "r"(b));
}

// One limb to the right: low += done[1], whose carry goes into done = done[2..8] + (a1, a3, a5, a7) · b.
KW_DEVICE void shift_mad_row(uint32_t* done, uint32_t& low, uint32_t a1, uint32_t a3, uint32_t a5, uint32_t a7, uint32_t b) {
    const uint32_t zero = 0;
    uint32_t r[LIMBS];
    asm("add.cc.u32 %8, %8, %14;\n\t"
        "madc.lo.cc.u32 %0, %9, %13, %15;\n\t"
        "madc.hi.cc.u32 %1, %9, %13, %16;\n\t"
        "madc.lo.cc.u32 %2, %10, %13, %17;\n\t"
        "madc.hi.cc.u32 %3, %10, %13, %18;\n\t"
        "madc.lo.cc.u32 %4, %11, %13, %19;\n\t"
        "madc.hi.cc.u32 %5, %11, %13, %20;\n\t"
        "madc.lo.cc.u32 %6, %12, %13, %21;\n\t"
        "madc.hi.u32 %7, %12, %13, %21;"
        : "=&r"(r[0]), "=&r"(r[1]), "=&r"(r[2]), "=&r"(r[3]), "=&r"(r[4]), "=&r"(r[5]), "=&r"(r[6]), "=&r"(r[7]), "+r"(low)
        : "r"(a1), "r"(a3), "r"(a5), "r"(a7), "r"(b), "r"(done[1]), "r"(done[2]), "r"(done[3]), "r"(done[4]), "r"(done[5]), "r"(done[6]), "r"(done[7]), "r"(zero));
#pragma unroll
    for (int i = 0; i < LIMBS; i++) done[i] = r[i];
}

// x + (y >> 32), which MUST be below 2^256 and y's lowest limb zero.
KW_DEVICE Limbs merge(const uint32_t* x, const uint32_t* y) {
    const Limbs a = {{x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]}};
    const Limbs b = {{y[1], y[2], y[3], y[4], y[5], y[6], y[7], 0}};
    return add(a, b);
}

// Adds the multiple of the modulus that clears the lowest limb of even + 2^32·odd.
template <class P>
KW_DEVICE void reduce_row(uint32_t* even, uint32_t* odd) {
    const uint32_t m = even[0] * P::NEGATED_INVERSE;
    mad_row(odd, P::modulus(1), P::modulus(3), P::modulus(5), P::modulus(7), m);
    mad_row(even, odd[7], P::modulus(0), P::modulus(2), P::modulus(4), P::modulus(6), m);
}

// Row i of a product: the limb of the sum that row i - 1 cleared is shifted out, so that `even` and `odd` change places
// from row to row.
template <class P>
KW_DEVICE void product_row(uint32_t* even, uint32_t* odd, const Limbs& a, uint32_t b, bool first) {
    if (first) {
        mul_row(odd, a.v[1], a.v[3], a.v[5], a.v[7], b);
        mul_row(even, a.v[0], a.v[2], a.v[4], a.v[6], b);
    } else {
        shift_mad_row(odd, even[0], a.v[1], a.v[3], a.v[5], a.v[7], b);
        mad_row(even, odd[7], a.v[0], a.v[2], a.v[4], a.v[6], b);
    }
}

template <class P>
KW_DEVICE Limbs montgomery_product(const Limbs& a, const Limbs& b) {
    uint32_t even[LIMBS], odd[LIMBS];
#pragma unroll
    for (int i = 0; i < LIMBS; i += 2) {
        product_row<P>(even, odd, a, b.v[i], i == 0);
        reduce_row<P>(even, odd);
        product_row<P>(odd, even, a, b.v[i + 1], false);
        reduce_row<P>(odd, even);
    }
    return merge(even, odd);
}

template <class P>
KW_DEVICE Limbs montgomery_product_sum(const Limbs& a, const Limbs& b, const Limbs& c, const Limbs& d) {
    uint32_t even[LIMBS], odd[LIMBS];
#pragma unroll
    for (int i = 0; i < LIMBS; i += 2) {
        product_row<P>(even, odd, a, b.v[i], i == 0);
        mad_row(odd, c.v[1], c.v[3], c.v[5], c.v[7], d.v[i]);
        mad_row(even, odd[7], c.v[0], c.v[2], c.v[4], c.v[6], d.v[i]);
        reduce_row<P>(even, odd);
        product_row<P>(odd, even, a, b.v[i + 1], false);
        mad_row(even, c.v[1], c.v[3], c.v[5], c.v[7], d.v[i + 1]);
        mad_row(odd, even[7], c.v[0], c.v[2], c.v[4], c.v[6], d.v[i + 1]);
        reduce_row<P>(odd, even);
    }
    return merge(even, odd);
}

// Products of `b` with two or three limbs at distance two, to acc[0..] side by side; the carry goes into `top`, which is
// the limb after them.
KW_DEVICE void mad_three(uint32_t* acc, uint32_t& top, uint32_t a0, uint32_t a2, uint32_t a4, uint32_t b) {
    asm("mad.lo.cc.u32 %0, %7, %10, %0;\n\t"
        "madc.hi.cc.u32 %1, %7, %10, %1;\n\t"
        "madc.lo.cc.u32 %2, %8, %10, %2;\n\t"
        "madc.hi.cc.u32 %3, %8, %10, %3;\n\t"
        "madc.lo.cc.u32 %4, %9, %10, %4;\n\t"
        "madc.hi.cc.u32 %5, %9, %10, %5;\n\t"
        "addc.u32 %6, %6, 0;"
        : "+r"(acc[0]), "+r"(acc[1]), "+r"(acc[2]), "+r"(acc[3]), "+r"(acc[4]), "+r"(acc[5]), "+r"(top)
        : "r"(a0), "r"(a2), "r"(a4), "r"(b));
}

KW_DEVICE void mad_two(uint32_t* acc, uint32_t& top, uint32_t a0, uint32_t a2, uint32_t b) {
    asm("mad.lo.cc.u32 %0, %5, %7, %0;\n\t"
        "madc.hi.cc.u32 %1, %5, %7, %1;\n\t"
        "madc.lo.cc.u32 %2, %6, %7, %2;\n\t"
        "madc.hi.cc.u32 %3, %6, %7, %3;\n\t"
        "addc.u32 %4, %4, 0;"
        : "+r"(acc[0]), "+r"(acc[1]), "+r"(acc[2]), "+r"(acc[3]), "+r"(top)
        : "r"(a0), "r"(a2), "r"(b));
}

KW_DEVICE void mad_one(uint32_t* acc, uint32_t& top, uint32_t a, uint32_t b) {
    asm("mad.lo.cc.u32 %0, %3, %4, %0;\n\t"
        "madc.hi.cc.u32 %1, %3, %4, %1;\n\t"
        "addc.u32 %2, %2, 0;"
        : "+r"(acc[0]), "+r"(acc[1]), "+r"(top)
        : "r"(a), "r"(b));
}

// t += Σ a_i²·2^(64·i).
KW_DEVICE void add_squares(uint32_t* t, const Limbs& a) {
    asm("mad.lo.cc.u32 %0, %16, %16, %0;\n\t"
        "madc.hi.cc.u32 %1, %16, %16, %1;\n\t"
        "madc.lo.cc.u32 %2, %17, %17, %2;\n\t"
        "madc.hi.cc.u32 %3, %17, %17, %3;\n\t"
        "madc.lo.cc.u32 %4, %18, %18, %4;\n\t"
        "madc.hi.cc.u32 %5, %18, %18, %5;\n\t"
        "madc.lo.cc.u32 %6, %19, %19, %6;\n\t"
        "madc.hi.cc.u32 %7, %19, %19, %7;\n\t"
        "madc.lo.cc.u32 %8, %20, %20, %8;\n\t"
        "madc.hi.cc.u32 %9, %20, %20, %9;\n\t"
        "madc.lo.cc.u32 %10, %21, %21, %10;\n\t"
        "madc.hi.cc.u32 %11, %21, %21, %11;\n\t"
        "madc.lo.cc.u32 %12, %22, %22, %12;\n\t"
        "madc.hi.cc.u32 %13, %22, %22, %13;\n\t"
        "madc.lo.cc.u32 %14, %23, %23, %14;\n\t"
        "madc.hi.u32 %15, %23, %23, %15;"
        : "+r"(t[0]), "+r"(t[1]), "+r"(t[2]), "+r"(t[3]), "+r"(t[4]), "+r"(t[5]), "+r"(t[6]), "+r"(t[7]), "+r"(t[8]), "+r"(t[9]), "+r"(t[10]), "+r"(t[11]), "+r"(t[12]), "+r"(t[13]), "+r"(t[14]), "+r"(t[15])
        : "r"(a.v[0]), "r"(a.v[1]), "r"(a.v[2]), "r"(a.v[3]), "r"(a.v[4]), "r"(a.v[5]), "r"(a.v[6]), "r"(a.v[7]));
}

// t[1..16] = 2·(t[1..16] + odd[1..16]).
KW_DEVICE void double_sum(uint32_t* t, const uint32_t* odd) {
    asm("add.cc.u32 %0, %0, %15;\n\t"
        "addc.cc.u32 %1, %1, %16;\n\t"
        "addc.cc.u32 %2, %2, %17;\n\t"
        "addc.cc.u32 %3, %3, %18;\n\t"
        "addc.cc.u32 %4, %4, %19;\n\t"
        "addc.cc.u32 %5, %5, %20;\n\t"
        "addc.cc.u32 %6, %6, %21;\n\t"
        "addc.cc.u32 %7, %7, %22;\n\t"
        "addc.cc.u32 %8, %8, %23;\n\t"
        "addc.cc.u32 %9, %9, %24;\n\t"
        "addc.cc.u32 %10, %10, %25;\n\t"
        "addc.cc.u32 %11, %11, %26;\n\t"
        "addc.cc.u32 %12, %12, %27;\n\t"
        "addc.cc.u32 %13, %13, %28;\n\t"
        "addc.u32 %14, %14, %29;"
        : "+r"(t[1]), "+r"(t[2]), "+r"(t[3]), "+r"(t[4]), "+r"(t[5]), "+r"(t[6]), "+r"(t[7]), "+r"(t[8]), "+r"(t[9]), "+r"(t[10]), "+r"(t[11]), "+r"(t[12]), "+r"(t[13]), "+r"(t[14]), "+r"(t[15])
        : "r"(odd[1]), "r"(odd[2]), "r"(odd[3]), "r"(odd[4]), "r"(odd[5]), "r"(odd[6]), "r"(odd[7]), "r"(odd[8]), "r"(odd[9]), "r"(odd[10]), "r"(odd[11]), "r"(odd[12]), "r"(odd[13]), "r"(odd[14]), "r"(odd[15]));
    asm("add.cc.u32 %0, %0, %0;\n\t"
        "addc.cc.u32 %1, %1, %1;\n\t"
        "addc.cc.u32 %2, %2, %2;\n\t"
        "addc.cc.u32 %3, %3, %3;\n\t"
        "addc.cc.u32 %4, %4, %4;\n\t"
        "addc.cc.u32 %5, %5, %5;\n\t"
        "addc.cc.u32 %6, %6, %6;\n\t"
        "addc.cc.u32 %7, %7, %7;\n\t"
        "addc.cc.u32 %8, %8, %8;\n\t"
        "addc.cc.u32 %9, %9, %9;\n\t"
        "addc.cc.u32 %10, %10, %10;\n\t"
        "addc.cc.u32 %11, %11, %11;\n\t"
        "addc.cc.u32 %12, %12, %12;\n\t"
        "addc.cc.u32 %13, %13, %13;\n\t"
        "addc.u32 %14, %14, %14;"
        : "+r"(t[1]), "+r"(t[2]), "+r"(t[3]), "+r"(t[4]), "+r"(t[5]), "+r"(t[6]), "+r"(t[7]), "+r"(t[8]), "+r"(t[9]), "+r"(t[10]), "+r"(t[11]), "+r"(t[12]), "+r"(t[13]), "+r"(t[14]), "+r"(t[15]));
}

// Products of different limbs once, in two arrays by the parity of their place, doubled together; then the squares; then
// the lower half is cleared, whose quotients do not depend on the upper. 100 wide products instead of 128.
template <class P>
KW_DEVICE Limbs montgomery_square(const Limbs& a) {
    uint32_t t[2 * LIMBS] = {}, odd[2 * LIMBS] = {};
    const uint32_t* v = a.v;
    mul_row(odd + 1, v[1], v[3], v[5], v[7], v[0]);
    mad_three(t + 2, t[8], v[2], v[4], v[6], v[0]);
    mad_three(odd + 3, odd[9], v[2], v[4], v[6], v[1]);
    mad_three(t + 4, t[10], v[3], v[5], v[7], v[1]);
    mad_three(odd + 5, odd[11], v[3], v[5], v[7], v[2]);
    mad_two(t + 6, t[10], v[4], v[6], v[2]);
    mad_two(odd + 7, odd[11], v[4], v[6], v[3]);
    mad_two(t + 8, t[12], v[5], v[7], v[3]);
    mad_two(odd + 9, odd[13], v[5], v[7], v[4]);
    mad_one(t + 10, t[12], v[6], v[4]);
    mad_one(odd + 11, odd[13], v[6], v[5]);
    mad_one(t + 12, t[14], v[7], v[5]);
    mad_one(odd + 13, odd[15], v[7], v[6]);
    double_sum(t, odd);
    add_squares(t, a);

    uint32_t* even = t;
    uint32_t rest[LIMBS];
    const uint32_t first = even[0] * P::NEGATED_INVERSE;
    mul_row(rest, P::modulus(1), P::modulus(3), P::modulus(5), P::modulus(7), first);
    mad_row(even, rest[7], P::modulus(0), P::modulus(2), P::modulus(4), P::modulus(6), first);
#pragma unroll
    for (int i = 1; i < LIMBS; i++) {
        uint32_t* done = i % 2 == 1 ? even : rest;
        uint32_t* next = i % 2 == 1 ? rest : even;
        const uint32_t m = (next[0] + done[1]) * P::NEGATED_INVERSE;
        shift_mad_row(done, next[0], P::modulus(1), P::modulus(3), P::modulus(5), P::modulus(7), m);
        mad_row(next, done[7], P::modulus(0), P::modulus(2), P::modulus(4), P::modulus(6), m);
    }
    const Limbs high = {{t[8], t[9], t[10], t[11], t[12], t[13], t[14], t[15]}};
    return add(merge(even, rest), high);
}

#else

KW_DEVICE uint64_t word(const Limbs& a, int i) { return static_cast<uint64_t>(a.v[2 * i + 1]) << 32 | a.v[2 * i]; }

KW_DEVICE void set_word(Limbs& a, int i, uint64_t value) {
    a.v[2 * i] = static_cast<uint32_t>(value);
    a.v[2 * i + 1] = static_cast<uint32_t>(value >> 32);
}

// a + b modulo 2^256.
KW_DEVICE Limbs add(const Limbs& a, const Limbs& b) {
    Limbs r;
    unsigned __int128 t = 0;
    for (int i = 0; i < 4; i++) {
        t += static_cast<unsigned __int128>(word(a, i)) + word(b, i);
        set_word(r, i, static_cast<uint64_t>(t));
        t >>= 64;
    }
    return r;
}

// a - b modulo 2^256; `borrow` is all ones if a < b, else zero.
KW_DEVICE Limbs sub(const Limbs& a, const Limbs& b, uint32_t& borrow) {
    Limbs r;
    __int128 t = 0;
    for (int i = 0; i < 4; i++) {
        t += static_cast<__int128>(word(a, i)) - word(b, i);
        set_word(r, i, static_cast<uint64_t>(t));
        t >>= 64;
    }
    borrow = static_cast<uint32_t>(t);
    return r;
}

// Five words: t += a · b.
KW_DEVICE void mad_words(uint64_t* t, const Limbs& a, uint64_t b) {
    unsigned __int128 carry = 0;
    for (int j = 0; j < 4; j++) {
        carry += static_cast<unsigned __int128>(word(a, j)) * b + t[j];
        t[j] = static_cast<uint64_t>(carry);
        carry >>= 64;
    }
    t[4] += static_cast<uint64_t>(carry);
}

template <class P>
KW_DEVICE void reduce_word(uint64_t* t) {
    mad_words(t, P::modulus(), t[0] * P::NEGATED_INVERSE_64);
    for (int j = 0; j < 4; j++) t[j] = t[j + 1];
    t[4] = 0;
}

KW_DEVICE Limbs from_words(const uint64_t* t) {
    Limbs r;
    for (int i = 0; i < 4; i++) set_word(r, i, t[i]);
    return r;
}

template <class P>
KW_DEVICE Limbs montgomery_product(const Limbs& a, const Limbs& b) {
    uint64_t t[5] = {};
    for (int i = 0; i < 4; i++) {
        mad_words(t, a, word(b, i));
        reduce_word<P>(t);
    }
    return from_words(t);
}

template <class P>
KW_DEVICE Limbs montgomery_product_sum(const Limbs& a, const Limbs& b, const Limbs& c, const Limbs& d) {
    uint64_t t[5] = {};
    for (int i = 0; i < 4; i++) {
        mad_words(t, a, word(b, i));
        mad_words(t, c, word(d, i));
        reduce_word<P>(t);
    }
    return from_words(t);
}

template <class P>
KW_DEVICE Limbs montgomery_square(const Limbs& a) {
    return montgomery_product<P>(a, a);
}

#endif

// `a` where `mask` is zero, `b` where it is all ones.
KW_DEVICE Limbs select(uint32_t mask, const Limbs& a, const Limbs& b) {
    Limbs r;
#pragma unroll
    for (int i = 0; i < LIMBS; i++) r.v[i] = mask == 0 ? a.v[i] : b.v[i];
    return r;
}

KW_DEVICE bool equal(const Limbs& a, const Limbs& b) {
    uint32_t difference = 0;
#pragma unroll
    for (int i = 0; i < LIMBS; i++) difference |= a.v[i] ^ b.v[i];
    return difference == 0;
}

KW_DEVICE bool is_zero(const Limbs& a) {
    uint32_t any = 0;
#pragma unroll
    for (int i = 0; i < LIMBS; i++) any |= a.v[i];
    return any == 0;
}

}  // namespace kw
