#include "fiber.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

#ifdef KW_SHIM_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace kw_shim {

namespace {

// Committed page by page; AddressSanitizer's frames are several times larger.
constexpr size_t STACK_BYTES = 256 * 1024;
constexpr size_t GUARD_BYTES = 4096 * 16;

}  // namespace

struct Fiber {
    char* memory;
    void (*main)();
#if defined(__x86_64__)
    void* stack_pointer;
    void* scheduler_pointer;
#else
    ucontext_t own;
    ucontext_t scheduler;
#endif
#ifdef KW_SHIM_ASAN
    void* fake_stack;
    void* scheduler_fake_stack;
    const void* scheduler_bottom;
    size_t scheduler_bytes;
#endif
    char* bottom() const { return memory + GUARD_BYTES; }
};

#if defined(__x86_64__)

// Saves what the calling convention keeps, stores the stack pointer at `save` and goes on at `load`.
extern "C" void kw_shim_switch(void** save, void* load);
asm(R"(
.text
.globl kw_shim_switch
.hidden kw_shim_switch
.type kw_shim_switch, @function
kw_shim_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size kw_shim_switch, .-kw_shim_switch
)");

#endif

namespace {

__thread Fiber* entering = nullptr;

void arrived_in_fiber(Fiber* fiber) {
#ifdef KW_SHIM_ASAN
    __sanitizer_finish_switch_fiber(fiber->fake_stack, &fiber->scheduler_bottom, &fiber->scheduler_bytes);
#else
    (void)fiber;
#endif
}

[[noreturn]] void first_entry() {
    Fiber* fiber = entering;
    arrived_in_fiber(fiber);
    fiber->main();
    abort();
}

void to_scheduler(Fiber* fiber) {
#if defined(__x86_64__)
    kw_shim_switch(&fiber->stack_pointer, fiber->scheduler_pointer);
#else
    swapcontext(&fiber->own, &fiber->scheduler);
#endif
}

void prepare(Fiber* fiber) {
#ifdef KW_SHIM_ASAN
    __asan_unpoison_memory_region(fiber->bottom(), STACK_BYTES);
    fiber->fake_stack = nullptr;
#endif
#if defined(__x86_64__)
    // As if called: six saved registers, the address to return to, and one word that makes the stack aligned.
    auto* top = reinterpret_cast<uintptr_t*>(fiber->bottom() + STACK_BYTES);
    memset(top - 8, 0, 8 * sizeof(uintptr_t));
    top[-2] = reinterpret_cast<uintptr_t>(&first_entry);
    fiber->stack_pointer = top - 8;
#else
    getcontext(&fiber->own);
    fiber->own.uc_stack.ss_sp = fiber->bottom();
    fiber->own.uc_stack.ss_size = STACK_BYTES;
    fiber->own.uc_link = nullptr;
    makecontext(&fiber->own, reinterpret_cast<void (*)()>(&first_entry), 0);
#endif
}

}  // namespace

FiberPool::~FiberPool() {
    for (Fiber* fiber : all_) {
#ifdef KW_SHIM_ASAN
        __asan_unpoison_memory_region(fiber->bottom(), STACK_BYTES);
#endif
        munmap(fiber->memory, GUARD_BYTES + STACK_BYTES);
        delete fiber;
    }
}

Fiber* FiberPool::take(void (*main)()) {
    Fiber* fiber;
    if (idle_.empty()) {
        fiber = new Fiber();
        void* memory = mmap(nullptr, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED || mprotect(memory, GUARD_BYTES, PROT_NONE) != 0) {
            fprintf(stderr, "no memory for the stack of a fiber\n");
            abort();
        }
        fiber->memory = static_cast<char*>(memory);
        all_.push_back(fiber);
    } else {
        fiber = idle_.back();
        idle_.pop_back();
    }
    fiber->main = main;
    prepare(fiber);
    return fiber;
}

void FiberPool::resume(Fiber* fiber) {
    entering = fiber;
#ifdef KW_SHIM_ASAN
    __sanitizer_start_switch_fiber(&fiber->scheduler_fake_stack, fiber->bottom(), STACK_BYTES);
#endif
#if defined(__x86_64__)
    kw_shim_switch(&fiber->scheduler_pointer, fiber->stack_pointer);
#else
    swapcontext(&fiber->scheduler, &fiber->own);
#endif
#ifdef KW_SHIM_ASAN
    __sanitizer_finish_switch_fiber(fiber->scheduler_fake_stack, nullptr, nullptr);
#endif
}

void FiberPool::leave(Fiber* fiber) {
#ifdef KW_SHIM_ASAN
    __sanitizer_start_switch_fiber(&fiber->fake_stack, fiber->scheduler_bottom, fiber->scheduler_bytes);
#endif
    to_scheduler(fiber);
    arrived_in_fiber(fiber);
}

void FiberPool::finish(Fiber* fiber) {
    idle_.push_back(fiber);
#ifdef KW_SHIM_ASAN
    __sanitizer_start_switch_fiber(nullptr, fiber->scheduler_bottom, fiber->scheduler_bytes);
#endif
    to_scheduler(fiber);
    abort();
}

void FiberPool::abandon(Fiber* fiber) { idle_.push_back(fiber); }

}  // namespace kw_shim
