// A stand-in for the CUDA driver, so that the code that calls it runs without a card: a card of compute capability 8.0
// whose kernels are those compiled for the host.
//
// Operations of a stream are kept until somebody asks for an event behind them, and the first question is answered with
// "not ready": what touches memory too early, on either side, computes wrong results. Freed memory is overwritten.
// KERNELWISE_STANDIN names one fault.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
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

constexpr uint64_t MEMORY_BYTES = 1ull << 30;
constexpr unsigned SHARED_BYTES = 163 << 10, SHARED_WITHOUT_PERMISSION = 48 << 10;

struct Event {
    uint64_t behind = 0;
    bool asked = false;
};

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
int sticky = SUCCESS;
uint64_t used_bytes = 0, queued = 0, done = 0, launches = 0;
std::map<uint64_t, uint64_t> blocks;
std::map<void*, size_t> pinned;
std::deque<std::function<int()>> queue;
std::set<Event*> events;
std::set<Module*> modules;
int stream;
int pool;
thread_local void* current = nullptr;
int context;

bool fault(const char* name) {
    const char* wanted = std::getenv("KERNELWISE_STANDIN");
    return wanted != nullptr && std::strcmp(wanted, name) == 0;
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

void enqueue(std::function<int()> operation) {
    queue.push_back(std::move(operation));
    queued++;
}

void run(uint64_t until) {
    while (done < until && !queue.empty()) {
        const int status = queue.front()();
        queue.pop_front();
        done++;
        if (status != SUCCESS && sticky == SUCCESS) sticky = status;
    }
}

template <class F>
int guarded(F body) {
    std::lock_guard<std::mutex> guard(lock);
    const int status = check();
    return status == SUCCESS ? body() : status;
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
    *bytes = MEMORY_BYTES;
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
        *free_bytes = MEMORY_BYTES - used_bytes;
        *total = MEMORY_BYTES;
        return SUCCESS;
    });
}

int cuStreamCreate(void** out, unsigned) {
    *out = &stream;
    return SUCCESS;
}

int cuStreamDestroy_v2(void* which) { return which == &stream ? SUCCESS : INVALID_HANDLE; }

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

int cuEventCreate(void** out, unsigned) {
    return guarded([&] {
        Event* event = new Event;
        events.insert(event);
        *out = event;
        return SUCCESS;
    });
}

int cuEventRecord(void* which, void*) {
    return guarded([&] {
        Event* event = static_cast<Event*>(which);
        if (events.count(event) == 0) return INVALID_HANDLE;
        event->behind = queued;
        event->asked = false;
        return SUCCESS;
    });
}

int cuEventQuery(void* which) {
    return guarded([&]() -> int {
        Event* event = static_cast<Event*>(which);
        if (events.count(event) == 0) return INVALID_HANDLE;
        if (!event->asked) {
            event->asked = true;
            return NOT_READY;
        }
        if (fault("hang") && launches != 0) return NOT_READY;
        run(event->behind);
        return sticky;
    });
}

int cuEventDestroy_v2(void* which) {
    return guarded([&] {
        Event* event = static_cast<Event*>(which);
        if (events.erase(event) == 0) return INVALID_HANDLE;
        delete event;
        return SUCCESS;
    });
}

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

int cuModuleUnload(void* which) {
    return guarded([&] {
        Module* module = static_cast<Module*>(which);
        if (modules.erase(module) == 0) return INVALID_HANDLE;
        delete module;
        return SUCCESS;
    });
}

int cuModuleGetFunction(void** out, void* which, const char* name) {
    return guarded([&] {
        Module* module = static_cast<Module*>(which);
        const bool there = module->image.find(name) != std::string::npos && kw_shim_parameters(name, nullptr, 0) >= 0;
        if (modules.count(module) == 0 || !there) return NOT_FOUND;
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

int cuMemAllocAsync(uint64_t* out, size_t bytes, void*) {
    return guarded([&] {
        if (bytes == 0) return INVALID_VALUE;
        if (used_bytes + bytes > MEMORY_BYTES) return OUT_OF_MEMORY;
        void* memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
        if (memory == nullptr) return OUT_OF_MEMORY;
        std::memset(memory, 0xa5, bytes);
        *out = reinterpret_cast<uint64_t>(memory);
        blocks[*out] = bytes;
        used_bytes += bytes;
        return SUCCESS;
    });
}

int cuMemFreeAsync(uint64_t pointer, void*) {
    return guarded([&] {
        enqueue([pointer]() -> int {
            auto block = blocks.find(pointer);
            if (block == blocks.end()) return INVALID_VALUE;
            std::memset(reinterpret_cast<void*>(pointer), 0x5a, block->second);
            std::free(reinterpret_cast<void*>(pointer));
            used_bytes -= block->second;
            blocks.erase(block);
            return SUCCESS;
        });
        return SUCCESS;
    });
}

int cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, void*) {
    return guarded([&] {
        enqueue([=]() -> int {
            if (!inside(to, bytes)) return ILLEGAL_ADDRESS;
            std::memcpy(reinterpret_cast<void*>(to), from, bytes);
            return SUCCESS;
        });
        return SUCCESS;
    });
}

int cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, void*) {
    return guarded([&] {
        enqueue([=]() -> int {
            if (!inside(from, bytes)) return ILLEGAL_ADDRESS;
            std::memcpy(to, reinterpret_cast<void*>(from), bytes);
            return SUCCESS;
        });
        return SUCCESS;
    });
}

int cuMemsetD8Async(uint64_t to, unsigned char value, size_t bytes, void*) {
    return guarded([&] {
        enqueue([=]() -> int {
            if (!inside(to, bytes)) return ILLEGAL_ADDRESS;
            std::memset(reinterpret_cast<void*>(to), value, bytes);
            return SUCCESS;
        });
        return SUCCESS;
    });
}

int cuLaunchKernel(void* which, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                   unsigned shared_bytes, void*, void** parameters, void**) {
    return guarded([&]() -> int {
        const Function* function = static_cast<const Function*>(which);
        if (shared_bytes > function->shared_bytes) return INVALID_VALUE;
        if (fault("resources")) return OUT_OF_RESOURCES;
        launches++;
        if (fault("lost") && launches == 3) {
            enqueue([] { return ILLEGAL_ADDRESS; });
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
        enqueue([=]() mutable -> int {
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
