// Every operation of the curves on pairs of points, for tests.
#include "curve.cuh"

namespace kw {

// Operations on affine points a and b, in the order of their numbers; `scale` makes the same sum with other coordinates.
template <class F, class L>
KW_DEVICE void apply(Sum<L>* results, const Affine<F>* a, const Affine<F>* b, const F* scale, uint64_t len,
                     uint32_t number) {
    const uint64_t i = global_thread();
    if (i >= len) return;
    const Affine<F> p = load(&a[i]), q = load(&b[i]);
    const L px = p.x, py = p.y, z = load(&scale[i]), zz = z.square(), zzz = zz * z;
    Sum<L> left = Sum<L>::identity(), right = Sum<L>::identity();
    if (!p.is_identity()) left = Sum<L>{px * zz, py * zzz, zz, zzz};
    if (!q.is_identity()) right = Sum<L>{q.x, q.y, L::one(), L::one()};
    if (number == 0 && !q.is_identity()) left.add_affine(q.x, q.y);
    if (number == 1) add_to(&left, &right);
    if (number == 2) add_to(&right, &left);
    if (number == 3) double_it(&left);
    if (number == 4) left = times(left, static_cast<uint32_t>(i));
    store(&results[i], number == 2 ? right : left);
}

}  // namespace kw

extern "C" __global__ void kw_g1_test(kw::G1* results, const kw::G1Affine* a, const kw::G1Affine* b, const kw::Fq* scale,
                                      uint64_t len, uint32_t number) {
    kw::apply(results, a, b, scale, len, number);
}
KW_KERNEL(kw_g1_test);

extern "C" __global__ void kw_g2_test(kw::G2* results, const kw::G2Affine* a, const kw::G2Affine* b, const kw::Fq2* scale,
                                      uint64_t len, uint32_t number) {
    kw::apply(results, a, b, scale, len, number);
}
KW_KERNEL(kw_g2_test);

KW_MODULE(curve_test)
