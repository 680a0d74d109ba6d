// Modules and launches. The kernels are compiled into libraries before the tests run; loading a module finds one of these.
#include "driver.h"

#include <cstring>
#include <dlfcn.h>

namespace emulator {

void enqueue_launch(Stream& stream, Launch launch);

namespace {

const char marker[] = "gossamer emulated module ";
const char backend_library[] = "backend";

// The backend hands in machine code, which cannot run here, so that any image that has the form of one stands for the
// backend's own kernels; other libraries are named in the image.
const KernelLibrary* library_of(const void* image) {
    std::string name;
    const char* text = static_cast<const char*>(image);
    if (std::strncmp(text, marker, sizeof marker - 1) == 0) {
        name = text + sizeof marker - 1;
    } else if (std::memcmp(image, "\x50\xed\x55\xba", 4) == 0 || std::memcmp(image, "\x7f" "ELF", 4) == 0 ||
               std::strstr(text, ".version") != nullptr) {
        name = backend_library;
    }
    auto found = driver.libraries.find(name);
    return found == driver.libraries.end() ? nullptr : found->second;
}

CUresult load(Module** module, const void* image) {
    return with_context([&]() -> CUresult {
        if (module == nullptr || image == nullptr) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        const KernelLibrary* library = library_of(image);
        if (library == nullptr) {
            return CUDA_ERROR_INVALID_IMAGE;
        }
        *module = driver.modules.create();
        (*module)->device = current_device();
        (*module)->library = library;
        return CUDA_SUCCESS;
    });
}

Function* function_of(const void* handle) {
    for (Module* module : driver.modules.all()) {
        for (const auto& entry : module->functions) {
            if (entry.second.get() == handle) {
                return entry.second.get();
            }
        }
    }
    return nullptr;
}

unsigned static_shared(const Function& function) {
    const KernelLibrary& library = *function.module->library;
    return static_cast<unsigned>(library.shared[0].bytes() + library.shared[1].bytes());
}

// What a real driver refuses at the launch.
CUresult check(const Function& function, dim3 grid, dim3 block, unsigned dynamic_bytes) {
    unsigned long long threads = 1ull * block.x * block.y * block.z;
    if (grid.x == 0 || grid.y == 0 || grid.z == 0 || threads == 0) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (block.x > 1024 || block.y > 1024 || block.z > 64 || threads > 1024) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (grid.x > 2147483647u || grid.y > 65535 || grid.z > 65535 || dynamic_bytes > function.dynamic_limit) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    return threads > function.kernel->max_threads ? CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES : CUDA_SUCCESS;
}

// Whether what looks like an address of device memory among the arguments is one of this device.
bool arguments_at_home(const Launch& launch, int device) {
    for (const std::vector<char>& argument : launch.arguments) {
        for (size_t at = 0; at + sizeof(CUdeviceptr) <= argument.size(); at += sizeof(CUdeviceptr)) {
            CUdeviceptr address;
            std::memcpy(&address, argument.data() + at, sizeof address);
            const Allocation* allocation = allocation_at(address);
            if (allocation != nullptr && !at_home(allocation->device, device, "memory that a kernel is given")) {
                return false;
            }
        }
    }
    return true;
}

CUresult launch(const void* handle, dim3 grid, dim3 block, unsigned dynamic_bytes, const void* stream_handle,
                void** arguments, void** extra) {
    return with_context([&]() -> CUresult {
        Function* function = function_of(handle);
        Stream* stream;
        CUresult found = stream_of(stream_handle, &stream);
        if (function == nullptr || found != CUDA_SUCCESS ||
            !at_home(function->module->device, device_of(*stream), "a module")) {
            return CUDA_ERROR_INVALID_HANDLE;
        }
        if (extra != nullptr) {
            return CUDA_ERROR_NOT_SUPPORTED;
        }
        const Kernel& kernel = *function->kernel;
        CUresult legal = check(*function, grid, block, dynamic_bytes);
        if (legal != CUDA_SUCCESS || (kernel.argument_count != 0 && arguments == nullptr)) {
            return legal != CUDA_SUCCESS ? legal : CUDA_ERROR_INVALID_VALUE;
        }
        Launch wanted{function->module->library, &kernel, grid, block, dynamic_bytes, {}};
        for (unsigned i = 0; i < kernel.argument_count; i++) {
            const char* argument = static_cast<const char*>(arguments[i]);
            if (argument == nullptr) {
                return CUDA_ERROR_INVALID_VALUE;
            }
            wanted.arguments.emplace_back(argument, argument + kernel.argument_sizes[i]);
        }
        if (!arguments_at_home(wanted, device_of(*stream))) {
            return CUDA_ERROR_ILLEGAL_ADDRESS;
        }
        driver.launches[kernel.name]++;
        enqueue_launch(*stream, std::move(wanted));
        return CUDA_SUCCESS;
    });
}

template <typename Body>
CUresult with_function(const void* handle, Body body) {
    return with_context([&]() -> CUresult {
        Function* function = function_of(handle);
        return function == nullptr ? CUDA_ERROR_INVALID_HANDLE : body(*function);
    });
}

}  // namespace
}  // namespace emulator

using namespace emulator;

// Makes a compiled library of kernels known under a name; null, or why that failed.
EMULATOR_EXPORT const char* emulator_add_library(const char* name, const char* path) {
    std::lock_guard<std::recursive_mutex> hold(driver.lock);
    void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void* table = library == nullptr ? nullptr : dlsym(library, "emulator_kernel_library");
    if (table == nullptr) {
        return dlerror();
    }
    driver.libraries[name] = static_cast<const KernelLibrary*>(table);
    return nullptr;
}

EMULATOR_EXPORT CUresult cuModuleLoadData(Module** module, const void* image) {
    return load(module, image);
}

EMULATOR_EXPORT CUresult cuModuleLoadDataEx(Module** module, const void* image, unsigned, int*, void**) {
    return load(module, image);
}

EMULATOR_EXPORT CUresult cuModuleLoadFatBinary(Module** module, const void* image) {
    return load(module, image);
}

EMULATOR_EXPORT CUresult cuModuleUnload(Module* module) {
    return with_context([&]() -> CUresult {
        if (!driver.modules.has(module)) {
            return CUDA_ERROR_INVALID_HANDLE;
        }
        driver.modules.destroy(module);
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuModuleGetFunction(Function** function, Module* module, const char* name) {
    return with_context([&]() -> CUresult {
        if (!driver.modules.has(module)) {
            return CUDA_ERROR_INVALID_HANDLE;
        }
        for (unsigned i = 0; i < module->library->kernel_count; i++) {
            const Kernel& kernel = module->library->kernels[i];
            if (std::strcmp(kernel.name, name) != 0) {
                continue;
            }
            std::unique_ptr<Function>& made = module->functions[name];
            if (made == nullptr) {
                made = std::make_unique<Function>();
                made->kernel = &kernel;
                made->module = module;
            }
            *function = made.get();
            return CUDA_SUCCESS;
        }
        return CUDA_ERROR_NOT_FOUND;
    });
}

EMULATOR_EXPORT CUresult cuModuleGetGlobal_v2(CUdeviceptr* address, size_t* bytes, Module* module, const char* name) {
    return with_context([&]() -> CUresult {
        if (!driver.modules.has(module)) {
            return CUDA_ERROR_INVALID_HANDLE;
        }
        for (unsigned i = 0; i < module->library->global_count; i++) {
            const Global& global = module->library->globals[i];
            if (std::strcmp(global.name, name) == 0) {
                if (address != nullptr) {
                    *address = reinterpret_cast<CUdeviceptr>(global.address);
                }
                if (bytes != nullptr) {
                    *bytes = global.bytes;
                }
                return CUDA_SUCCESS;
            }
        }
        return CUDA_ERROR_NOT_FOUND;
    });
}

EMULATOR_EXPORT CUresult cuLaunchKernel(const void* function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                                        unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,
                                        const void* stream, void** arguments, void** extra) {
    return launch(function, {grid_x, grid_y, grid_z}, {block_x, block_y, block_z}, shared_bytes, stream, arguments,
                  extra);
}

// CUlaunchConfig and CUlaunchAttribute of CUDA 12 and 13.
struct LaunchAttribute {
    int id;
    alignas(8) unsigned char value[64];
};

struct LaunchConfig {
    unsigned grid_x, grid_y, grid_z;
    unsigned block_x, block_y, block_z;
    unsigned shared_bytes;
    const void* stream;
    const LaunchAttribute* attributes;
    unsigned attribute_count;
};

// Of the attributes, those are known that change nothing where kernels run one after the other.
EMULATOR_EXPORT CUresult cuLaunchKernelEx(const LaunchConfig* config, const void* function, void** arguments,
                                          void** extra) {
    constexpr int programmatic_stream_serialization = 6;
    for (unsigned i = 0; i < config->attribute_count; i++) {
        if (config->attributes[i].id != programmatic_stream_serialization) {
            return CUDA_ERROR_NOT_SUPPORTED;
        }
    }
    return launch(function, {config->grid_x, config->grid_y, config->grid_z},
                  {config->block_x, config->block_y, config->block_z}, config->shared_bytes, config->stream, arguments,
                  extra);
}

EMULATOR_EXPORT CUresult cuFuncGetModule(Module** module, const void* handle) {
    return with_function(handle, [=](Function& function) {
        *module = function.module;
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuFuncGetAttribute(int* value, int attribute, const void* handle) {
    return with_function(handle, [=](Function& function) {
        switch (attribute) {
            case 0:  // threads per block
                *value = static_cast<int>(function.kernel->max_threads);
                return CUDA_SUCCESS;
            case 1:  // static shared memory, of the whole library: an upper bound
                *value = static_cast<int>(static_shared(function));
                return CUDA_SUCCESS;
            case 2:  // constants
            case 3:  // local memory
            case 7:  // caching of globals
                *value = 0;
                return CUDA_SUCCESS;
            case 4:  // registers
                *value = 32;
                return CUDA_SUCCESS;
            case 5:  // PTX version
            case 6:  // binary version
                *value = 90;
                return CUDA_SUCCESS;
            case 8:  // dynamic shared memory
                *value = static_cast<int>(function.dynamic_limit);
                return CUDA_SUCCESS;
            case 9:  // preferred carve-out
                *value = -1;
                return CUDA_SUCCESS;
            default:
                return CUDA_ERROR_INVALID_VALUE;
        }
    });
}

EMULATOR_EXPORT CUresult cuFuncSetAttribute(const void* handle, int attribute, int value) {
    return with_function(handle, [=](Function& function) {
        if (attribute == 9) {
            return value >= -1 && value <= 100 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
        }
        if (attribute != 8 || value < 0 || value > 227 * 1024) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        function.dynamic_limit = static_cast<unsigned>(value);
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuFuncSetCacheConfig(const void* handle, int) {
    return with_function(handle, [](Function&) { return CUDA_SUCCESS; });
}

EMULATOR_EXPORT CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, const void* handle,
                                                                               int threads, size_t dynamic_bytes,
                                                                               unsigned) {
    return with_function(handle, [=](Function& function) {
        if (threads <= 0 || static_cast<unsigned>(threads) > function.kernel->max_threads) {
            return CUDA_ERROR_INVALID_VALUE;
        }
        size_t by_threads = 2048 / static_cast<unsigned>(threads);
        size_t by_shared = size_t(228) * 1024 / (dynamic_bytes + 1024);
        *blocks = static_cast<int>(std::min<size_t>({32, by_threads, by_shared}));
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* function, int threads,
                                                                     size_t dynamic_bytes) {
    return cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, threads, dynamic_bytes, 0);
}

EMULATOR_EXPORT CUresult cuOccupancyMaxPotentialBlockSizeWithFlags(int* grid, int* block, const void* handle,
                                                                   size_t (*)(int), size_t, int limit, unsigned) {
    return with_function(handle, [=](Function& function) {
        int largest = std::min<int>(256, static_cast<int>(function.kernel->max_threads));
        *block = limit > 0 ? std::min(limit, largest) : largest;
        *grid = 132 * (2048 / *block);
        return CUDA_SUCCESS;
    });
}

EMULATOR_EXPORT CUresult cuOccupancyMaxPotentialBlockSize(int* grid, int* block, const void* function,
                                                          size_t (*dynamic)(int), size_t bytes, int limit) {
    return cuOccupancyMaxPotentialBlockSizeWithFlags(grid, block, function, dynamic, bytes, limit, 0);
}
