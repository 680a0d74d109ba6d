// What compiled kernels and the stand-in driver share: how a kernel is described, and what it sees of its thread.
#pragma once

#include <cstddef>
#include <cstdint>

#define EMULATOR_EXPORT extern "C" __attribute__((visibility("default")))

struct uint3 {
    unsigned x, y, z;
};

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
    constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
    constexpr operator uint3() const { return {x, y, z}; }
};

namespace emulator {

// One `extern "C" __global__` function.
struct Kernel {
    const char* name;
    void (*call)(void** arguments);
    const size_t* argument_sizes;
    unsigned argument_count;
    unsigned max_threads;  // of __launch_bounds__, else what the device allows
};

// One `extern "C"` variable of the device.
struct Global {
    const char* name;
    void* address;
    size_t bytes;
};

struct Range {
    char* begin;
    char* end;

    size_t bytes() const { return static_cast<size_t>(end - begin); }
};

// One compiled library of kernels, as a module is loaded from it.
struct KernelLibrary {
    const Kernel* kernels;
    unsigned kernel_count;
    const Global* globals;
    unsigned global_count;
    Range shared[2];  // the static __shared__ variables of all its kernels, those of templates apart
};

// The coordinates of the thread that runs now.
struct Coordinates {
    uint3 thread;
    uint3 block;
    uint3 block_size;
    uint3 grid_size;
};

enum class WarpOp : int { sync, ballot, shuffle };

}  // namespace emulator

// The scheduler switches threads only within calls of these functions.
EMULATOR_EXPORT emulator::Coordinates* emulator_coordinates;
EMULATOR_EXPORT unsigned emulator_lane();
EMULATOR_EXPORT void* emulator_dynamic_shared();
// Waits for the block; returns how many threads handed in a non-zero predicate.
EMULATOR_EXPORT int emulator_barrier(int predicate, const char* file, int line);
// Waits for the lanes of the mask. ballot: one bit per lane with a non-zero value. shuffle: the value of lane `source`.
EMULATOR_EXPORT uint64_t emulator_warp(emulator::WarpOp op, unsigned mask, uint64_t value, unsigned source,
                                       const char* file, int line);
// Ends the launch with an error; does not return.
EMULATOR_EXPORT void emulator_trap(const char* what, const char* file, int line);
