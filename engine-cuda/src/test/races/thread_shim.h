// Lets a C++ compiler take CUDA kernels so that every CUDA thread of a block is a thread of the system: then ThreadSanitizer
// sees two of them touch one place without a barrier between. Only what the kernels use. The emulator of src/test/cpp is
// another thing: it runs the contracts, by switching between threads where they wait, and cannot see races.
#pragma once

#include <barrier>
#include <cmath>
#include <cstring>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

#define __global__
#define __device__
#define __launch_bounds__(...)
// Blocks run one after the other, so that one copy does.
#define __shared__ static

struct __attribute__((aligned(8))) float2 {
    float x, y;
};

struct __attribute__((aligned(16))) float4 {
    float x, y, z, w;
};

struct __attribute__((aligned(16))) int4 {
    int x, y, z, w;
};

namespace races {

struct Index {
    unsigned x;
};

// What the threads of the running block wait for, and where shuffled values lie.
struct Block {
    explicit Block(unsigned threads) : all(threads), slots(threads) {
        for (unsigned warp = 0; warp < threads / 32; warp++) {
            warps.push_back(std::make_unique<std::barrier<>>(32));
        }
    }

    std::barrier<> all;
    std::vector<std::unique_ptr<std::barrier<>>> warps;
    std::vector<unsigned long long> slots;
};

inline Block* block;

}  // namespace races

inline thread_local races::Index threadIdx;
inline thread_local races::Index blockIdx;
inline races::Index blockDim;
inline races::Index gridDim;

// Lanes wait for each other.
inline void __syncwarp() {
    races::block->warps[threadIdx.x / 32]->arrive_and_wait();
}

inline void __syncthreads() {
    races::block->all.arrive_and_wait();
}

template <typename T>
T __shfl_sync(unsigned, T value, unsigned lane) {
    unsigned warp = threadIdx.x / 32;
    std::memcpy(&races::block->slots[threadIdx.x], &value, sizeof value);
    races::block->warps[warp]->arrive_and_wait();
    std::memcpy(&value, &races::block->slots[warp * 32 + lane], sizeof value);
    races::block->warps[warp]->arrive_and_wait();
    return value;
}

template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int apart) {
    return __shfl_sync(mask, value, threadIdx.x % 32 ^ apart);
}

inline unsigned __ballot_sync(unsigned, int predicate) {
    unsigned warp = threadIdx.x / 32;
    unsigned votes = 0;
    races::block->slots[threadIdx.x] = predicate != 0 ? 1 : 0;
    races::block->warps[warp]->arrive_and_wait();
    for (unsigned lane = 0; lane < 32; lane++) {
        votes |= static_cast<unsigned>(races::block->slots[warp * 32 + lane]) << lane;
    }
    races::block->warps[warp]->arrive_and_wait();
    return votes;
}

template <typename T>
T atomicAdd(T* address, std::type_identity_t<T> value) {
    return __atomic_fetch_add(address, value, __ATOMIC_RELAXED);
}

template <typename T>
T atomicOr(T* address, std::type_identity_t<T> value) {
    return __atomic_fetch_or(address, value, __ATOMIC_RELAXED);
}

template <typename T>
T atomicMax(T* address, std::type_identity_t<T> value) {
    T old = __atomic_load_n(address, __ATOMIC_RELAXED);
    while (old < value && !__atomic_compare_exchange_n(address, &old, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
    return old;
}

template <typename T>
T atomicMin(T* address, std::type_identity_t<T> value) {
    T old = __atomic_load_n(address, __ATOMIC_RELAXED);
    while (value < old && !__atomic_compare_exchange_n(address, &old, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
    return old;
}

template <typename T>
T __ldg(const T* address) {
    return *address;
}

inline float __int_as_float(int bits) {
    float x;
    std::memcpy(&x, &bits, sizeof x);
    return x;
}

inline unsigned __float_as_uint(float x) {
    unsigned bits;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
}

inline long long __double_as_longlong(double x) {
    long long bits;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
}

inline double __longlong_as_double(long long bits) {
    double x;
    std::memcpy(&x, &bits, sizeof x);
    return x;
}

inline int __popc(unsigned x) {
    return __builtin_popcount(x);
}

namespace races {

// Runs a kernel: the blocks in turn, the threads of each all at once.
template <typename Kernel>
void launch(unsigned grid, unsigned threads, Kernel kernel) {
    blockDim = {threads};
    gridDim = {grid};
    for (unsigned b = 0; b < grid; b++) {
        Block running(threads);
        block = &running;
        std::vector<std::thread> all;
        for (unsigned t = 0; t < threads; t++) {
            all.emplace_back([&kernel, b, t] {
                threadIdx = {t};
                blockIdx = {b};
                kernel();
                // Threads that return early must not be waited for.
                block->warps[t / 32]->arrive_and_drop();
                block->all.arrive_and_drop();
            });
        }
        for (std::thread& each : all) {
            each.join();
        }
    }
}

}  // namespace races
