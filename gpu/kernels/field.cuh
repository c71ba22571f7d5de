// The two prime fields of BN254, in Montgomery form with R = 2^256: the memory of an `Fr` or `Fq` of the host is that of
// an `Fr` or `Fq` here.
//
// `Field` is canonical, below p. `Loose` is below 2p and saves a subtraction per product. Bounds, with p < 0.19·R:
//   a product is below a·b/R + p, hence below 2p if a and b are (4p²/R < 0.76·p);
//   a sum of two products is below 8p²/R + p < 2.52·p, and below 2p after one conditional subtraction of 2p;
//   no intermediate sum leaves 256 bits plus one limb, since a + c + p ≤ 5p < 2^256.
#pragma once

#include "limbs.cuh"

namespace kw {

// Limb i of a constant, folded by the compiler once i is.
#define KW_LIMB_CONSTANT(name, l0, l1, l2, l3, l4, l5, l6, l7)                                                       \
    static KW_INLINE constexpr uint32_t name(int i) {                                                                \
        return i == 0 ? l0 : i == 1 ? l1 : i == 2 ? l2 : i == 3 ? l3 : i == 4 ? l4 : i == 5 ? l5 : i == 6 ? l6 : l7; \
    }                                                                                                                \
    static KW_INLINE constexpr Limbs name() { return Limbs{{l0, l1, l2, l3, l4, l5, l6, l7}}; }

// The scalar field.
struct FrParameters {
    KW_LIMB_CONSTANT(modulus, 0xf0000001u, 0x43e1f593u, 0x79b97091u, 0x2833e848u, 0x8181585du, 0xb85045b6u, 0xe131a029u,
                     0x30644e72u)
    KW_LIMB_CONSTANT(twice_modulus, 0xe0000002u, 0x87c3eb27u, 0xf372e122u, 0x5067d090u, 0x0302b0bau, 0x70a08b6du,
                     0xc2634053u, 0x60c89ce5u)
    // R mod p, R² mod p.
    KW_LIMB_CONSTANT(one, 0x4ffffffbu, 0xac96341cu, 0x9f60cd29u, 0x36fc7695u, 0x7879462eu, 0x666ea36fu, 0x9a07df2fu,
                     0x0e0a77c1u)
    KW_LIMB_CONSTANT(radix_squared, 0xae216da7u, 0x1bb8e645u, 0xe35c59e3u, 0x53fe3ab1u, 0x53bb8085u, 0x8c49833du,
                     0x7f4e44a5u, 0x0216d0b1u)
    // -1/p modulo 2^32 and 2^64.
    static constexpr uint32_t NEGATED_INVERSE = 0xefffffffu;
    static constexpr uint64_t NEGATED_INVERSE_64 = 0xc2e1f593efffffffull;
};

// The field of coordinates.
struct FqParameters {
    KW_LIMB_CONSTANT(modulus, 0xd87cfd47u, 0x3c208c16u, 0x6871ca8du, 0x97816a91u, 0x8181585du, 0xb85045b6u, 0xe131a029u,
                     0x30644e72u)
    KW_LIMB_CONSTANT(twice_modulus, 0xb0f9fa8eu, 0x7841182du, 0xd0e3951au, 0x2f02d522u, 0x0302b0bbu, 0x70a08b6du,
                     0xc2634053u, 0x60c89ce5u)
    KW_LIMB_CONSTANT(one, 0xc58f0d9du, 0xd35d438du, 0xf5c70b3du, 0x0a78eb28u, 0x7879462cu, 0x666ea36fu, 0x9a07df2fu,
                     0x0e0a77c1u)
    KW_LIMB_CONSTANT(radix_squared, 0x538afa89u, 0xf32cfc5bu, 0xd44501fbu, 0xb5e71911u, 0x0a417ff6u, 0x47ab1effu,
                     0xcab8351fu, 0x06d89f71u)
    static constexpr uint32_t NEGATED_INVERSE = 0xe4866389u;
    static constexpr uint64_t NEGATED_INVERSE_64 = 0x87d20782e4866389ull;
};

// x - m if that is not negative, else x.
KW_DEVICE Limbs subtract_once(const Limbs& x, const Limbs& m) {
    uint32_t borrow;
    const Limbs t = sub(x, m, borrow);
    return select(borrow, t, x);
}

// a - b, plus m if that is negative; modulo 2^256, where the sum wraps back.
KW_DEVICE Limbs subtract_modulo(const Limbs& a, const Limbs& b, const Limbs& m) {
    uint32_t borrow;
    const Limbs t = sub(a, b, borrow);
    Limbs back = m;
#pragma unroll
    for (int i = 0; i < LIMBS; i++) back.v[i] &= borrow;
    return add(t, back);
}

// Memory to registers and back: as a whole, so that the compiler takes 16 bytes at a time. Never through pointers to
// vectors, which do not alias the words that values are made of: stores would be lost.
template <class T>
KW_DEVICE T load(const T* address) {
    static_assert(sizeof(T) % 16 == 0 && alignof(T) >= 16, "whole vectors");
    return *address;
}
template <class T>
KW_DEVICE void store(T* address, const T& value) {
    static_assert(sizeof(T) % 16 == 0 && alignof(T) >= 16, "whole vectors");
    *address = value;
}

// An element below p.
template <class P>
struct alignas(16) Field {
    Limbs limbs;

    static KW_INLINE Field zero() { return Field{Limbs{{0, 0, 0, 0, 0, 0, 0, 0}}}; }
    static KW_INLINE Field one() { return Field{P::one()}; }

    KW_INLINE Field operator+(const Field& b) const { return Field{subtract_once(add(limbs, b.limbs), P::modulus())}; }
    KW_INLINE Field operator-(const Field& b) const { return Field{subtract_modulo(limbs, b.limbs, P::modulus())}; }
    KW_INLINE Field operator-() const { return zero() - *this; }
    KW_INLINE Field operator*(const Field& b) const {
        return Field{subtract_once(montgomery_product<P>(limbs, b.limbs), P::modulus())};
    }
    KW_INLINE bool operator==(const Field& b) const { return equal(limbs, b.limbs); }
    KW_INLINE bool is_zero() const { return kw::is_zero(limbs); }
    KW_INLINE Field twice() const { return *this + *this; }
    KW_INLINE Field square() const {
        return Field{subtract_once(montgomery_square<P>(limbs), P::modulus())};
    }

    // The integer below p that this element is, out of Montgomery form.
    KW_INLINE Limbs to_integer() const {
        const Limbs one = {{1, 0, 0, 0, 0, 0, 0, 0}};
        // Below 1/R·p + p and, being congruent to an element below p, equal to p only for zero.
        return subtract_once(montgomery_product<P>(limbs, one), P::modulus());
    }
    // The element that an integer below 2^256 is.
    static KW_INLINE Field from_integer(const Limbs& x) {
        // Below x·p/R + p < 2p.
        return Field{subtract_once(montgomery_product<P>(P::radix_squared(), x), P::modulus())};
    }
    static KW_INLINE Field from_signed(int64_t x) {
        const uint64_t size = x < 0 ? 0ull - static_cast<uint64_t>(x) : static_cast<uint64_t>(x);
        const Limbs integer = {{static_cast<uint32_t>(size), static_cast<uint32_t>(size >> 32), 0, 0, 0, 0, 0, 0}};
        const Field element = from_integer(integer);
        return x < 0 ? -element : element;
    }
};

// A representative below 2p of an element.
template <class P>
struct alignas(16) Loose {
    Limbs limbs;

    KW_INLINE Loose() {}
    explicit KW_INLINE Loose(const Limbs& x) : limbs(x) {}
    KW_INLINE Loose(const Field<P>& x) : limbs(x.limbs) {}

    static KW_INLINE Loose zero() { return Loose(Field<P>::zero()); }
    static KW_INLINE Loose one() { return Loose(Field<P>::one()); }

    KW_INLINE Loose operator+(const Loose& b) const {
        return Loose(subtract_once(add(limbs, b.limbs), P::twice_modulus()));
    }
    KW_INLINE Loose operator-(const Loose& b) const {
        return Loose(subtract_modulo(limbs, b.limbs, P::twice_modulus()));
    }
    KW_INLINE Loose operator-() const { return zero() - *this; }
    KW_INLINE Loose operator*(const Loose& b) const { return Loose(montgomery_product<P>(limbs, b.limbs)); }
    KW_INLINE Loose twice() const { return *this + *this; }
    KW_INLINE Loose square() const { return Loose(montgomery_square<P>(limbs)); }
    // Nearly always settled by the lowest limb.
    KW_INLINE bool is_zero() const {
        if (limbs.v[0] != 0 && limbs.v[0] != P::modulus(0)) return false;
        return kw::is_zero(limbs) || equal(limbs, P::modulus());
    }
    KW_INLINE Field<P> reduce() const { return Field<P>{subtract_once(limbs, P::modulus())}; }

    // a·b + c·d with one reduction.
    static KW_INLINE Loose product_sum(const Loose& a, const Loose& b, const Loose& c, const Loose& d) {
        return Loose(subtract_once(montgomery_product_sum<P>(a.limbs, b.limbs, c.limbs, d.limbs), P::twice_modulus()));
    }
    // a·b - c·d with one reduction; 2p - c needs no correction, being at most 2p.
    static KW_INLINE Loose product_difference(const Loose& a, const Loose& b, const Loose& c, const Loose& d) {
        uint32_t borrow;
        return product_sum(a, b, Loose(sub(P::twice_modulus(), c.limbs, borrow)), d);
    }
};

typedef Field<FrParameters> Fr;
typedef Field<FqParameters> Fq;
typedef Loose<FrParameters> LooseFr;
typedef Loose<FqParameters> LooseFq;

}  // namespace kw
