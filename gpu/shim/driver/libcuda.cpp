// A stand-in for the CUDA driver, so that the code that calls it runs without a card: a card of compute capability 8.0
// whose kernels are those compiled for the host.
//
// Operations of a stream are kept until somebody asks for an event behind them (streams.h), and the first question is
// answered with "not ready": what touches memory too early, on either side, computes wrong results. Memory is overwritten
// when it comes to be and when it is freed, each in the order of its stream. KERNELWISE_STANDIN names faults.
#include "streams.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

extern "C" int kw_shim_launch(const char*, const uint32_t*, const uint32_t*, uint32_t, void**, uint64_t, char*, size_t);
extern "C" int kw_shim_parameters(const char*, uint32_t*, size_t);

namespace {

// Numbers of the driver's interface.
enum Status : int {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    NOT_INITIALIZED = 3,
    NO_DEVICE = 100,
    INVALID_CONTEXT = 201,
    NO_BINARY = 209,
    INVALID_PTX = 218,
    INVALID_HANDLE = 400,
    NOT_FOUND = 500,
    NOT_READY = 600,
    ILLEGAL_ADDRESS = 700,
    OUT_OF_RESOURCES = 701,
};

constexpr unsigned SHARED_BYTES = 163 << 10, SHARED_WITHOUT_PERMISSION = 48 << 10;

using standin::Event;
using standin::Stream;
using standin::sticky;

struct Function {
    std::string name;
    unsigned shared_bytes = SHARED_WITHOUT_PERMISSION;
};

struct Module {
    std::string image;
    std::map<std::string, Function> functions;
};

std::mutex lock;
bool initialized = false;
uint64_t used_bytes = 0, launches = 0;
std::map<uint64_t, uint64_t> blocks;
std::map<void*, size_t> pinned;
std::set<Event*> events;
std::set<Module*> modules;
int pool;
thread_local void* current = nullptr;
int context;

// Whether KERNELWISE_STANDIN names it, between commas.
bool fault(const char* name) {
    const char* wanted = std::getenv("KERNELWISE_STANDIN");
    if (wanted == nullptr) return false;
    const std::string list = std::string(",") + wanted + ",", entry = std::string(",") + name + ",";
    return list.find(entry) != std::string::npos;
}

// What any call says before it does anything.
int check() {
    if (!initialized) return NOT_INITIALIZED;
    if (current != &context) return INVALID_CONTEXT;
    return sticky;
}

bool inside(uint64_t start, uint64_t bytes) {
    auto block = blocks.upper_bound(start);
    if (block == blocks.begin()) return false;
    --block;
    return start + bytes <= block->first + block->second;
}

uint64_t memory_bytes() { return fault("small") ? 6ull << 20 : 1ull << 30; }

template <class F>
int guarded(F body) {
    std::lock_guard<std::mutex> guard(lock);
    const int status = check();
    return status == SUCCESS ? body() : status;
}

// An operation of a stream.
template <class F>
int asynchronous(void* which, F operation) {
    return guarded([&]() -> int {
        Stream* stream = standin::find(which);
        if (stream == nullptr) return INVALID_HANDLE;
        standin::enqueue(stream, std::move(operation));
        return SUCCESS;
    });
}

// One that touches memory of the card.
template <class F>
int touching(void* which, uint64_t device, size_t bytes, F operation) {
    return asynchronous(which, [=]() -> int {
        if (!inside(device, bytes)) return ILLEGAL_ADDRESS;
        operation(reinterpret_cast<void*>(device));
        return SUCCESS;
    });
}

// What is done with a handle of `known`.
template <class T, class F>
int handled(std::set<T*>& known, void* which, F body) {
    return guarded([&]() -> int {
        T* handle = static_cast<T*>(which);
        return known.count(handle) == 0 ? INVALID_HANDLE : body(handle);
    });
}

template <class T>
int create(std::set<T*>& known, void** out) {
    return guarded([&] {
        *out = *known.insert(new T).first;
        return SUCCESS;
    });
}

template <class T>
int destroy(std::set<T*>& known, void* which) {
    return handled(known, which, [&](T* handle) {
        known.erase(handle);
        delete handle;
        return SUCCESS;
    });
}

}  // namespace

extern "C" {

int cuDriverGetVersion(int* version) {
    *version = fault("old") ? 12070 : 12080;
    return SUCCESS;
}

int cuInit(unsigned) {
    if (fault("no-device")) return NO_DEVICE;
    initialized = true;
    return SUCCESS;
}

int cuDeviceGetCount(int* count) {
    *count = 1;
    return SUCCESS;
}

int cuDeviceGet(int* device, int ordinal) {
    *device = ordinal;
    return ordinal == 0 ? SUCCESS : INVALID_VALUE;
}

int cuDeviceGetAttribute(int* value, int attribute, int) {
    switch (attribute) {
        case 13: *value = 1410000; return SUCCESS;                  // clock, in kHz
        case 16: *value = 2; return SUCCESS;                        // multiprocessors
        case 36: *value = 1215000; return SUCCESS;                  // clock of the memory
        case 37: *value = 5120; return SUCCESS;                     // width of its bus, in bits
        case 75: *value = fault("generation") ? 7 : 8; return SUCCESS;  // compute capability, major
        case 76: *value = 0; return SUCCESS;                        // and minor
        case 97: *value = SHARED_BYTES; return SUCCESS;             // shared memory with permission
        default: return INVALID_VALUE;
    }
}

int cuDeviceGetName(char* name, int len, int) {
    std::strncpy(name, "stand-in for a card", static_cast<size_t>(len));
    return SUCCESS;
}

int cuDeviceTotalMem_v2(size_t* bytes, int) {
    *bytes = memory_bytes();
    return SUCCESS;
}

int cuDevicePrimaryCtxRetain(void** out, int) {
    *out = &context;
    return SUCCESS;
}

int cuDevicePrimaryCtxRelease_v2(int) { return SUCCESS; }

int cuCtxSetCurrent(void* wanted) {
    if (wanted != &context) return INVALID_CONTEXT;
    current = wanted;
    return SUCCESS;
}

int cuDeviceGetDefaultMemPool(void** out, int) {
    *out = &pool;
    return SUCCESS;
}

int cuMemPoolSetAttribute(void* which, int attribute, void* value) {
    return which == &pool && attribute == 4 && value != nullptr ? SUCCESS : INVALID_VALUE;
}

int cuMemPoolGetAttribute(void* which, int attribute, void* value) {
    // Reserved and used, both now: everything that was ever used stays reserved here.
    if (which != &pool || (attribute != 5 && attribute != 7)) return INVALID_VALUE;
    *static_cast<uint64_t*>(value) = used_bytes;
    return SUCCESS;
}

int cuMemGetInfo_v2(size_t* free_bytes, size_t* total) {
    return guarded([&] {
        *free_bytes = memory_bytes() - used_bytes;
        *total = memory_bytes();
        return SUCCESS;
    });
}

int cuStreamCreate(void** out, unsigned) {
    return guarded([&] {
        *out = standin::create();
        return SUCCESS;
    });
}

int cuStreamDestroy_v2(void* which) {
    return guarded([&] { return standin::destroy(which) ? SUCCESS : INVALID_HANDLE; });
}

int cuStreamWaitEvent(void* which, void* event, unsigned) {
    return handled(events, event, [&](Event* event) -> int {
        Stream* stream = standin::find(which);
        if (stream == nullptr) return INVALID_HANDLE;
        if (!fault("forgetful")) standin::wait_for(stream, event->place);
        return SUCCESS;
    });
}

int cuMemHostAlloc(void** out, size_t bytes, unsigned) {
    return guarded([&] {
        *out = std::malloc(bytes);
        pinned[*out] = bytes;
        return *out != nullptr ? SUCCESS : OUT_OF_MEMORY;
    });
}

int cuMemFreeHost(void* memory) {
    return guarded([&] {
        if (pinned.erase(memory) == 0) return static_cast<int>(INVALID_VALUE);
        std::free(memory);
        return static_cast<int>(SUCCESS);
    });
}

int cuEventCreate(void** out, unsigned) { return create(events, out); }

int cuEventRecord(void* which, void* where) {
    return handled(events, which, [&](Event* event) -> int {
        Stream* stream = standin::find(where);
        if (stream == nullptr) return INVALID_HANDLE;
        *event = Event{standin::now(stream), false};
        return SUCCESS;
    });
}

int cuEventQuery(void* which) {
    return handled(events, which, [](Event* event) -> int {
        if (!event->asked) {
            event->asked = true;
            return NOT_READY;
        }
        if (fault("hang") && launches != 0) return NOT_READY;
        standin::run(event->place);
        return sticky;
    });
}

int cuEventDestroy_v2(void* which) { return destroy(events, which); }

int cuModuleLoadData(void** out, const void* image) {
    return guarded([&]() -> int {
        const char* bytes = static_cast<const char*>(image);
        Module* module = new Module;
        if (std::memcmp(bytes, "\177ELF", 4) == 0) {
            // The end of an ELF file is that of its section headers here.
            uint64_t sections;
            uint16_t size, count;
            std::memcpy(&sections, bytes + 40, 8);
            std::memcpy(&size, bytes + 58, 2);
            std::memcpy(&count, bytes + 60, 2);
            module->image.assign(bytes, sections + static_cast<uint64_t>(size) * count);
        } else {
            module->image = bytes;
        }
        const bool assembly = module->image.find(".target sm_80") != std::string::npos;
        if (fault("assembly") && !assembly) return NO_BINARY;
        if (fault("image")) return INVALID_PTX;
        modules.insert(module);
        *out = module;
        return SUCCESS;
    });
}

int cuModuleUnload(void* which) { return destroy(modules, which); }

int cuModuleGetFunction(void** out, void* which, const char* name) {
    return handled(modules, which, [&](Module* module) {
        const bool there = module->image.find(name) != std::string::npos && kw_shim_parameters(name, nullptr, 0) >= 0;
        if (!there) return NOT_FOUND;
        Function& function = module->functions[name];
        function.name = name;
        *out = &function;
        return SUCCESS;
    });
}

int cuFuncSetAttribute(void* which, int attribute, int value) {
    return guarded([&] {
        if (attribute != 8 || value < 0 || static_cast<unsigned>(value) > SHARED_BYTES) return INVALID_VALUE;
        static_cast<Function*>(which)->shared_bytes = static_cast<unsigned>(value);
        return SUCCESS;
    });
}

int cuMemAllocAsync(uint64_t* out, size_t bytes, void* which) {
    return guarded([&]() -> int {
        Stream* stream = standin::find(which);
        if (stream == nullptr) return INVALID_HANDLE;
        if (bytes == 0) return INVALID_VALUE;
        // What is freed somewhere in the queues is waited for.
        if (used_bytes + bytes > memory_bytes()) standin::run_all();
        if (used_bytes + bytes > memory_bytes()) return OUT_OF_MEMORY;
        void* memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
        if (memory == nullptr) return OUT_OF_MEMORY;
        *out = reinterpret_cast<uint64_t>(memory);
        blocks[*out] = bytes;
        used_bytes += bytes;
        // Now and when it comes to be.
        std::memset(memory, 0xa5, bytes);
        standin::enqueue(stream, [=]() -> int {
            if (!inside(reinterpret_cast<uint64_t>(memory), bytes)) return ILLEGAL_ADDRESS;
            std::memset(memory, 0x3c, bytes);
            return SUCCESS;
        });
        return SUCCESS;
    });
}

int cuMemFreeAsync(uint64_t pointer, void* stream) {
    return asynchronous(stream, [pointer]() -> int {
        auto block = blocks.find(pointer);
        if (block == blocks.end()) return INVALID_VALUE;
        std::memset(reinterpret_cast<void*>(pointer), 0x5a, block->second);
        std::free(reinterpret_cast<void*>(pointer));
        used_bytes -= block->second;
        blocks.erase(block);
        return SUCCESS;
    });
}

int cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, void* stream) {
    return touching(stream, to, bytes, [=](void* device) { std::memcpy(device, from, bytes); });
}

int cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, void* stream) {
    return touching(stream, from, bytes, [=](void* device) { std::memcpy(to, device, bytes); });
}

int cuMemsetD8Async(uint64_t to, unsigned char value, size_t bytes, void* stream) {
    return touching(stream, to, bytes, [=](void* device) { std::memset(device, value, bytes); });
}

int cuLaunchKernel(void* which, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                   unsigned shared_bytes, void* where, void** parameters, void**) {
    return guarded([&]() -> int {
        Stream* stream = standin::find(where);
        if (stream == nullptr) return INVALID_HANDLE;
        const Function* function = static_cast<const Function*>(which);
        if (shared_bytes > function->shared_bytes) return INVALID_VALUE;
        if (fault("resources")) return OUT_OF_RESOURCES;
        launches++;
        if (fault("lost") && launches == 3) {
            standin::enqueue(stream, [] { return ILLEGAL_ADDRESS; });
            return SUCCESS;
        }
        uint32_t sizes[64];
        const int count = kw_shim_parameters(function->name.c_str(), sizes, 64);
        // Arguments are copied now, and the caller's memory is not looked at again.
        std::vector<std::vector<uint64_t>> values;
        for (int i = 0; i < count; i++) {
            values.emplace_back((sizes[i] + 31) / 32 * 4);
            std::memcpy(values.back().data(), parameters[i], sizes[i]);
        }
        standin::enqueue(stream, [=]() -> int {
            // Values may be of types that are aligned to 16 bytes.
            struct alignas(32) Slot {
                unsigned char bytes[64];
            };
            std::vector<Slot> slots(values.size());
            std::vector<void*> pointers;
            for (size_t i = 0; i < values.size(); i++) {
                std::memcpy(slots[i].bytes, values[i].data(), values[i].size() * 8);
                pointers.push_back(slots[i].bytes);
            }
            const uint32_t grid[3] = {gx, gy, gz}, block[3] = {bx, by, bz};
            char error[256];
            const int status = kw_shim_launch(function->name.c_str(), grid, block, shared_bytes, pointers.data(), 0, error, sizeof error);
            if (status != 0) std::fprintf(stderr, "%s: %s\n", function->name.c_str(), error);
            return status == 0 ? SUCCESS : ILLEGAL_ADDRESS;
        });
        return SUCCESS;
    });
}

int cuGetErrorName(int, const char** out) {
    *out = "CUDA_ERROR";
    return SUCCESS;
}

int cuGetErrorString(int status, const char** out) {
    static thread_local std::string text;
    text = "status " + std::to_string(status);
    *out = text.c_str();
    return SUCCESS;
}

}  // extern "C"
