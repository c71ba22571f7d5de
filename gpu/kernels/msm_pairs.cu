// Rounds of a tree of affine additions over the entries of all buckets: each round adds neighbours and leaves half as many
// points, until what is left of a bucket is added in XYZZ form.
//
// Buckets start at multiples of 2^rounds, filled up with nothing, so that no pair lies in two buckets. An affine addition
// takes an inverse, which all additions of a block share (Montgomery's trick): five products and a square, where a mixed
// addition in XYZZ form takes ten.
#include "inverse.cuh"
#include "msm_sum.cuh"

namespace kw {

constexpr uint32_t PAIR_THREADS = 128;

// A point by its entry: nothing, a base, or the opposite of one.
template <class E>
struct Points {
    const G1Affine* bases;
    E entries;

    KW_INLINE G1Affine at(uint32_t i) const {
        const uint32_t entry = entries(i);
        if (E::HAS_GAPS && entry == 0) return G1Affine{Fq::zero(), Fq::zero()};
        G1Affine point = load(&bases[base_of(entry)]);
        if (E::HAS_SIGNS && entry & 1) point.y = -point.y;
        return point;
    }
    KW_INLINE Fq x_at(uint32_t i) const {
        const uint32_t entry = entries(i);
        if (E::HAS_GAPS && entry == 0) return Fq::zero();
        return load(&bases[base_of(entry)].x);
    }
};

// What two points need to become their sum.
struct Slope {
    // Of the line through them, or of the tangent; the denominator is one where no slope is needed.
    LooseFq numerator, denominator;
    // One of them is nothing, or they are opposite.
    bool is_trivial;
};

KW_DEVICE Slope slope(const G1Affine& a, const G1Affine& b) {
    const Fq rise = b.y - a.y, run = b.x - a.x;
    if (!run.is_zero() && !a.is_identity() && !b.is_identity()) return Slope{rise, run, false};
    if (a.is_identity() || b.is_identity() || !rise.is_zero()) return Slope{LooseFq::zero(), LooseFq::one(), true};
    // The order is odd: y is not zero.
    const LooseFq square = LooseFq(a.x).square();
    return Slope{square.twice() + square, LooseFq(a.y).twice(), false};
}

// The denominator, mostly from abscissas alone.
template <class E>
KW_DEVICE LooseFq denominator(const Points<E>& points, uint32_t pair) {
    const Fq a = points.x_at(2 * pair), b = points.x_at(2 * pair + 1), run = b - a;
    if (!run.is_zero() && !a.is_zero() && !b.is_zero()) return run;
    return slope(points.at(2 * pair), points.at(2 * pair + 1)).denominator;
}

// The inverse of this thread's value, which is not zero, by a tree of products over the block and one inversion.
template <class S>
KW_DEVICE LooseFq invert_block(const LooseFq& own, S& nodes) {
    const uint32_t t = threadIdx.x;
    nodes[PAIR_THREADS + t] = own;
    // Node k is the product of nodes 2·k and 2·k + 1.
#pragma unroll 1
    for (uint32_t width = PAIR_THREADS / 2; width != 0; width /= 2) {
        __syncthreads();
        if (t < width) nodes[width + t] = nodes[2 * (width + t)] * nodes[2 * (width + t) + 1];
    }
    if (t == 0) {
        Fq root = nodes[1].reduce();
        invert(&root);
        nodes[1] = root;
    }
    // From the inverse of a node and its children to the inverses of both.
#pragma unroll 1
    for (uint32_t width = 2; width <= PAIR_THREADS; width *= 2) {
        __syncthreads();
        LooseFq inverse;
        if (t < width) inverse = nodes[(width + t) / 2] * nodes[(width + t) ^ 1];
        __syncthreads();
        if (t < width) nodes[width + t] = inverse;
    }
    return nodes[PAIR_THREADS + t];
}

// sums[pair] of up to PAIR_THREADS · each pairs per block; `prefixes` has room for one value per pair.
template <class E>
KW_DEVICE void add_pairs(G1Affine* sums, LooseFq* prefixes, const Points<E>& points, uint32_t pairs, uint32_t each) {
    KW_SHARED(LooseFq, nodes, 2 * PAIR_THREADS);
    const uint32_t first = blockIdx.x * PAIR_THREADS * each;
    if (first >= pairs) return;
    const uint32_t last = min(pairs - first, PAIR_THREADS * each);
    LooseFq product = LooseFq::one();
#pragma unroll 1
    for (uint32_t i = threadIdx.x; i < last; i += PAIR_THREADS) {
        store(&prefixes[first + i], product);
        product = product * denominator(points, first + i);
    }
    LooseFq inverse = invert_block(product, nodes);
    if (threadIdx.x >= last) return;
    // From the last pair of the thread to the first: `inverse` is that of the product of all denominators up to its own.
#pragma unroll 1
    for (uint32_t i = threadIdx.x + (last - 1 - threadIdx.x) / PAIR_THREADS * PAIR_THREADS;; i -= PAIR_THREADS) {
        const uint32_t pair = first + i;
        const G1Affine a = points.at(2 * pair), b = points.at(2 * pair + 1);
        const Slope line = slope(a, b);
        const LooseFq lambda = line.numerator * (inverse * load(&prefixes[pair]));
        inverse = inverse * line.denominator;
        const LooseFq x = lambda.square() - LooseFq(a.x) - LooseFq(b.x);
        const LooseFq y = lambda * (LooseFq(a.x) - x) - LooseFq(a.y);
        G1Affine sum = {x.reduce(), y.reduce()};
        if (line.is_trivial) {
            sum = a.is_identity() ? b : a;
            if (!a.is_identity() && !b.is_identity()) sum = G1Affine{Fq::zero(), Fq::zero()};
        }
        store(&sums[pair], sum);
        if (i < PAIR_THREADS) break;
    }
}

}  // namespace kw

// The first round: neighbours among the entries, of which there are *total, into half as many points.
extern "C" __global__ void __launch_bounds__(kw::PAIR_THREADS, 4)
    kw_msm_pairs_first(kw::G1Affine* sums, kw::LooseFq* prefixes, const kw::G1Affine* bases, const uint32_t* entries,
                       const uint32_t* total, uint32_t each) {
    kw::add_pairs(sums, prefixes, kw::Points<kw::Listed>{bases, {entries}}, *total / 2, each);
}
KW_KERNEL(kw_msm_pairs_first);

// Another round: `rounds` were before it.
extern "C" __global__ void __launch_bounds__(kw::PAIR_THREADS, 4)
    kw_msm_pairs_next(kw::G1Affine* sums, kw::LooseFq* prefixes, const kw::G1Affine* points, const uint32_t* total,
                      uint32_t rounds, uint32_t each) {
    kw::add_pairs(sums, prefixes, kw::Points<kw::Consecutive>{points, {}}, *total >> (rounds + 1), each);
}
KW_KERNEL(kw_msm_pairs_next);

// The sum of each segment of what the rounds left.
extern "C" __global__ void __launch_bounds__(kw::ADD_THREADS, 4)
    kw_msm_accumulate_pairs(kw::G1* sums, const kw::G1Affine* points, const uint4* jobs, const uint32_t* segments) {
    kw::accumulate(sums, points, kw::Consecutive{}, jobs, segments);
}
KW_KERNEL(kw_msm_accumulate_pairs);

KW_MODULE(msm_pairs)
