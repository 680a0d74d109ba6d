// Streams, events, callbacks, and captured graphs.
//
// Streams are lazy: what is put on one runs when somebody waits for it, and no earlier. A program that forgets to wait
// then reads old data each time, not once in a thousand runs.
#include "driver.h"

#include <chrono>

namespace emulator {
namespace {

constexpr unsigned non_blocking = 1;
constexpr unsigned event_disable_timing = 2;
constexpr size_t bytes_of_a_node = 4096;  // what a graph has to find for each, though it is not held

double now_milliseconds() {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void run(Work& work) {
    if (work.on_host) {
        in_host_function = true;
        work.run();
        in_host_function = false;
    } else {
        work.run();
    }
}

// What was queued behind a failure never runs.
void drop_everything() {
    auto drop = [](Stream& stream) {
        stream.queue.clear();
    };
    drop(driver.legacy);
    for (Stream* stream : driver.streams.all()) {
        drop(*stream);
    }
}

// Runs a stream's work in order until `enough`, and first what it waits for on other streams.
CUresult drain_until(Stream& stream, const std::function<bool()>& enough) {
    while (driver.broken == CUDA_SUCCESS && !stream.queue.empty() && !enough()) {
        Work work = std::move(stream.queue.front());
        stream.queue.pop_front();
        if (work.awaited != nullptr) {
            std::shared_ptr<Record> record = work.awaited;
            drain_until(*record->stream, [&] { return record->done; });
        } else {
            run(work);
        }
    }
    if (driver.broken != CUDA_SUCCESS) {
        drop_everything();
    }
    return driver.broken;
}

CUresult drain_blocking() {
    for (Stream* stream : std::vector<Stream*>(driver.streams.all().begin(), driver.streams.all().end())) {
        if ((stream->flags & non_blocking) == 0) {
            drain(*stream);
        }
    }
    return driver.broken;
}

void put(Stream& stream, Work work) {
    if (stream.capture != nullptr) {
        stream.capture->works.push_back(std::move(work));
        return;
    }
    if (&stream != &driver.legacy) {
        stream.queue.push_back(std::move(work));
        return;
    }
    // The default stream waits for all blocking streams, and they for it: running it at once keeps both promises.
    if (drain_blocking() == CUDA_SUCCESS) {
        stream.queue.push_back(std::move(work));
        drain(stream);
    }
}

CUresult wait_for(Stream& stream) {
    CUresult refused = outside_capture(stream);
    if (refused != CUDA_SUCCESS) {
        return refused;
    }
    driver.waits += stream.queue.empty() ? 0 : 1;
    CUresult result = &stream == &driver.legacy ? drain_blocking() : drain(stream);
    trim_pools();
    return result;
}

// A poll lets one piece of work run, so that polling ends, and says that it was not ready yet if there was any.
CUresult poll(Stream& stream, const std::function<bool()>& done) {
    CUresult refused = outside_capture(stream);
    if (refused != CUDA_SUCCESS) {
        return refused;
    }
    if (done() || stream.queue.empty()) {
        return CUDA_SUCCESS;
    }
    size_t left = stream.queue.size();
    CUresult result = drain_until(stream, [&] { return stream.queue.size() < left; });
    return result == CUDA_SUCCESS ? CUDA_ERROR_NOT_READY : result;
}

CUresult create_stream(Stream** stream, unsigned flags, int priority) {
    return with_context([&]() -> CUresult {
        if (stream == nullptr || (flags & ~non_blocking) != 0) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        *stream = driver.streams.create();
        (*stream)->device = current_device();
        (*stream)->flags = flags;
        (*stream)->priority = priority;
        return CUDA_SUCCESS;
    });
}

template <typename Body>
CUresult with_stream(const void* handle, Body body) {
    return with_context([&]() -> CUresult {
        Stream* stream;
        CUresult found = stream_of(handle, &stream);
        return found != CUDA_SUCCESS ? found : body(*stream);
    });
}

template <typename Body>
CUresult with_event(const void* handle, Body body) {
    return with_context([&]() -> CUresult {
        return driver.events.has(handle) ? body(*static_cast<Event*>(const_cast<void*>(handle)))
                                         : CUDA_ERROR_INVALID_HANDLE;
    });
}

}  // namespace

// Null, and the two special handles: the default stream.
CUresult stream_of(const void* handle, Stream** stream) {
    if (reinterpret_cast<uintptr_t>(handle) <= 2) {
        *stream = &driver.legacy;
        return CUDA_SUCCESS;
    }
    if (!driver.streams.has(handle)) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    *stream = static_cast<Stream*>(const_cast<void*>(handle));
    return at_home((*stream)->device, current_device(), "a stream") ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

CUresult outside_capture(Stream& stream) {
    if (stream.capture == nullptr) {
        return CUDA_SUCCESS;
    }
    stream.capture_broken = true;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

CUresult outside_captures() {
    CUresult result = CUDA_SUCCESS;
    for (Stream* stream : driver.streams.all()) {
        bool ours = stream->capture_thread == std::thread::id() || stream->capture_thread == std::this_thread::get_id();
        if (ours && !stream->capture_relaxed && outside_capture(*stream) != CUDA_SUCCESS) {
            result = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        }
    }
    return result;
}

void enqueue(Stream& stream, std::function<void()> body) {
    Work work;
    work.run = [body = std::move(body)] { run_guarded("a copy, a fill or a free", body); };
    put(stream, std::move(work));
}

void enqueue_launch(Stream& stream, Launch launch) {
    Work work;
    work.run = [launch = std::move(launch)] {
        if (!driver.idle) {
            run_launch(launch);
        }
    };
    put(stream, std::move(work));
}

CUresult drain(Stream& stream) {
    return drain_until(stream, [] { return false; });
}

CUresult drain_device(int device) {
    for (Stream* stream : std::vector<Stream*>(driver.streams.all().begin(), driver.streams.all().end())) {
        if (stream->device == device) {
            drain(*stream);
        }
    }
    return driver.broken;
}

CUresult drain_all() {
    return drain_device(current_device());
}

}  // namespace emulator

using namespace emulator;

EMULATOR_EXPORT CUresult cuCtxSynchronize() {
    return with_context([&]() -> CUresult {
        CUresult result = drain_all();
        trim_pools();
        return result;
    });
}

EMULATOR_EXPORT CUresult cuStreamCreate(Stream** stream, unsigned flags) {
    return create_stream(stream, flags, 0);
}

EMULATOR_EXPORT CUresult cuStreamCreateWithPriority(Stream** stream, unsigned flags, int priority) {
    return create_stream(stream, flags, std::max(-5, std::min(0, priority)));
}

EMULATOR_EXPORT CUresult cuStreamDestroy_v2(Stream* handle) {
    return with_context([&]() -> CUresult {
        if (!driver.streams.has(handle)) {
            return CUDA_ERROR_INVALID_HANDLE;
        }
        CUresult result = drain(*handle);
        driver.streams.destroy(handle);
        return result;
    });
}

EMULATOR_EXPORT CUresult cuStreamSynchronize(const void* handle) {
    return with_stream(handle, [](Stream& stream) { return wait_for(stream); });
}

EMULATOR_EXPORT CUresult cuStreamQuery(const void* handle) {
    return with_stream(handle, [](Stream& stream) { return poll(stream, [] { return false; }); });
}

EMULATOR_EXPORT CUresult cuStreamGetFlags(const void* handle, unsigned* flags) {
    return with_stream(handle, [=](Stream& stream) {
        *flags = stream.flags;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuStreamGetPriority(const void* handle, int* priority) {
    return with_stream(handle, [=](Stream& stream) {
        *priority = stream.priority;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuStreamGetCtx(const void* handle, Context** context) {
    return with_stream(handle, [=](Stream&) {
        *context = current_contexts.back();
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuStreamWaitEvent(const void* handle, const void* event_handle, unsigned) {
    return with_stream(handle, [=](Stream& stream) {
        return with_event(event_handle, [&](Event& event) {
            if (event.latest != nullptr) {
                Work work;
                work.awaited = event.latest;
                put(stream, std::move(work));
            }
            return CUDA_SUCCESS;
        });
    });
}

EMULATOR_EXPORT CUresult cuLaunchHostFunc(const void* handle, void (*function)(void*), void* data) {
    return with_stream(handle, [=](Stream& stream) {
        if (function == nullptr) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        Work work;
        work.on_host = true;
        work.run = [=] { function(data); };
        put(stream, std::move(work));
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuStreamAddCallback(Stream* handle, void (*function)(Stream*, CUresult, void*), void* data,
                                             unsigned) {
    return with_stream(handle, [=](Stream& stream) {
        Work work;
        work.on_host = true;
        work.run = [=] { function(handle, CUDA_SUCCESS, data); };
        put(stream, std::move(work));
        return CUDA_SUCCESS;
    });
}

// Events.

EMULATOR_EXPORT CUresult cuEventCreate(Event** event, unsigned flags) {
    return with_context([&]() -> CUresult {
        if (event == nullptr || (flags & ~7u) != 0) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        *event = driver.events.create();
        (*event)->device = current_device();
        (*event)->flags = flags;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuEventDestroy_v2(Event* handle) {
    return with_event(handle, [=](Event&) {
        driver.events.destroy(handle);
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuEventRecordWithFlags(const void* event_handle, const void* handle, unsigned) {
    return with_stream(handle, [=](Stream& stream) {
        return with_event(event_handle, [&](Event& event) {
            if (!at_home(event.device, device_of(stream), "an event")) {
                return CUDA_ERROR_INVALID_HANDLE;
            }
            CUresult refused = outside_capture(stream);
            if (refused != CUDA_SUCCESS) {
                return refused;
            }
            auto record = std::make_shared<Record>();
            record->stream = &stream;
            event.latest = record;
            Work work;
            work.run = [=] {
                record->done = true;
                record->milliseconds = now_milliseconds();
            };
            put(stream, std::move(work));
            return CUDA_SUCCESS;
        });
    });
}

EMULATOR_EXPORT CUresult cuEventRecord(const void* event, const void* stream) {
    return cuEventRecordWithFlags(event, stream, 0);
}

EMULATOR_EXPORT CUresult cuEventSynchronize(const void* handle) {
    return with_event(handle, [](Event& event) {
        std::shared_ptr<Record> record = event.latest;
        if (record == nullptr || record->done) {
            return CUDA_SUCCESS;
        }
        driver.waits++;
        return drain_until(*record->stream, [=] { return record->done; });
    });
}

EMULATOR_EXPORT CUresult cuEventQuery(const void* handle) {
    return with_event(handle, [](Event& event) {
        std::shared_ptr<Record> record = event.latest;
        return record == nullptr ? CUDA_SUCCESS : poll(*record->stream, [=] { return record->done; });
    });
}

EMULATOR_EXPORT CUresult cuEventElapsedTime(float* milliseconds, const void* start_handle, const void* end_handle) {
    return with_event(start_handle, [=](Event& start) {
        return with_event(end_handle, [&](Event& end) {
            bool timed = ((start.flags | end.flags) & event_disable_timing) == 0;
            if (!timed || start.latest == nullptr || end.latest == nullptr) {
                return CUDA_ERROR_INVALID_HANDLE;
            }
            if (!start.latest->done || !end.latest->done) {
                return CUDA_ERROR_NOT_READY;
            }
            *milliseconds = static_cast<float>(end.latest->milliseconds - start.latest->milliseconds);
            return CUDA_SUCCESS;
        });
    });
}

EMULATOR_EXPORT CUresult cuEventElapsedTime_v2(float* milliseconds, const void* start, const void* end) {
    return cuEventElapsedTime(milliseconds, start, end);
}

// Graphs, captured from one stream and launched as they are.

EMULATOR_EXPORT CUresult cuStreamBeginCapture_v2(const void* handle, int mode) {
    return with_stream(handle, [=](Stream& stream) {
        if (mode < 0 || mode > 2) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        if (&stream == &driver.legacy) {
            return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
        }
        if (stream.capture != nullptr) {
            return CUDA_ERROR_ILLEGAL_STATE;
        }
        stream.capture = driver.graphs.create();
        stream.capture->device = stream.device;
        stream.capture_relaxed = mode == 2;
        stream.capture_thread = mode == 0 ? std::thread::id() : std::this_thread::get_id();
        stream.capture_broken = false;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuStreamEndCapture(const void* handle, Graph** graph) {
    return with_stream(handle, [=](Stream& stream) {
        if (stream.capture == nullptr) {
            return CUDA_ERROR_ILLEGAL_STATE;
        }
        *graph = stream.capture;
        stream.capture = nullptr;
        if (stream.capture_broken) {
            driver.graphs.destroy(*graph);
            *graph = nullptr;
            return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
        }
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuStreamIsCapturing(const void* handle, int* status) {
    return with_stream(handle, [=](Stream& stream) {
        *status = stream.capture == nullptr ? 0 : 1;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuThreadExchangeStreamCaptureMode(int* mode) {
    return with_driver([&]() -> CUresult {
        thread_local int current = 0;
        std::swap(current, *mode);
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuGraphGetNodes(Graph* graph, const void** nodes, size_t* count) {
    return with_driver([&]() -> CUresult {
        if (!driver.graphs.has(graph) || nodes != nullptr) {  // only counted here
            return CUDA_ERROR_INVALID_VALUE;
        }
        *count = graph->works.size();
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuGraphInstantiateWithFlags(Graph** executable, Graph* graph, unsigned long long) {
    return with_context([&]() -> CUresult {
        if (!driver.graphs.has(graph)) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        *executable = driver.executables.create();
        (*executable)->device = graph->device;
        (*executable)->works = graph->works;
        return CUDA_SUCCESS;
    });
}

// What a first launch does, if nobody has before.
static CUresult upload(Graph& executable) {
    if (!executable.uploaded && !fits(executable.device, executable.works.size() * bytes_of_a_node)) {
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    executable.uploaded = true;
    return CUDA_SUCCESS;
}

EMULATOR_EXPORT CUresult cuGraphLaunch(Graph* executable, const void* handle) {
    return with_stream(handle, [=](Stream& stream) {
        if (!driver.executables.has(executable) || !at_home(executable->device, device_of(stream), "a graph")) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        CUresult code = upload(*executable);
        if (code != CUDA_SUCCESS) {
            return code;
        }
        for (const Work& work : executable->works) {
            put(stream, work);
        }
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuGraphUpload(Graph* executable, const void* handle) {
    return with_stream(handle, [=](Stream&) {
        return driver.executables.has(executable) ? upload(*executable) : CUDA_ERROR_INVALID_VALUE;
    });
}

EMULATOR_EXPORT CUresult cuGraphDestroy(Graph* graph) {
    return with_driver([&]() -> CUresult {
        if (!driver.graphs.has(graph)) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        driver.graphs.destroy(graph);
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuGraphExecDestroy(Graph* executable) {
    return with_driver([&]() -> CUresult {
        if (!driver.executables.has(executable)) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        driver.executables.destroy(executable);
        return CUDA_SUCCESS;
    });
}

// For the stand-ins of the vendor's libraries: takes the work, and answers with a CUresult.
EMULATOR_EXPORT int emulator_enqueue(const void* handle, std::function<void()>* work) {
    std::unique_ptr<std::function<void()>> owned(work);
    return with_stream(handle, [&](Stream& stream) {
        Work entry;
        entry.run = [body = std::move(*owned)] {
            if (!driver.idle) {
                run_guarded("a call of cuBLAS or cuSPARSE", body);
            }
        };
        put(stream, std::move(entry));
        return CUDA_SUCCESS;
    });
}

// Whether what a stream is given becomes part of a graph.
EMULATOR_EXPORT bool emulator_is_capturing(const void* handle) {
    std::lock_guard<std::recursive_mutex> hold(driver.lock);
    Stream* stream;
    return stream_of(handle, &stream) == CUDA_SUCCESS && stream->capture != nullptr;
}

// Whether a whole range is device memory in use.
EMULATOR_EXPORT bool emulator_is_device(const void* address, size_t bytes) {
    std::lock_guard<std::recursive_mutex> hold(driver.lock);
    CUdeviceptr start = reinterpret_cast<CUdeviceptr>(address);
    Allocation* allocation = allocation_at(start);
    return allocation != nullptr && !allocation->freeing && at_home(allocation->device, current_device(), "memory") &&
           start + bytes <= reinterpret_cast<CUdeviceptr>(allocation->start) + allocation->bytes;
}
