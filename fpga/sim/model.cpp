// A compiled core with the host's end of its serial line: bytes in, bytes out.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "Vcore.h"
#include "verilated.h"

double sc_time_stamp() { return 0; }

namespace {

struct Model {
    std::unique_ptr<VerilatedContext> context;
    std::unique_ptr<Vcore> core;
    // Bit time of the host, and the two timers, in 256ths of a cycle.
    uint32_t bit;
    int64_t send_timer = 0;
    uint32_t send_bits = 0;
    uint32_t send_frame = 1;
    int64_t receive_timer = 0;
    uint32_t receive_bits = 0;
    uint32_t receive_frame = 0;
};

}  // namespace

extern "C" {

void* kernelwise_model_new(uint32_t divider, uint32_t host_bit_256ths, uint32_t seed) {
    auto model = std::make_unique<Model>();
    model->context = std::make_unique<VerilatedContext>();
    // Seed 0: everything starts at zero.
    model->context->randReset(seed == 0 ? 0 : 2);
    model->context->randSeed(static_cast<int>(seed));
    model->core = std::make_unique<Vcore>(model->context.get());
    model->core->divider = divider;
    model->core->rx = 1;
    model->core->clock = 0;
    model->core->eval();
    model->bit = host_bit_256ths;
    return model.release();
}

void kernelwise_model_free(void* opaque) { delete static_cast<Model*>(opaque); }

uint32_t kernelwise_model_busy(const void* opaque) {
    const auto* model = static_cast<const Model*>(opaque);
    return model->core->busy || model->send_bits || model->receive_bits;
}

uint32_t kernelwise_model_cycle(void* opaque, uint32_t rx) {
    Vcore* core = static_cast<Model*>(opaque)->core.get();
    core->rx = rx;
    core->eval();
    const uint32_t pins = core->tx | core->running << 1 | core->busy << 2;
    core->clock = 1;
    core->eval();
    core->clock = 0;
    core->eval();
    return pins;
}

size_t kernelwise_model_run(void* opaque, uint64_t cycles, const uint8_t* input, size_t input_len, size_t* taken,
                            uint8_t* output, size_t output_len) {
    auto* model = static_cast<Model*>(opaque);
    Vcore* core = model->core.get();
    size_t used = 0;
    size_t produced = 0;
    for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
        // Host to core: start bit, eight data bits, stop bit.
        if (model->send_bits == 0 && used < input_len) {
            model->send_frame = (static_cast<uint32_t>(input[used++]) << 1) | 0x200;
            model->send_bits = 10;
            model->send_timer = model->bit;
        }
        core->rx = model->send_bits ? (model->send_frame & 1) : 1;
        if (model->send_bits && (model->send_timer -= 256) <= 0) {
            model->send_timer += model->bit;
            model->send_frame >>= 1;
            --model->send_bits;
        }
        core->clock = 1;
        core->eval();
        core->clock = 0;
        core->eval();
        // Core to host, sampled in the middle of each bit.
        if (model->receive_bits == 0) {
            if (!core->tx) {
                model->receive_bits = 10;
                model->receive_timer = model->bit / 2;
                model->receive_frame = 0;
            }
        } else if ((model->receive_timer -= 256) <= 0) {
            model->receive_timer += model->bit;
            model->receive_frame = (model->receive_frame >> 1) | (core->tx ? 0x200 : 0);
            if (--model->receive_bits == 0 && (model->receive_frame & 0x201) == 0x200 && produced < output_len) {
                output[produced++] = static_cast<uint8_t>(model->receive_frame >> 1);
            }
        }
    }
    *taken = used;
    return produced;
}
}
