// Points of short Weierstrass curves y² = x³ + b of odd order.
//
// Sums are kept as (X, Y, ZZ, ZZZ) with x = X/ZZ, y = Y/ZZZ and ZZ³ = ZZZ², "XYZZ": a mixed addition takes ten products
// and no doubling path that would have to be guarded by an inversion. Formulas madd-2008-s, add-2008-s, dbl-2008-s-1 and
// mdbl-2008-s-1 of the Explicit-Formulas Database (https://hyperelliptic.org/EFD/g1p/auto-shortw-xyzz.html), every
// exceptional case handled. Y3, a difference of two products, takes one reduction instead of two.
#pragma once

#include "quadratic.cuh"

namespace kw {

// A point as the host stores it; the identity is (0, 0), which is on no such curve with b ≠ 0.
template <class F>
struct alignas(16) Affine {
    F x, y;

    KW_INLINE bool is_identity() const { return x.is_zero() && y.is_zero(); }
};

// A sum; `L` is the loose form of the coordinates. The identity has ZZ = 0.
template <class L>
struct alignas(16) Sum {
    L x, y, zz, zzz;

    static KW_INLINE Sum identity() { return Sum{L::zero(), L::zero(), L::zero(), L::zero()}; }
    KW_INLINE bool is_identity() const { return zz.is_zero(); }

    // 2·(x, y). No point has y = 0, the order being odd.
    static KW_INLINE Sum twice(const L& x, const L& y) {
        const L u = y.twice(), v = u.square(), w = u * v, s = x * v, square = x.square();
        const L m = square.twice() + square;
        const L x3 = m.square() - s.twice();
        return Sum{x3, L::product_difference(m, s - x3, w, y), v, w};
    }

    KW_INLINE Sum twice() const {
        // The identity stays the identity: ZZ3 = V·ZZ.
        Sum r = twice(x, y);
        r.zz = r.zz * zz;
        r.zzz = r.zzz * zzz;
        return r;
    }

    // The sum of a point that is not the identity.
    KW_INLINE void add_affine(const L& x2, const L& y2) {
        if (is_identity()) {
            *this = Sum{x2, y2, L::one(), L::one()};
            return;
        }
        const L p = x2 * zz - x, r = y2 * zzz - y;
        if (p.is_zero()) {
            *this = r.is_zero() ? twice(x2, y2) : identity();
            return;
        }
        const L pp = p.square(), ppp = p * pp, q = x * pp;
        const L x3 = r.square() - ppp - q.twice();
        y = L::product_difference(r, q - x3, y, ppp);
        x = x3;
        zz = zz * pp;
        zzz = zzz * ppp;
    }

    KW_INLINE void add(const Sum& b) {
        if (b.is_identity()) return;
        if (is_identity()) {
            *this = b;
            return;
        }
        const L u1 = x * b.zz, s1 = y * b.zzz;
        const L p = b.x * zz - u1, r = b.y * zzz - s1;
        if (p.is_zero()) {
            *this = r.is_zero() ? twice() : identity();
            return;
        }
        const L pp = p.square(), ppp = p * pp, q = u1 * pp;
        x = r.square() - ppp - q.twice();
        y = L::product_difference(r, q - x, s1, ppp);
        zz = zz * b.zz * pp;
        zzz = zzz * b.zzz * ppp;
    }
};

// Additions and doublings that are calls: through memory of the thread, which costs nothing beside their products, and
// once in the code, however often they are used. `b` may be `sum` itself.
template <class L>
static __device__ __noinline__ void add_to(Sum<L>* sum, const Sum<L>* b) {
    Sum<L> result = load(sum);
    result.add(load(b));
    store(sum, result);
}

template <class L>
static __device__ __noinline__ void double_it(Sum<L>* sum) {
    store(sum, load(sum).twice());
}

// factor · sum.
template <class L>
KW_DEVICE Sum<L> times(const Sum<L>& sum, uint32_t factor) {
    Sum<L> result = Sum<L>::identity();
    for (int bit = 31 - __clz(factor); bit >= 0; bit--) {
        double_it(&result);
        if (factor >> bit & 1) add_to(&result, &sum);
    }
    return result;
}

typedef Affine<Fq> G1Affine;
typedef Sum<LooseFq> G1;
typedef Affine<Fq2> G2Affine;
typedef Sum<LooseFq2> G2;

}  // namespace kw
