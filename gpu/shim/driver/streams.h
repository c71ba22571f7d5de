// Streams and events of the stand-in for the CUDA driver.
//
// What is asked of a stream is kept until somebody asks for an event behind it. Which streams go on then, and how far, is one of the orders that
// CUDA allows: KERNELWISE_STANDIN_ORDER is 0 for only what the event needs, so that everything happens as late as it may, 1 for all that can
// happen before it, and any other number for a mixture. What does not wait for what it needs meets memory too early in some order.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>

namespace standin {

struct Stream;

// A place in a stream: everything that was asked of it before.
struct Place {
    Stream* stream = nullptr;
    uint64_t behind = 0;
};

struct Event {
    Place place;
    bool asked = false;
};

struct Operation {
    // What has to be over before, in another stream.
    Place after;
    // Returns a status.
    std::function<int()> run;
};

struct Stream {
    uint64_t queued = 0, done = 0;
    std::deque<Operation> queue;
};

Stream* create();
// Whether there is such a stream; it runs to its end.
bool destroy(void* which);
// The stream, or null.
Stream* find(void* which);
// A status other than 0 stays that of everything that follows: `sticky`.
void enqueue(Stream* stream, std::function<int()> run);
void wait_for(Stream* stream, Place place);
inline Place now(Stream* stream) { return Place{stream, stream->queued}; }
// Runs what is before a place, and others according to the order.
void run(Place place);
void run_all();

extern int sticky;

}  // namespace standin
