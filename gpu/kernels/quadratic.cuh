// The quadratic extension Fq[u]/(u² + 1), over which G2 is defined.
//
// Products are calls, through memory of the thread: inlined, those of one addition would be a megabyte of code and would not
// fit the registers. Each half of a product is a sum of two products with one reduction.
#pragma once

#include "field.cuh"

namespace kw {

struct alignas(16) Fq2 {
    Fq c0, c1;

    KW_INLINE bool is_zero() const { return c0.is_zero() && c1.is_zero(); }
};

struct LooseFq2;
static __device__ __noinline__ void multiply(LooseFq2* result, const LooseFq2* a, const LooseFq2* b);
static __device__ __noinline__ void square(LooseFq2* result, const LooseFq2* a);

struct alignas(16) LooseFq2 {
    LooseFq c0, c1;

    KW_INLINE LooseFq2() {}
    KW_INLINE LooseFq2(const LooseFq& c0, const LooseFq& c1) : c0(c0), c1(c1) {}
    KW_INLINE LooseFq2(const Fq2& x) : c0(x.c0), c1(x.c1) {}

    static KW_INLINE LooseFq2 zero() { return LooseFq2(LooseFq::zero(), LooseFq::zero()); }
    static KW_INLINE LooseFq2 one() { return LooseFq2(LooseFq::one(), LooseFq::zero()); }

    KW_INLINE LooseFq2 operator+(const LooseFq2& b) const { return LooseFq2(c0 + b.c0, c1 + b.c1); }
    KW_INLINE LooseFq2 operator-(const LooseFq2& b) const { return LooseFq2(c0 - b.c0, c1 - b.c1); }
    KW_INLINE LooseFq2 operator-() const { return LooseFq2(-c0, -c1); }
    KW_INLINE LooseFq2 operator*(const LooseFq2& b) const {
        LooseFq2 result;
        multiply(&result, this, &b);
        return result;
    }
    KW_INLINE LooseFq2 twice() const { return LooseFq2(c0.twice(), c1.twice()); }
    KW_INLINE LooseFq2 square() const {
        LooseFq2 result;
        kw::square(&result, this);
        return result;
    }
    KW_INLINE bool is_zero() const { return c0.is_zero() && c1.is_zero(); }

    static KW_INLINE LooseFq2 product_difference(const LooseFq2& a, const LooseFq2& b, const LooseFq2& c,
                                                 const LooseFq2& d) {
        return a * b - c * d;
    }
};

// `result` may be an operand.
static __device__ __noinline__ void multiply(LooseFq2* result, const LooseFq2* a, const LooseFq2* b) {
    const LooseFq2 x = load(a), y = load(b);
    const LooseFq c0 = LooseFq::product_difference(x.c0, y.c0, x.c1, y.c1);
    store(result, LooseFq2(c0, LooseFq::product_sum(x.c0, y.c1, x.c1, y.c0)));
}

static __device__ __noinline__ void square(LooseFq2* result, const LooseFq2* a) {
    const LooseFq2 x = load(a);
    const LooseFq product = x.c0 * x.c1;
    store(result, LooseFq2((x.c0 + x.c1) * (x.c0 - x.c1), product.twice()));
}

}  // namespace kw
