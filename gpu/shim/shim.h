// What kernels compiled for the host call, and how they are registered. See shim.cpp for how threads are run.
#pragma once

#include <cstddef>
#include <cstdint>

struct uint3 {
    uint32_t x, y, z;
};
struct dim3 {
    uint32_t x, y, z;
};

// Per OS thread: one launch at a time, blocks one after the other. `__thread`, not `thread_local`: no wrapper call.
extern __thread uint3 kw_shim_thread_idx;
extern __thread uint3 kw_shim_block_idx;
extern __thread dim3 kw_shim_block_dim;
extern __thread dim3 kw_shim_grid_dim;

namespace kw_shim {

// A source position, for errors.
struct Site {
    const char* file;
    int line;
};

enum class Collective : uint8_t { Shuffle, Ballot, MatchAny, ReduceAdd, Sync };

// Waits for all threads of the block.
void barrier(Site site);
// Waits for the lanes of `mask` and returns this lane's result. `argument` is the source lane of a shuffle.
uint64_t collective(Collective kind, uint32_t mask, uint64_t value, uint32_t argument, Site site);
// Ends the launch with an error; never returns.
[[noreturn]] void fail(Site site, const char* format, ...) __attribute__((format(printf, 2, 3)));
uint32_t lane();

// Memory of `count * size` bytes shared by the block: one region per site and block, filled with garbage at first use.
void* static_shared(size_t count, size_t size, Site site);
void* dynamic_shared(size_t* bytes);

// Shared memory whose subscripts are checked.
template <class T>
class Shared {
public:
    Shared(void* data, size_t count, Site site) : data_(static_cast<T*>(data)), count_(count), site_(site) {}
    template <class I>
    T& operator[](I index) const {
        if (static_cast<size_t>(index) >= count_)
            fail(site_, "shared index %lld of %zu", static_cast<long long>(index), count_);
        return data_[index];
    }
    // For functions that take a pointer; what they access is checked only by canaries and AddressSanitizer.
    operator T*() const { return data_; }

private:
    T* data_;
    size_t count_;
    Site site_;
};

template <class T>
Shared<T> make_static_shared(size_t count, Site site) {
    return Shared<T>(static_shared(count, sizeof(T), site), count, site);
}

template <class T>
Shared<T> make_dynamic_shared(Site site) {
    size_t bytes = 0;
    void* data = dynamic_shared(&bytes);
    return Shared<T>(data, bytes / sizeof(T), site);
}

// A kernel as the launcher sees it.
struct Kernel {
    const char* name;
    void (*run)(void** arguments);
    const uint32_t* parameter_bytes;
    uint32_t parameters;
    Kernel* next;
};

void enlist(Kernel* kernel);

template <class F, F f>
struct Entry;

template <class... A, void (*f)(A...)>
struct Entry<void (*)(A...), f> {
    static constexpr uint32_t BYTES[sizeof...(A) + 1] = {sizeof(A)..., 0};

    template <size_t... I>
    struct Indices {};
    template <size_t N, size_t... I>
    struct Make : Make<N - 1, N - 1, I...> {};
    template <size_t... I>
    struct Make<0, I...> {
        typedef Indices<I...> Type;
    };

    template <size_t... I>
    static void call(void** arguments, Indices<I...>) {
        (void)arguments;
        f(*static_cast<A*>(arguments[I])...);
    }
    static void run(void** arguments) { call(arguments, typename Make<sizeof...(A)>::Type{}); }
};

template <class F, F f>
struct Register {
    Kernel kernel;
    explicit Register(const char* name)
        : kernel{name, Entry<F, f>::run, Entry<F, f>::BYTES, sizeof(Entry<F, f>::BYTES) / 4 - 1, nullptr} {
        enlist(&kernel);
    }
};

}  // namespace kw_shim

#define KW_SHIM_SITE (kw_shim::Site{__FILE__, __LINE__})
