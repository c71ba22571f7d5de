// Stacks that are left and resumed: hand-written switches where the architecture is known, ucontext elsewhere.
#pragma once

#include <cstddef>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define KW_SHIM_ASAN 1
#endif

namespace kw_shim {

struct Fiber;

// Fibers; their stacks are kept for the next ones.
class FiberPool {
public:
    FiberPool() = default;
    FiberPool(const FiberPool&) = delete;
    FiberPool& operator=(const FiberPool&) = delete;
    ~FiberPool();

    // A fiber that will run `main`, which must not return.
    Fiber* take(void (*main)());
    // From the scheduler: runs `fiber` until it leaves or finishes.
    void resume(Fiber* fiber);
    // From within `fiber`: back to the scheduler, until resumed.
    void leave(Fiber* fiber);
    // From within `fiber`: back to the scheduler for good.
    [[noreturn]] void finish(Fiber* fiber);
    // From the scheduler: forgets a fiber that is not going to be resumed.
    void abandon(Fiber* fiber);

private:
    std::vector<Fiber*> idle_;
    std::vector<Fiber*> all_;
};

}  // namespace kw_shim
