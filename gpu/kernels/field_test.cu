// Every operation of the fields on pairs of operands, for tests.
#include "inverse.cuh"

namespace kw {

// Operations on canonical elements, in the order of their numbers.
template <class P>
KW_DEVICE Field<P> operation(uint32_t number, const Field<P>& a, const Field<P>& b) {
    const Loose<P> la = a, lb = b;
    switch (number) {
        case 0: return a + b;
        case 1: return a - b;
        case 2: return a * b;
        case 3: return -a;
        case 4: return a.twice();
        case 5: return a.square();
        case 6: return (la + lb).reduce();
        case 7: return (la - lb).reduce();
        case 8: return (la * lb).reduce();
        // Operands as large as loose ones get.
        case 9: return ((la + lb) * (la - lb)).reduce();
        case 10: return Loose<P>::product_sum(la + lb, la - lb, -la, lb + lb).reduce();
        case 11: return Field<P>{a.to_integer()};
        case 12: return Field<P>::from_integer(a.limbs);
        case 13: return Loose<P>::product_difference(la + lb, la - lb, -la, lb + lb).reduce();
        case 14: return (la + lb).square().reduce();
        case 15: {
            Field<P> inverse = a;
            invert(&inverse);
            return inverse;
        }
        default: return Field<P>::from_signed(static_cast<int64_t>(static_cast<uint64_t>(a.limbs.v[1]) << 32 | a.limbs.v[0]));
    }
}

template <class P>
KW_DEVICE void apply(Field<P>* results, const Field<P>* a, const Field<P>* b, uint64_t len, uint32_t number) {
    const uint64_t i = global_thread();
    if (i < len) store(&results[i], operation(number, load(&a[i]), load(&b[i])));
}

}  // namespace kw

extern "C" __global__ void kw_fr_test(kw::Fr* results, const kw::Fr* a, const kw::Fr* b, uint64_t len, uint32_t number) {
    kw::apply(results, a, b, len, number);
}
KW_KERNEL(kw_fr_test);

extern "C" __global__ void kw_fq_test(kw::Fq* results, const kw::Fq* a, const kw::Fq* b, uint64_t len, uint32_t number) {
    kw::apply(results, a, b, len, number);
}
KW_KERNEL(kw_fq_test);

// One product per thread, for counting instructions.
extern "C" __global__ void kw_fq_product(kw::LooseFq* results, const kw::LooseFq* a, const kw::LooseFq* b) {
    const uint64_t i = kw::global_thread();
    kw::store(&results[i], kw::load(&a[i]) * kw::load(&b[i]));
}
KW_KERNEL(kw_fq_product);

KW_MODULE(field_test)
