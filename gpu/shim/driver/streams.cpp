#include "streams.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

namespace standin {

int sticky = 0;

namespace {

std::vector<std::unique_ptr<Stream>> streams;

uint64_t order() {
    static const uint64_t number = [] {
        const char* text = std::getenv("KERNELWISE_STANDIN_ORDER");
        return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
    }();
    return number;
}

// Numbers that look random, the same in every run.
uint64_t random(uint64_t below) {
    static uint64_t state = order();
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (state >> 33) % below;
}

bool is_over(const Place& place) { return place.stream == nullptr || place.stream->done >= place.behind; }

void step(Stream& stream) {
    const Operation operation = std::move(stream.queue.front());
    stream.queue.pop_front();
    const int status = operation.run ? operation.run() : 0;
    stream.done++;
    if (status != 0 && sticky == 0) sticky = status;
}

// Lets the other streams go on as far as the order says.
void others(const Stream* needed) {
    if (order() == 0) return;
    for (const auto& stream : streams) {
        if (stream.get() == needed) continue;
        uint64_t steps = order() == 1 ? UINT64_MAX : random(4);
        for (; steps != 0 && !stream->queue.empty() && is_over(stream->queue.front().after); steps--) step(*stream);
    }
}

}  // namespace

Stream* create() { return streams.emplace_back(new Stream).get(); }

Stream* find(void* which) {
    const auto is_it = [=](const std::unique_ptr<Stream>& stream) { return stream.get() == which; };
    const auto found = std::find_if(streams.begin(), streams.end(), is_it);
    return found == streams.end() ? nullptr : found->get();
}

bool destroy(void* which) {
    Stream* stream = find(which);
    if (stream == nullptr) return false;
    run(now(stream));
    // Kept: events may still name it.
    return true;
}

void enqueue(Stream* stream, std::function<int()> operation) {
    stream->queue.push_back({Place{}, std::move(operation)});
    stream->queued++;
}

void wait_for(Stream* stream, Place place) {
    stream->queue.push_back({place, nullptr});
    stream->queued++;
}

void run(Place place) {
    if (place.stream == nullptr) return;
    // Places are of the past: waits go round no circle.
    while (place.stream->done < place.behind) {
        others(place.stream);
        run(place.stream->queue.front().after);
        step(*place.stream);
    }
}

void run_all() {
    for (const auto& stream : streams) run(now(stream.get()));
}

}  // namespace standin
