// Every operation of the curve on pairs of points, for tests.
#include "curve.cuh"

// Operations on affine points a and b, in the order of their numbers; `scale` makes the same sum with other coordinates.
extern "C" __global__ void kw_g1_test(kw::G1* results, const kw::G1Affine* a, const kw::G1Affine* b, const kw::Fq* scale,
                                      uint64_t len, uint32_t number) {
    const uint64_t i = kw::global_thread();
    if (i >= len) return;
    const kw::G1Affine p = kw::load(&a[i]), q = kw::load(&b[i]);
    const kw::LooseFq px = p.x, py = p.y, z = kw::load(&scale[i]), zz = z.square(), zzz = zz * z;
    kw::G1 left = kw::G1::identity(), right = kw::G1::identity();
    if (!p.is_identity()) left = kw::G1{px * zz, py * zzz, zz, zzz};
    if (!q.is_identity()) right = kw::G1{q.x, q.y, kw::LooseFq::one(), kw::LooseFq::one()};
    if (number == 0 && !q.is_identity()) left.add_affine(q.x, q.y);
    if (number == 1) left.add(right);
    if (number == 2) right.add(left);
    if (number == 3) left = left.twice();
    if (number == 4) left = kw::times(left, static_cast<uint32_t>(i));
    kw::store(&results[i], number == 2 ? right : left);
}
KW_KERNEL(kw_g1_test);

KW_MODULE(curve_test)
