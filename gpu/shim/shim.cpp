// Runs CUDA kernels on the host, for tests without a card.
//
// Blocks run one after the other in an order that depends on the seed. Threads are fibers that run until they wait, at
// a barrier or a warp-wide operation, or end; who goes next depends on the seed too. A thread that ends without waiting
// leaves its fiber to the next thread, so that a kernel without barriers costs no switch at all. What cannot continue
// (divergent barriers, lanes that wait for lanes that never come) is an error, not a hang: kernels have no other waits.
//
// Deliberately absent: races between blocks, and memory models; compute-sanitizer on a card looks for those.
#include "shim.h"
#include "fiber.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

__thread uint3 kw_shim_thread_idx;
__thread uint3 kw_shim_block_idx;
__thread dim3 kw_shim_block_dim;
__thread dim3 kw_shim_grid_dim;

#define KW_SHIM_MODULE(name) extern "C" void kw_shim_module_##name();
#include "modules.inc"
#undef KW_SHIM_MODULE

namespace kw_shim {
namespace {

Kernel* kernels = nullptr;

// What a thread waits for.
enum class State : uint8_t { Unborn, Ready, AtBarrier, InCollective, Ended };

struct Thread {
    Fiber* fiber;
    State state;
    Collective kind;
    uint32_t mask;
    uint32_t argument;
    uint64_t value;
    Site site;
};

struct Region {
    Site site;
    unsigned char* memory;
    size_t bytes;
};

// Around every region of shared memory.
constexpr size_t CANARY_BYTES = 64;
#ifdef KW_SHIM_ASAN
// AddressSanitizer sees more, right behind the allocation that each region is.
constexpr size_t BACK_BYTES = 0;
#else
constexpr size_t BACK_BYTES = CANARY_BYTES;
#endif
constexpr unsigned char CANARY = 0xc5;
// What one block can have on the smallest card of the list, an A100, and what it can declare.
constexpr size_t MAX_SHARED_BYTES = 163 * 1024;
constexpr size_t MAX_STATIC_BYTES = 48 * 1024;
constexpr uint32_t MAX_BLOCK = 1024;

struct Random {
    uint64_t state;
    uint32_t next() {
        state += 0x9e3779b97f4a7c15ull;
        uint64_t z = state;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ z >> 27) * 0x94d049bb133111ebull;
        return static_cast<uint32_t>(z >> 32);
    }
    uint32_t below(uint32_t n) { return static_cast<uint32_t>(static_cast<uint64_t>(next()) * n >> 32); }
};

struct Launch {
    const Kernel* kernel;
    void** arguments;
    Random random;
    FiberPool& fibers;
    uint32_t size = 0;
    std::vector<Thread> threads;
    std::vector<uint32_t> order;
    uint32_t started = 0;
    uint32_t ended = 0;
    uint32_t at_barrier = 0;
    std::vector<uint32_t> ready;
    uint32_t running = 0;
    std::vector<Region> regions;
    size_t static_bytes = 0;
    Region dynamic{};
    char error[512] = "";

    Launch(const Kernel* kernel, void** arguments, uint64_t seed, FiberPool& fibers)
        : kernel(kernel), arguments(arguments), random{seed}, fibers(fibers) {}

    void shuffle(std::vector<uint32_t>& list) {
        for (size_t i = list.size(); i > 1; i--) std::swap(list[i - 1], list[random.below(static_cast<uint32_t>(i))]);
    }

    void enter(uint32_t thread) {
        running = thread;
        kw_shim_thread_idx.x = thread % kw_shim_block_dim.x;
        kw_shim_thread_idx.y = thread / kw_shim_block_dim.x % kw_shim_block_dim.y;
        kw_shim_thread_idx.z = thread / kw_shim_block_dim.x / kw_shim_block_dim.y;
    }

    Region allocate(size_t bytes, Site site) {
        void* allocated = nullptr;
        if (posix_memalign(&allocated, 16, bytes + CANARY_BYTES + BACK_BYTES) != 0) abort();
        auto* memory = static_cast<unsigned char*>(allocated);
        Region region{site, memory, bytes};
        memset(memory, CANARY, CANARY_BYTES);
        for (size_t i = 0; i < bytes; i++) memory[CANARY_BYTES + i] = static_cast<unsigned char>(random.next());
        memset(memory + CANARY_BYTES + bytes, CANARY, BACK_BYTES);
        return region;
    }

    bool release(const Region& region) {
        bool intact = true;
        for (size_t i = 0; i < CANARY_BYTES; i++) intact &= region.memory[i] == CANARY;
        for (size_t i = 0; i < BACK_BYTES; i++) intact &= region.memory[CANARY_BYTES + region.bytes + i] == CANARY;
        free(region.memory);
        return intact;
    }

    void run_block(size_t shared_bytes);
    void schedule();
    bool complete(uint32_t thread);
};

__thread Launch* launch = nullptr;

// The life of a fiber: thread after thread, as long as they end without having waited.
void fiber_main() {
    Launch& l = *launch;
    for (;;) {
        l.kernel->run(l.arguments);
        Thread& self = l.threads[l.running];
        self.state = State::Ended;
        l.ended++;
        if (l.started == l.size) {
            Fiber* fiber = self.fiber;
            self.fiber = nullptr;
            l.fibers.finish(fiber);
        }
        uint32_t next = l.order[l.started++];
        l.threads[next].fiber = self.fiber;
        l.threads[next].state = State::Ready;
        self.fiber = nullptr;
        l.enter(next);
    }
}

void wait() {
    Launch& l = *launch;
    uint32_t self = l.running;
    l.fibers.leave(l.threads[self].fiber);
    l.enter(self);
}

// Completes the warp-wide operation of `thread` if all its lanes have come.
bool Launch::complete(uint32_t thread) {
    const Thread& last = threads[thread];
    uint32_t first = thread / 32 * 32;
    for (uint32_t lane = 0; lane < 32; lane++) {
        if (!(last.mask >> lane & 1)) continue;
        if (first + lane >= size) return false;
        const Thread& other = threads[first + lane];
        if (other.state != State::InCollective || other.mask != last.mask || other.kind != last.kind ||
            other.site.line != last.site.line || strcmp(other.site.file, last.site.file) != 0)
            return false;
    }
    uint64_t values[32];
    uint32_t mask = last.mask, ballot = 0;
    uint64_t sum = 0;
    for (uint32_t lane = 0; lane < 32; lane++) {
        // What a lane outside the mask would give is undefined on the device.
        values[lane] = random.next() * 0x100000001ull;
        if (!(mask >> lane & 1)) continue;
        values[lane] = threads[first + lane].value;
        ballot |= static_cast<uint32_t>(values[lane] & 1) << lane;
        sum += values[lane];
    }
    size_t released = ready.size();
    for (uint32_t lane = 0; lane < 32; lane++) {
        if (!(mask >> lane & 1)) continue;
        Thread& t = threads[first + lane];
        switch (t.kind) {
            case Collective::Shuffle: t.value = values[t.argument]; break;
            case Collective::Ballot: t.value = ballot; break;
            case Collective::ReduceAdd: t.value = static_cast<uint32_t>(sum); break;
            case Collective::MatchAny: {
                uint32_t equal = 0;
                for (uint32_t other = 0; other < 32; other++)
                    equal |= static_cast<uint32_t>((mask >> other & 1) && values[other] == values[lane]) << other;
                t.value = equal;
                break;
            }
            case Collective::Sync: break;
        }
        t.state = State::Ready;
        ready.push_back(first + lane);
    }
    for (size_t i = ready.size(); i > released + 1; i--)
        std::swap(ready[i - 1], ready[released + random.below(static_cast<uint32_t>(i - released))]);
    return true;
}

void Launch::schedule() {
    // Whether a warp runs ahead of the others or falls behind.
    bool newest_first = random.next() & 1;
    size_t oldest = 0;
    ready.clear();
    while (ended < size && error[0] == 0) {
        if (started < size) {
            uint32_t next = order[started++];
            threads[next].fiber = fibers.take(fiber_main);
            threads[next].state = State::Ready;
            enter(next);
            fibers.resume(threads[next].fiber);
        } else if (oldest < ready.size()) {
            uint32_t next = newest_first ? ready.back() : ready[oldest++];
            if (newest_first) ready.pop_back();
            if (oldest == ready.size()) ready.clear(), oldest = 0;
            enter(next);
            fibers.resume(threads[next].fiber);
        } else if (at_barrier == size) {
            at_barrier = 0;
            const Site site = threads[0].site;
            for (uint32_t t = 0; t < size; t++) {
                if (threads[t].site.line != site.line || strcmp(threads[t].site.file, site.file) != 0) {
                    snprintf(error, sizeof error, "%s:%d: thread 0 waits at this barrier, thread %u at line %d",
                             site.file, site.line, t, threads[t].site.line);
                    return;
                }
                threads[t].state = State::Ready;
                ready.push_back(t);
            }
            shuffle(ready);
            newest_first = random.next() & 1;
        } else {
            for (uint32_t t = 0; t < size; t++) {
                if (threads[t].state == State::Ended) continue;
                bool barrier = threads[t].state == State::AtBarrier;
                snprintf(error, sizeof error, "%s:%d: thread %u waits %s; %u of %u threads have ended, %u are at a barrier",
                         threads[t].site.file, threads[t].site.line, t,
                         barrier ? "at a barrier that not all threads reach" : "for lanes that do not come", ended, size,
                         at_barrier);
                return;
            }
        }
    }
}

void Launch::run_block(size_t shared_bytes) {
    started = ended = at_barrier = 0;
    static_bytes = 0;
    for (Thread& t : threads) t.state = State::Unborn, t.fiber = nullptr;
    shuffle(order);
    dynamic = allocate(shared_bytes, Site{"dynamic shared memory", 0});
    schedule();
    for (Thread& t : threads)
        if (t.fiber != nullptr) fibers.abandon(t.fiber);
    regions.push_back(dynamic);
    for (const Region& region : regions)
        if (!release(region) && error[0] == 0)
            snprintf(error, sizeof error, "%s:%d: written outside of %zu bytes of shared memory", region.site.file,
                     region.site.line, region.bytes);
    regions.clear();
}

const Kernel* find(const char* name) {
#define KW_SHIM_MODULE(module) kw_shim_module_##module();
#include "modules.inc"
#undef KW_SHIM_MODULE
    for (const Kernel* kernel = kernels; kernel != nullptr; kernel = kernel->next)
        if (strcmp(kernel->name, name) == 0) return kernel;
    return nullptr;
}

uint64_t gcd(uint64_t a, uint64_t b) { return b == 0 ? a : gcd(b, a % b); }

}  // namespace

void enlist(Kernel* kernel) {
    kernel->next = kernels;
    kernels = kernel;
}

uint32_t lane() { return launch->running % 32; }

void fail(Site site, const char* format, ...) {
    Launch& l = *launch;
    int used = snprintf(l.error, sizeof l.error, "%s:%d: thread %u of block %u: ", site.file, site.line, l.running,
                        kw_shim_block_idx.x);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(l.error + used, sizeof l.error - used, format, arguments);
    va_end(arguments);
    // The scheduler ends the launch and never comes back here.
    for (;;) l.fibers.leave(l.threads[l.running].fiber);
}

void barrier(Site site) {
    Thread& self = launch->threads[launch->running];
    self.state = State::AtBarrier;
    self.site = site;
    launch->at_barrier++;
    wait();
}

uint64_t collective(Collective kind, uint32_t mask, uint64_t value, uint32_t argument, Site site) {
    uint32_t running = launch->running;
    Thread& self = launch->threads[running];
    if (!(mask >> (running % 32) & 1)) fail(site, "lane is not in mask %08x", mask);
    self.kind = kind;
    self.mask = mask;
    self.value = value;
    self.argument = argument;
    self.site = site;
    self.state = State::InCollective;
    launch->complete(running);
    // Even if nothing is missing: lanes go on in any order.
    wait();
    return self.value;
}

void* static_shared(size_t count, size_t size, Site site) {
    Launch& l = *launch;
    for (const Region& region : l.regions)
        if (region.site.line == site.line && strcmp(region.site.file, site.file) == 0)
            return region.memory + CANARY_BYTES;
    l.static_bytes += count * size;
    if (l.static_bytes > MAX_STATIC_BYTES) fail(site, "%zu bytes of static shared memory", l.static_bytes);
    l.regions.push_back(l.allocate(count * size, site));
    return l.regions.back().memory + CANARY_BYTES;
}

void* dynamic_shared(size_t* bytes) {
    *bytes = launch->dynamic.bytes;
    return launch->dynamic.memory + CANARY_BYTES;
}

}  // namespace kw_shim

using namespace kw_shim;

// The bytes of each parameter of a kernel, at most `capacity` of them; returns how many there are, -1 if no such kernel.
extern "C" int kw_shim_parameters(const char* name, uint32_t* bytes, size_t capacity) {
    const Kernel* kernel = find(name);
    if (kernel == nullptr) return -1;
    for (uint32_t i = 0; i < kernel->parameters && i < capacity; i++) bytes[i] = kernel->parameter_bytes[i];
    return static_cast<int>(kernel->parameters);
}

// Runs a kernel to its end, with arguments as cuLaunchKernel takes them. Returns 0, or 1 with a message in `error`.
extern "C" int kw_shim_launch(const char* name, const uint32_t grid[3], const uint32_t block[3], uint32_t shared_bytes,
                              void** arguments, uint64_t seed, char* error, size_t error_bytes) {
    const Kernel* kernel = find(name);
    uint64_t blocks = 1, threads = 1;
    bool fits = true;
    const uint32_t limits[3] = {0x7fffffffu, 65535, 65535};
    for (int i = 0; i < 3; i++) {
        fits &= grid[i] != 0 && grid[i] <= limits[i] && block[i] != 0 && block[i] <= MAX_BLOCK;
        blocks *= grid[i];
        threads *= block[i];
    }
    if (kernel == nullptr) return snprintf(error, error_bytes, "no kernel %s", name), 1;
    if (!fits || threads > MAX_BLOCK || blocks > UINT32_MAX || shared_bytes > MAX_SHARED_BYTES)
        return snprintf(error, error_bytes, "%s: grid %u x %u x %u, block %u x %u x %u, %u bytes shared", name, grid[0],
                        grid[1], grid[2], block[0], block[1], block[2], shared_bytes),
               1;

    // Kept for the next launch of this OS thread: mapping a thousand stacks takes milliseconds.
    static thread_local FiberPool fibers;
    Launch l(kernel, arguments, seed, fibers);
    l.size = static_cast<uint32_t>(threads);
    l.threads.resize(threads);
    for (uint32_t t = 0; t < threads; t++) l.order.push_back(t);
    Launch* outer = launch;
    launch = &l;
    kw_shim_block_dim = dim3{block[0], block[1], block[2]};
    kw_shim_grid_dim = dim3{grid[0], grid[1], grid[2]};
    uint64_t step = l.random.below(static_cast<uint32_t>(blocks)) | 1;
    while (gcd(step, blocks) != 1) step++;
    uint64_t index = l.random.below(static_cast<uint32_t>(blocks));
    for (uint64_t i = 0; i < blocks && l.error[0] == 0; i++) {
        kw_shim_block_idx.x = static_cast<uint32_t>(index % grid[0]);
        kw_shim_block_idx.y = static_cast<uint32_t>(index / grid[0] % grid[1]);
        kw_shim_block_idx.z = static_cast<uint32_t>(index / grid[0] / grid[1]);
        l.run_block(shared_bytes);
        index = (index + step) % blocks;
    }
    launch = outer;
    if (l.error[0] == 0) return 0;
    snprintf(error, error_bytes, "%s: %s", name, l.error);
    return 1;
}
