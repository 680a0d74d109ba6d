// The stand-in driver's own objects. Everything is guarded by one lock: the emulator is for logic, not for speed.
#pragma once

#include "kernel_abi.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

// The subset of CUresult that the stand-in returns; numbers as in the CUDA driver API.
enum CUresult : int {
    CUDA_SUCCESS = 0,
    CUDA_ERROR_INVALID_VALUE = 1,
    CUDA_ERROR_OUT_OF_MEMORY = 2,
    CUDA_ERROR_NOT_INITIALIZED = 3,
    CUDA_ERROR_INVALID_DEVICE = 101,
    CUDA_ERROR_INVALID_IMAGE = 200,
    CUDA_ERROR_INVALID_CONTEXT = 201,
    CUDA_ERROR_INVALID_HANDLE = 400,
    CUDA_ERROR_ILLEGAL_STATE = 401,
    CUDA_ERROR_NOT_FOUND = 500,
    CUDA_ERROR_NOT_READY = 600,
    CUDA_ERROR_ILLEGAL_ADDRESS = 700,
    CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES = 701,
    CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE = 708,
    CUDA_ERROR_CONTEXT_IS_DESTROYED = 709,
    CUDA_ERROR_ASSERT = 710,
    CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED = 712,
    CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED = 713,
    CUDA_ERROR_MISALIGNED_ADDRESS = 716,
    CUDA_ERROR_LAUNCH_FAILED = 719,
    CUDA_ERROR_NOT_PERMITTED = 800,
    CUDA_ERROR_NOT_SUPPORTED = 801,
    CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900,
    CUDA_ERROR_STREAM_CAPTURE_INVALIDATED = 901,
    CUDA_ERROR_UNKNOWN = 999,
};

using CUdevice = int;
using CUdeviceptr = unsigned long long;

namespace emulator {

struct Stream;

// One recording of an event: an event may be recorded again while streams still wait for an earlier recording.
struct Record {
    Stream* stream = nullptr;
    bool done = false;
    double milliseconds = 0;
};

struct Event {
    int device = 0;
    unsigned flags = 0;
    std::shared_ptr<Record> latest;  // null until recorded
};

// One entry of a stream's queue: work, or a wait for a record.
struct Work {
    std::function<void()> run;
    bool on_host = false;  // a callback into the program, which must keep its own stack
    std::shared_ptr<Record> awaited;
};

struct Graph {
    int device = 0;
    std::vector<Work> works;
    bool uploaded = false;  // of one that can be launched
};

struct Stream {
    int device = 0;
    unsigned flags = 0;
    int priority = 0;
    std::deque<Work> queue;
    Graph* capture = nullptr;
    bool capture_relaxed = false;
    std::thread::id capture_thread;  // whose unsafe calls break it; none: those of every thread
    bool capture_broken = false;     // by a call that a capture cannot take: it ends without a graph
};

struct Context {
    int device = 0;
    bool primary = false;
    unsigned flags = 0;
    unsigned retained = 0;
};

struct Pool {
    int device = 0;
    bool of_device = false;
    size_t max_bytes = 0;
    uint64_t release_threshold = 0;
    uint64_t reserved = 0, reserved_high = 0, used = 0, used_high = 0;
    int reuse[4] = {0, 1, 1, 1};
};

struct Allocation {
    char* start = nullptr;
    size_t bytes = 0;
    char* mapping = nullptr;
    size_t mapped = 0;
    int device = 0;
    Pool* pool = nullptr;  // null: not from a pool
    bool freeing = false;  // a free is queued on a stream
};

struct Module;

struct Function {
    const Kernel* kernel = nullptr;
    Module* module = nullptr;
    unsigned dynamic_limit = 48 * 1024;
};

struct Module {
    int device = 0;
    const KernelLibrary* library = nullptr;
    std::map<std::string, std::unique_ptr<Function>> functions;
};

struct Launch {
    const KernelLibrary* library;
    const Kernel* kernel;
    dim3 grid, block;
    unsigned dynamic_bytes;
    std::vector<std::vector<char>> arguments;
};

// Handles of one kind. Objects are never deleted, so that a stale handle is never taken for a new object.
template <typename T>
class Handles {
public:
    T* create() {
        T* object = new T();
        alive_.insert(object);
        return object;
    }
    bool has(const void* handle) const { return alive_.count(static_cast<T*>(const_cast<void*>(handle))) != 0; }
    void adopt(T* object) { alive_.insert(object); }
    void destroy(T* object) { alive_.erase(object); }
    // Those of one device; how many there were.
    size_t destroy_all(int device) {
        size_t before = alive_.size();
        for (auto entry = alive_.begin(); entry != alive_.end();) {
            entry = (*entry)->device == device ? alive_.erase(entry) : std::next(entry);
        }
        return before - alive_.size();
    }
    size_t size() const { return alive_.size(); }
    const std::unordered_set<T*>& all() const { return alive_; }

private:
    std::unordered_set<T*> alive_;
};

constexpr int max_devices = 4;

struct Driver {
    std::recursive_mutex lock;
    bool initialised = false;
    CUresult broken = CUDA_SUCCESS;  // sticky, as after a failed launch
    int devices = 1;
    size_t total_bytes = size_t(2) << 30;  // of each
    Context primaries[max_devices];
    Handles<Context> contexts;
    Handles<Stream> streams;
    Handles<Event> events;
    Handles<Module> modules;
    Handles<Pool> pools;
    Handles<Graph> graphs;
    Handles<Graph> executables;
    Stream legacy;
    Pool device_pools[max_devices];
    Pool* current_pools[max_devices] = {};
    std::map<std::string, const KernelLibrary*> libraries;
    std::map<std::string, uint64_t> launches;  // of kernels, calls of libraries and fills
    uint64_t waits = 0;                        // of a host thread, for what was not done yet
    bool idle = false;                         // kernels and library calls are counted, and not run
    std::vector<std::string> errors;
    uint64_t leaked = 0;
};

extern Driver driver;
extern thread_local std::vector<Context*> current_contexts;
extern thread_local bool in_host_function;

// Remembers a fault of the program under test, and prints it.
void report(const std::string& message);
// The same, after which every call answers with the error, as a real context does after a failed launch.
void report_broken(CUresult error, const std::string& message);

// Of the context that is current; 0 where none is.
inline int current_device() {
    return current_contexts.empty() || current_contexts.back() == nullptr ? 0 : current_contexts.back()->device;
}

// The default stream is one of each device.
inline int device_of(const Stream& stream) {
    return &stream == &driver.legacy ? current_device() : stream.device;
}

// Whether something is of the device where it is used; otherwise that is reported.
bool at_home(int device, int used_on, const char* what);

// memory.cpp
Allocation* allocation_at(CUdeviceptr address);
bool is_pinned(const void* address, size_t bytes);
size_t live_bytes();
size_t live_allocations();
// Frees what is left of a device; how many allocations there were.
size_t release_all_memory(int device);
void trim_pools();
bool fits(int device, size_t bytes);  // whether so many more are there

// streams.cpp
CUresult stream_of(const void* handle, Stream** stream);
// The answer to a call that a capture cannot take, which also ends in no graph; success where nothing is captured.
CUresult outside_capture(Stream& stream);
// The same for calls that are unsafe during a capture, as its mode has it.
CUresult outside_captures();
void enqueue(Stream& stream, std::function<void()> run);
CUresult drain(Stream& stream);
CUresult drain_all();  // of the current device
CUresult drain_device(int device);

// fibers.cpp
void run_launch(const Launch& launch);
// Runs it where an access outside of all memory becomes an error instead of the end of the process.
void run_guarded(const std::string& what, const std::function<void()>& body);

// What every entry of the API checks first.
template <typename Body>
CUresult with_driver(Body body) {
    std::lock_guard<std::recursive_mutex> hold(driver.lock);
    if (!driver.initialised) {
        return CUDA_ERROR_NOT_INITIALIZED;
    }
    if (in_host_function) {
        return CUDA_ERROR_NOT_PERMITTED;
    }
    return body();
}

// The same for entries that need a context.
template <typename Body>
CUresult with_context(Body body) {
    return with_driver([&]() -> CUresult {
        if (current_contexts.empty() || current_contexts.back() == nullptr) {
            return CUDA_ERROR_INVALID_CONTEXT;
        }
        if (!driver.contexts.has(current_contexts.back())) {
            return CUDA_ERROR_CONTEXT_IS_DESTROYED;
        }
        return driver.broken != CUDA_SUCCESS ? driver.broken : body();
    });
}

}  // namespace emulator
