// What the stand-ins of cuBLAS and cuSPARSE share. They compute with plain loops that sum in double.
#pragma once

#include "kernel_abi.h"

#include <cstring>
#include <functional>
#include <mutex>
#include <unordered_set>
#include <utility>

EMULATOR_EXPORT int emulator_enqueue(const void* stream, std::function<void()>* work);
EMULATOR_EXPORT void emulator_count(const char* function);
EMULATOR_EXPORT bool emulator_is_capturing(const void* stream);
EMULATOR_EXPORT bool emulator_is_device(const void* address, size_t bytes);
EMULATOR_EXPORT void emulator_report(const char* message);

EMULATOR_EXPORT int cuMemGetInfo_v2(size_t* free_bytes, size_t* total);

namespace emulator {

// Whether a library can be opened: there are a context and some memory. The real ones, too, answer a lack of either by saying
// that they are not initialised.
inline bool opens() {
    constexpr size_t needed = 4096;
    size_t free_bytes, total;
    return cuMemGetInfo_v2(&free_bytes, &total) == 0 && free_bytes >= needed;
}

// Puts work on a stream; false when the driver refuses.
inline bool put(const void* stream, std::function<void()> work) {
    return emulator_enqueue(stream, new std::function<void()>(std::move(work))) == 0;
}

// A factor: read at the call when it is on the host, when the work runs when it is on the device.
struct Factor {
    const float* at;
    bool on_device;
    float value;

    Factor(const void* address, bool on_device)
        : at(static_cast<const float*>(address)), on_device(on_device), value(on_device ? 0 : *at) {}

    double get() const { return on_device ? *at : value; }
};

// An element of a dense matrix, whatever its order.
struct Elements {
    float* values;
    int64_t row_step;
    int64_t column_step;

    float& operator()(int64_t row, int64_t column) const { return values[row * row_step + column * column_step]; }
    Elements transposed() const { return {values, column_step, row_step}; }
};

// c = alpha · sum + beta · c; with beta 0, c is not read.
inline void update(float& c, double alpha, double sum, double beta) {
    c = static_cast<float>(beta == 0 ? alpha * sum : alpha * sum + beta * c);
}

// Handles that are alive.
template <typename T>
class Alive {
public:
    T* create() {
        std::lock_guard<std::mutex> hold(lock_);
        T* object = new T();  // never deleted, so that a stale handle is never taken for a new object
        objects_.insert(object);
        return object;
    }
    bool has(const void* handle) {
        std::lock_guard<std::mutex> hold(lock_);
        return objects_.count(static_cast<T*>(const_cast<void*>(handle))) != 0;
    }
    bool destroy(const void* handle) {
        std::lock_guard<std::mutex> hold(lock_);
        return objects_.erase(static_cast<T*>(const_cast<void*>(handle))) != 0;
    }
    size_t size() {
        std::lock_guard<std::mutex> hold(lock_);
        return objects_.size();
    }

private:
    std::mutex lock_;
    std::unordered_set<T*> objects_;
};

}  // namespace emulator
