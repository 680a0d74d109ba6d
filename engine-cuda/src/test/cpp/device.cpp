// Initialisation, devices, contexts, error texts, and what tests ask of the emulator itself.
#include "driver.h"

#include <cstdio>
#include <cstring>

namespace emulator {

Driver driver;
thread_local std::vector<Context*> current_contexts;
thread_local bool in_host_function = false;

void report(const std::string& message) {
    driver.errors.push_back(message);
    std::fprintf(stderr, "cuda-emulated: %s\n", message.c_str());
}

void report_broken(CUresult error, const std::string& message) {
    report(message);
    if (driver.broken == CUDA_SUCCESS) {
        driver.broken = error;
    }
}

bool at_home(int device, int used_on, const char* what) {
    if (device != used_on) {
        report(std::string(what) + " of device " + std::to_string(device) + " is used on device " +
               std::to_string(used_on));
    }
    return device == used_on;
}

namespace {

struct ErrorText {
    CUresult code;
    const char* name;
    const char* text;
};

const ErrorText error_texts[] = {
    {CUDA_SUCCESS, "CUDA_SUCCESS", "no error"},
    {CUDA_ERROR_INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {CUDA_ERROR_OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {CUDA_ERROR_NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {CUDA_ERROR_INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {CUDA_ERROR_INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {CUDA_ERROR_INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {CUDA_ERROR_INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {CUDA_ERROR_ILLEGAL_STATE, "CUDA_ERROR_ILLEGAL_STATE", "illegal state"},
    {CUDA_ERROR_NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {CUDA_ERROR_NOT_READY, "CUDA_ERROR_NOT_READY", "device not ready"},
    {CUDA_ERROR_ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested"},
    {CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE, "CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE", "the primary context is active"},
    {CUDA_ERROR_CONTEXT_IS_DESTROYED, "CUDA_ERROR_CONTEXT_IS_DESTROYED", "context is destroyed"},
    {CUDA_ERROR_ASSERT, "CUDA_ERROR_ASSERT", "device-side assert triggered"},
    {CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED, "CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED",
     "part or all of the requested memory range is already mapped"},
    {CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED, "CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED",
     "pointer does not correspond to a registered memory region"},
    {CUDA_ERROR_MISALIGNED_ADDRESS, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {CUDA_ERROR_LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {CUDA_ERROR_NOT_PERMITTED, "CUDA_ERROR_NOT_PERMITTED", "operation not permitted"},
    {CUDA_ERROR_NOT_SUPPORTED, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
     "operation failed due to a previous error during capture"},
    {CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",
     "operation not permitted when stream is capturing"},
    {CUDA_ERROR_UNKNOWN, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

const ErrorText* error_text(CUresult code) {
    for (const ErrorText& text : error_texts) {
        if (text.code == code) {
            return &text;
        }
    }
    return nullptr;
}

// Device attributes by number, as an H200 answers them where a backend may ask; unknown ones answer 0.
std::map<int, int>& attributes() {
    static std::map<int, int> values = {
        {1, 1024},        // threads per block
        {2, 1024},        // block x
        {3, 1024},        // block y
        {4, 64},          // block z
        {5, 2147483647},  // grid x
        {6, 65535},       // grid y
        {7, 65535},       // grid z
        {8, 48 * 1024},   // shared memory per block
        {9, 65536},       // constant memory
        {10, 32},         // warp size
        {11, 2147483647},  // pitch
        {12, 65536},      // registers per block
        {13, 1980000},    // clock, kHz
        {14, 512},        // texture alignment
        {15, 1},          // overlap
        {16, 132},        // multiprocessors
        {19, 1},          // maps host memory
        {31, 1},          // concurrent kernels
        {32, 1},          // ECC
        {36, 3201000},    // memory clock, kHz
        {37, 6144},       // memory bus, bits
        {38, 60 << 20},   // L2 bytes
        {39, 2048},       // threads per multiprocessor
        {40, 3},          // copy engines
        {41, 1},          // unified addressing
        {75, 9},          // compute capability, major
        {76, 0},          // minor
        {78, 1},          // stream priorities
        {79, 1},          // L1 for globals
        {80, 1},          // L1 for locals
        {81, 228 * 1024},  // shared memory per multiprocessor
        {82, 65536},      // registers per multiprocessor
        {83, 0},          // managed memory: not emulated
        {95, 0},          // cooperative launch: not emulated
        {97, 227 * 1024},  // shared memory per block, opted in
        {99, 1},          // host register
        {106, 32},        // blocks per multiprocessor
        {111, 1024},      // reserved shared memory per block
        {115, 1},         // memory pools
    };
    return values;
}

bool known(CUdevice device) {
    return device >= 0 && device < driver.devices;
}

// What a context's end leaves behind is a leak of the program, even if a real driver frees it.
void end_of_context(int device) {
    drain_device(device);
    size_t allocations = release_all_memory(device);
    size_t streams = driver.streams.destroy_all(device);
    size_t events = driver.events.destroy_all(device);
    size_t modules = driver.modules.destroy_all(device);
    size_t left = allocations + streams + events + modules;
    driver.leaked += left;
    if (left != 0) {
        std::fprintf(stderr, "cuda-emulated: context ends with %zu allocations, %zu streams, %zu events, %zu modules\n",
                     allocations, streams, events, modules);
    }
    driver.broken = CUDA_SUCCESS;
}

bool has_context(int device) {
    for (const Context* context : driver.contexts.all()) {
        if (context->device == device) {
            return true;
        }
    }
    return false;
}

}  // namespace
}  // namespace emulator

using namespace emulator;

EMULATOR_EXPORT CUresult cuInit(unsigned flags) {
    std::lock_guard<std::recursive_mutex> hold(driver.lock);
    if (flags != 0) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    driver.initialised = true;
    for (int device = 0; device < max_devices; device++) {
        driver.primaries[device].device = device;
        driver.device_pools[device].device = device;
        driver.device_pools[device].of_device = true;
        driver.current_pools[device] = &driver.device_pools[device];
    }
    return CUDA_SUCCESS;
}

EMULATOR_EXPORT CUresult cuDriverGetVersion(int* version) {
    if (version == nullptr) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    *version = 13000;
    return CUDA_SUCCESS;
}

EMULATOR_EXPORT CUresult cuGetErrorName(CUresult error, const char** name) {
    const ErrorText* text = error_text(error);
    *name = text == nullptr ? nullptr : text->name;
    return text == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

EMULATOR_EXPORT CUresult cuGetErrorString(CUresult error, const char** string) {
    const ErrorText* text = error_text(error);
    *string = text == nullptr ? nullptr : text->text;
    return text == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

EMULATOR_EXPORT CUresult cuDeviceGetCount(int* count) {
    return with_driver([&]() -> CUresult {
        *count = driver.devices;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuDeviceGet(CUdevice* device, int ordinal) {
    return with_driver([&]() -> CUresult {
        if (!known(ordinal)) {
            return CUDA_ERROR_INVALID_DEVICE;
        }
        *device = ordinal;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
    return with_driver([&]() -> CUresult {
        if (!known(device)) {
            return CUDA_ERROR_INVALID_DEVICE;
        }
        std::snprintf(name, length, "Emulated device");
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuDeviceGetUuid(char* uuid, CUdevice device) {
    return with_driver([&]() -> CUresult {
        if (!known(device)) {
            return CUDA_ERROR_INVALID_DEVICE;
        }
        std::memcpy(uuid, "emulated device.", 16);
        uuid[15] = static_cast<char>('.' + device);
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuDeviceGetUuid_v2(char* uuid, CUdevice device) {
    return cuDeviceGetUuid(uuid, device);
}

EMULATOR_EXPORT CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
    return with_driver([&]() -> CUresult {
        if (!known(device)) {
            return CUDA_ERROR_INVALID_DEVICE;
        }
        *bytes = driver.total_bytes;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice device) {
    return with_driver([&]() -> CUresult {
        if (!known(device)) {
            return CUDA_ERROR_INVALID_DEVICE;
        }
        if (value == nullptr || attribute <= 0 || attribute > 200) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        auto found = attributes().find(attribute);
        *value = found == attributes().end() ? 0 : found->second;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice device) {
    cuDeviceGetAttribute(major, 75, device);
    return cuDeviceGetAttribute(minor, 76, device);
}

EMULATOR_EXPORT CUresult cuDeviceGetPCIBusId(char* id, int length, CUdevice device) {
    return with_driver([&]() -> CUresult {
        if (!known(device)) {
            return CUDA_ERROR_INVALID_DEVICE;
        }
        std::snprintf(id, length, "0000:0%d:00.0", device);
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuDevicePrimaryCtxRetain(Context** context, CUdevice device) {
    return with_driver([&]() -> CUresult {
        if (!known(device)) {
            return CUDA_ERROR_INVALID_DEVICE;
        }
        Context& primary = driver.primaries[device];
        if (primary.retained++ == 0) {
            driver.contexts.adopt(&primary);
        }
        *context = &primary;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
    return with_driver([&]() -> CUresult {
        if (!known(device)) {
            return CUDA_ERROR_INVALID_DEVICE;
        }
        Context& primary = driver.primaries[device];
        if (primary.retained == 0) {
            report("the primary context is released more often than it was retained");
            return CUDA_ERROR_INVALID_CONTEXT;
        }
        if (--primary.retained == 0) {
            end_of_context(device);
            driver.contexts.destroy(&primary);
        }
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
    return with_driver([&]() -> CUresult {
        if (!known(device)) {
            return CUDA_ERROR_INVALID_DEVICE;
        }
        end_of_context(device);
        driver.primaries[device].retained = 0;
        driver.contexts.destroy(&driver.primaries[device]);
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned flags) {
    return with_driver([&]() -> CUresult {
        if (!known(device)) {
            return CUDA_ERROR_INVALID_DEVICE;
        }
        driver.primaries[device].flags = flags;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active) {
    return with_driver([&]() -> CUresult {
        if (!known(device)) {
            return CUDA_ERROR_INVALID_DEVICE;
        }
        *flags = driver.primaries[device].flags;
        *active = driver.primaries[device].retained > 0 ? 1 : 0;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuCtxCreate_v2(Context** context, unsigned flags, CUdevice device) {
    return with_driver([&]() -> CUresult {
        if (!known(device)) {
            return CUDA_ERROR_INVALID_DEVICE;
        }
        *context = driver.contexts.create();
        (*context)->flags = flags;
        (*context)->device = device;
        current_contexts.push_back(*context);
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuCtxDestroy_v2(Context* context) {
    return with_driver([&]() -> CUresult {
        if (!driver.contexts.has(context) || context == &driver.primaries[context->device]) {
            return CUDA_ERROR_INVALID_CONTEXT;
        }
        driver.contexts.destroy(context);
        if (!has_context(context->device)) {
            end_of_context(context->device);
        }
        if (!current_contexts.empty() && current_contexts.back() == context) {
            current_contexts.pop_back();
        }
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuCtxSetCurrent(Context* context) {
    return with_driver([&]() -> CUresult {
        if (context != nullptr && !driver.contexts.has(context)) {
            return CUDA_ERROR_INVALID_CONTEXT;
        }
        if (!current_contexts.empty()) {
            current_contexts.pop_back();
        }
        if (context != nullptr) {
            current_contexts.push_back(context);
        }
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuCtxGetCurrent(Context** context) {
    return with_driver([&]() -> CUresult {
        *context = current_contexts.empty() ? nullptr : current_contexts.back();
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuCtxPushCurrent_v2(Context* context) {
    return with_driver([&]() -> CUresult {
        if (!driver.contexts.has(context)) {
            return CUDA_ERROR_INVALID_CONTEXT;
        }
        current_contexts.push_back(context);
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuCtxPopCurrent_v2(Context** context) {
    return with_driver([&]() -> CUresult {
        if (current_contexts.empty()) {
            return CUDA_ERROR_INVALID_CONTEXT;
        }
        if (context != nullptr) {
            *context = current_contexts.back();
        }
        current_contexts.pop_back();
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuCtxGetDevice(CUdevice* device) {
    return with_context([&]() -> CUresult {
        *device = current_device();
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuCtxGetFlags(unsigned* flags) {
    return with_context([&]() -> CUresult {
        *flags = current_contexts.back()->flags;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuCtxGetApiVersion(Context* context, unsigned* version) {
    return with_driver([&]() -> CUresult {
        if (!driver.contexts.has(context)) {
            return CUDA_ERROR_INVALID_CONTEXT;
        }
        *version = 3020;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
    return with_context([&]() -> CUresult {
        *least = 0;
        *greatest = -5;
        return CUDA_SUCCESS;
    });
}

// Stops lazy loading from being told apart: everything is loaded at once.
EMULATOR_EXPORT CUresult cuModuleGetLoadingMode(int* mode) {
    return with_driver([&]() -> CUresult {
        *mode = 1;
        return CUDA_SUCCESS;
    });
}

// What tests ask. All counts are of now, except leaked, launches and waits.

namespace {

template <typename Body>
uint64_t asked(Body body) {
    std::lock_guard<std::recursive_mutex> hold(driver.lock);
    return static_cast<uint64_t>(body());
}

}  // namespace

EMULATOR_EXPORT uint64_t emulator_live_bytes() {
    return asked([] { return live_bytes(); });
}

EMULATOR_EXPORT uint64_t emulator_live_allocations() {
    return asked([] { return live_allocations(); });
}

EMULATOR_EXPORT uint64_t emulator_live_streams() {
    return asked([] { return driver.streams.size(); });
}

EMULATOR_EXPORT uint64_t emulator_live_events() {
    return asked([] { return driver.events.size(); });
}

EMULATOR_EXPORT uint64_t emulator_live_modules() {
    return asked([] { return driver.modules.size(); });
}

EMULATOR_EXPORT uint64_t emulator_live_graphs() {
    return asked([] { return driver.graphs.size() + driver.executables.size(); });
}

EMULATOR_EXPORT uint64_t emulator_primary_context_retains() {
    return asked([] {
        unsigned retained = 0;
        for (const Context& primary : driver.primaries) {
            retained += primary.retained;
        }
        return retained;
    });
}

// What was left over when contexts ended.
EMULATOR_EXPORT uint64_t emulator_leaked() {
    return asked([] { return driver.leaked; });
}

EMULATOR_EXPORT uint64_t emulator_errors() {
    return asked([] { return driver.errors.size(); });
}

// The text of an error; the pointer is good until errors are cleared or added.
EMULATOR_EXPORT const char* emulator_error(uint64_t index) {
    std::lock_guard<std::recursive_mutex> hold(driver.lock);
    return index < driver.errors.size() ? driver.errors[index].c_str() : nullptr;
}

// Forgets errors, and mends a context that one of them broke. Work that was queued behind it is dropped.
EMULATOR_EXPORT void emulator_clear_errors() {
    std::lock_guard<std::recursive_mutex> hold(driver.lock);
    driver.errors.clear();
    driver.broken = CUDA_SUCCESS;
    driver.leaked = 0;
}

// How often a kernel was launched, a library's product was called or bytes were filled; null: all of them.
EMULATOR_EXPORT uint64_t emulator_launches(const char* kernel) {
    return asked([&]() -> uint64_t {
        if (kernel != nullptr) {
            auto found = driver.launches.find(kernel);
            return found == driver.launches.end() ? 0 : found->second;
        }
        uint64_t sum = 0;
        for (const auto& entry : driver.launches) {
            sum += entry.second;
        }
        return sum;
    });
}

// For the stand-ins of the vendor's libraries: a call that puts work on a stream.
EMULATOR_EXPORT void emulator_count(const char* function) {
    std::lock_guard<std::recursive_mutex> hold(driver.lock);
    driver.launches[function]++;
}

// Whether kernels and library calls are only counted.
EMULATOR_EXPORT void emulator_set_idle(int idle) {
    std::lock_guard<std::recursive_mutex> hold(driver.lock);
    driver.idle = idle != 0;
}

// How often somebody waited for what was not done yet.
EMULATOR_EXPORT uint64_t emulator_waits() {
    return asked([] { return driver.waits; });
}

EMULATOR_EXPORT void emulator_clear_launches() {
    std::lock_guard<std::recursive_mutex> hold(driver.lock);
    driver.launches.clear();
}

// How many devices there are, from 1 to 4.
EMULATOR_EXPORT void emulator_set_devices(int devices) {
    std::lock_guard<std::recursive_mutex> hold(driver.lock);
    driver.devices = devices;
}

// The memory of each device; allocations above it fail.
EMULATOR_EXPORT void emulator_set_total_bytes(uint64_t bytes) {
    std::lock_guard<std::recursive_mutex> hold(driver.lock);
    driver.total_bytes = bytes;
}

EMULATOR_EXPORT void emulator_set_attribute(int attribute, int value) {
    std::lock_guard<std::recursive_mutex> hold(driver.lock);
    attributes()[attribute] = value;
}

// For the stand-ins of the vendor's libraries.
EMULATOR_EXPORT void emulator_report(const char* message) {
    std::lock_guard<std::recursive_mutex> hold(driver.lock);
    report(message);
}
