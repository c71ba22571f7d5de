// One round of a sumcheck in one pass over memory: tables bound, the sums of products evaluated, added up over the grid.
//
// A request is played as a short program, the same for all threads: thread `y` runs it for entries `y`, `y + threads`, …
// of each half. Tables are bound in place: binding entry `y` of both halves reads entries `y + {0, 1, 2, 3}·half` and
// writes the first two of them, which no other thread touches.
#include "field.cuh"

namespace kw {

// A table: as the caller has it, or bound, which is always a table of elements.
struct Table {
    const void* data;
    Fr* bound;
    uint64_t kind;
};

enum Kind : uint32_t { FIELD, INT8, INT16, INT32, INT64 };

// An operation: a table, and what to do with its line at each point.
constexpr uint32_t TABLE_BITS = 22;
// Bind the table first, which no operation before did in this round.
constexpr uint32_t BIND = 1u << 22;
// Multiply into the integer product of the term, which is one at its beginning.
constexpr uint32_t INTEGER = 1u << 23;
// After the last integer factor: take the integer product for the line.
constexpr uint32_t LIFT = 1u << 24;
// Multiply the line into the term, or let the term become the line.
constexpr uint32_t MULTIPLY = 1u << 25;
constexpr uint32_t BEGIN_TERM = 1u << 26;
// Add the term to the sum of its class, or subtract it.
constexpr uint32_t END_TERM = 1u << 27;
constexpr uint32_t NEGATE = 1u << 28;
// The term has fewer factors than others of its group: it has no part in the leading coefficient.
constexpr uint32_t SHORT = 1u << 29;
// Weigh the sum of the class and add it to the total.
constexpr uint32_t END_CLASS = 1u << 30;

// A point that stands for the leading coefficient.
constexpr uint32_t LEADING = 0xffffu;

KW_DEVICE int64_t integer_at(const Table& table, uint64_t i) {
    switch (static_cast<uint32_t>(table.kind)) {
        case INT8: return static_cast<const int8_t*>(table.data)[i];
        case INT16: return static_cast<const int16_t*>(table.data)[i];
        case INT32: return static_cast<const int32_t*>(table.data)[i];
        default: return static_cast<const int64_t*>(table.data)[i];
    }
}

// The integer as if it were the Montgomery form of an element: the element that it is, divided by 2^256.
KW_DEVICE Fr scaled(int64_t x) {
    const uint64_t size = x < 0 ? 0ull - static_cast<uint64_t>(x) : static_cast<uint64_t>(x);
    const Fr element = {Limbs{{static_cast<uint32_t>(size), static_cast<uint32_t>(size >> 32), 0, 0, 0, 0, 0, 0}}};
    return x < 0 ? -element : element;
}

// An entry of a table. Integers are divided by 2^256 on the way, which the weights make good.
KW_DEVICE LooseFr entry_at(const Table& table, uint64_t i) {
    if (table.kind == FIELD) return load(static_cast<const Fr*>(table.data) + i);
    return scaled(integer_at(table, i));
}

// The sum of `value` over the warp, in its first lane.
KW_DEVICE LooseFr warp_sum(LooseFr value) {
#pragma unroll 1
    for (uint32_t distance = WARP / 2; distance != 0; distance /= 2) {
        LooseFr other;
#pragma unroll
        for (int i = 0; i < LIMBS; i++) other.limbs.v[i] = __shfl_down_sync(ALL_LANES, value.limbs.v[i], distance);
        value = value + other;
    }
    return value;
}

constexpr uint32_t THREADS = 128;

// The sums of P values over the block, in its first P threads. Every thread of the block calls it.
template <int P, class S>
KW_DEVICE LooseFr block_sum(const LooseFr (&values)[P], S& warps) {
    const uint32_t lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;
    __syncthreads();
#pragma unroll
    for (int p = 0; p < P; p++) {
        const LooseFr sum = warp_sum(values[p]);
        if (lane == 0) warps[warp * P + p] = sum.reduce();
    }
    __syncthreads();
    LooseFr total = LooseFr::zero();
    if (threadIdx.x < P) {
        for (uint32_t w = 0; w < THREADS / WARP; w++) total = total + warps[w * P + threadIdx.x];
    }
    return total;
}

// What a launch plays.
struct Round {
    const Table* tables;
    const uint32_t* operations;
    // For each row of the grid: its first operation and its first class; and one more.
    const uint32_t* segments;
    // Weights of classes by rounds of a thread, where `passes` is not 0.
    const Fr* weights;
    uint64_t passes;
    // Weights of entries by thread, or null.
    const Fr* low;
    uint64_t half;
    // Points of 16 bits each, ascending.
    uint64_t points;
};

KW_DEVICE uint32_t point_of(const Round& round, int p) { return static_cast<uint32_t>(round.points >> (16 * p)) & LEADING; }

// The line through `low` at 0 and `high` at 1 at each point.
template <class T, int P>
KW_DEVICE void evaluate(const Round& round, const T& low, const T& high, T (&values)[P]) {
    const T rise = high - low;
    T running = high;
    uint32_t x = 1;
#pragma unroll
    for (int p = 0; p < P; p++) {
        const uint32_t point = point_of(round, p);
        if (point == LEADING) {
            values[p] = rise;
        } else if (point == 0) {
            values[p] = low;
        } else {
#pragma unroll 1
            for (; x < point; x++) running = running + rise;
            values[p] = running;
        }
    }
}

template <int P>
KW_DEVICE void play(const Round& round, const LooseFr& r, Fr* partial, uint32_t* finished, Fr* results) {
    KW_SHARED(Fr, warps, THREADS / WARP * P);
    KW_SHARED(uint32_t, last, 1);
    const uint32_t first = round.segments[2 * blockIdx.y], end = round.segments[2 * blockIdx.y + 2];
    const uint32_t first_class = round.segments[2 * blockIdx.y + 1];
    const uint64_t stride = grid_threads();
    LooseFr totals[P];
#pragma unroll
    for (int p = 0; p < P; p++) totals[p] = LooseFr::zero();
    uint64_t pass = 0;
#pragma unroll 1
    for (uint64_t y = global_thread(); y < round.half; y += stride, pass++) {
        LooseFr sums[P], term[P];
        int64_t integers[P];
#pragma unroll
        for (int p = 0; p < P; p++) {
            sums[p] = term[p] = LooseFr::zero();
            integers[p] = 1;
        }
        uint64_t weight = first_class * round.passes + pass;
#pragma unroll 1
        for (uint32_t i = first; i < end; i++) {
            const uint32_t operation = round.operations[i];
            const Table table = round.tables[operation & ((1u << TABLE_BITS) - 1)];
            LooseFr values[P];
            if (operation & INTEGER) {
                // The host saw to it that no product leaves 63 bits.
                int64_t factors[P];
                evaluate(round, integer_at(table, y), integer_at(table, y + round.half), factors);
#pragma unroll
                for (int p = 0; p < P; p++) integers[p] *= factors[p];
                if (!(operation & LIFT)) continue;
#pragma unroll
                for (int p = 0; p < P; p++) {
                    values[p] = scaled(integers[p]);
                    integers[p] = 1;
                }
            } else {
                LooseFr ends[2] = {entry_at(table, y), entry_at(table, y + round.half)};
                if (operation & BIND) {
#pragma unroll
                    for (int e = 0; e < 2; e++) {
                        const uint64_t at = y + e * round.half;
                        const LooseFr other = load(static_cast<const Fr*>(table.data) + at + 2 * round.half);
                        const Fr bound = (ends[e] + r * (other - ends[e])).reduce();
                        store(table.bound + at, bound);
                        ends[e] = bound;
                    }
                }
                if (!(operation & MULTIPLY)) continue;
                evaluate(round, ends[0], ends[1], values);
            }
#pragma unroll
            for (int p = 0; p < P; p++) {
                if (operation & BEGIN_TERM) {
                    term[p] = values[p];
                } else {
                    term[p] = term[p] * values[p];
                }
            }
            if (operation & END_TERM) {
#pragma unroll
                for (int p = 0; p < P; p++) {
                    if (operation & SHORT && point_of(round, p) == LEADING) continue;
                    sums[p] = sums[p] + (operation & NEGATE ? -term[p] : term[p]);
                }
            }
            if (operation & END_CLASS) {
                LooseFr factor;
                if (round.passes != 0) factor = load(round.weights + weight);
                weight += round.passes;
#pragma unroll
                for (int p = 0; p < P; p++) {
                    totals[p] = totals[p] + (round.passes != 0 ? sums[p] * factor : sums[p]);
                    sums[p] = LooseFr::zero();
                }
            }
        }
    }
    if (round.low != nullptr && global_thread() < round.half) {
        const LooseFr entry = load(round.low + global_thread());
#pragma unroll
        for (int p = 0; p < P; p++) totals[p] = totals[p] * entry;
    }
    const LooseFr sum = block_sum<P>(totals, warps);
    const uint32_t blocks = gridDim.x * gridDim.y;
    if (threadIdx.x < P) {
        store(partial + (blockIdx.y * gridDim.x + blockIdx.x) * P + threadIdx.x, sum.reduce());
        __threadfence();
    }
    __syncthreads();
    if (threadIdx.x == 0) last[0] = atomicAdd(finished, 1u) == blocks - 1;
    __syncthreads();
    if (last[0] == 0) return;
    // The block that finishes last adds up what all of them left.
    __threadfence();
#pragma unroll
    for (int p = 0; p < P; p++) totals[p] = LooseFr::zero();
    for (uint32_t block = threadIdx.x; block < blocks; block += THREADS) {
#pragma unroll
        for (int p = 0; p < P; p++) totals[p] = totals[p] + load(partial + block * P + p);
    }
    const LooseFr total = block_sum<P>(totals, warps);
    if (threadIdx.x < P) store(results + threadIdx.x, total.reduce());
    if (threadIdx.x == 0) *finished = 0;
}

}  // namespace kw

#define KW_SUMCHECK_ROUND(P)                                                                                        \
    extern "C" __global__ void __launch_bounds__(128) kw_sumcheck_round_##P(                                        \
        const kw::Table* tables, const uint32_t* operations, const uint32_t* segments, const kw::Fr* weights,       \
        uint64_t passes, const kw::Fr* low, uint64_t half, uint64_t points, kw::Fr r, kw::Fr* partial,              \
        uint32_t* finished, kw::Fr* results) {                                                                      \
        kw::play<P>({tables, operations, segments, weights, passes, low, half, points}, r, partial, finished, results); \
    }                                                                                                               \
    KW_KERNEL(kw_sumcheck_round_##P);

// Sums at up to 3 points: a request of higher degree takes several launches a round.
KW_SUMCHECK_ROUND(1)
KW_SUMCHECK_ROUND(2)
KW_SUMCHECK_ROUND(3)

// Binds tables, one per row of the grid: entry y becomes entry y of the lower half plus r times the difference. For integers, `r` and the
// element `lift` are 2^256 times what they are for elements.
extern "C" __global__ void __launch_bounds__(128) kw_sumcheck_bind(const kw::Table* tables, const uint32_t* which,
                                                                   uint64_t half, kw::Fr r, kw::Fr lift) {
    const kw::Table table = tables[which[blockIdx.y]];
    for (uint64_t y = kw::global_thread(); y < half; y += kw::grid_threads()) {
        const kw::LooseFr low = kw::entry_at(table, y), high = kw::entry_at(table, y + half);
        kw::store(table.bound + y, kw::LooseFr::product_sum(r, high - low, lift, low).reduce());
    }
}
KW_KERNEL(kw_sumcheck_bind);

// Tables of `eq` over the last k variables of a point, for k = 0 … variables, one after the other: table k begins at entry
// 2^k, so that every entry follows from one of the table before it. One launch per k ≥ 1 fills table k, after table 0.
extern "C" __global__ void __launch_bounds__(128) kw_sumcheck_eq(kw::Fr* tables, uint64_t len, kw::Fr coordinate) {
    for (uint64_t y = kw::global_thread(); y < len; y += kw::grid_threads()) {
        const kw::LooseFr value = kw::load(tables + len + y);
        const kw::LooseFr upper = value * kw::LooseFr(coordinate);
        kw::store(tables + 2 * len + y, (value - upper).reduce());
        kw::store(tables + 3 * len + y, upper.reduce());
    }
}
KW_KERNEL(kw_sumcheck_eq);

KW_MODULE(sumcheck)
