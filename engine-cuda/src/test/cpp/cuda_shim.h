// Lets an ordinary C++ compiler take CUDA kernels: the qualifiers, the built-in variables, types and functions that the
// kernels of this project use, and their neighbours. What nvcc would reject should not compile here either, so that
// atomics, for one, are there for the types that CUDA has them for.
//
// Compile with -ffp-contract=off: here a multiply and an add are fused where the source says fmaf, and nowhere else. nvcc
// fuses by itself unless told not to, so that tests of sums compare within a tolerance.
#pragma once

#include "kernel_abi.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <type_traits>
#include <utility>

#define GOSSAMER_EMULATED 1

#define __global__
#define __device__
#define __host__
#define __constant__
#define __grid_constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __align__(n) __attribute__((aligned(n)))
#define __launch_bounds__(...)
// One copy for all blocks, as these run one after the other; in a section of its own, to be filled between them.
#define __shared__ static __attribute__((section("emulated_shared")))
#define DYNAMIC_SHARED(T, name) T* const name = static_cast<T*>(emulator_dynamic_shared())

#define threadIdx (emulator_coordinates->thread)
#define blockIdx (emulator_coordinates->block)
#define blockDim (emulator_coordinates->block_size)
#define gridDim (emulator_coordinates->grid_size)
#define warpSize 32

#undef assert
#define assert(condition) ((condition) ? (void)0 : emulator_trap("assert(" #condition ")", __FILE__, __LINE__))

// Vector types, with the alignment that makes a misaligned access fault as it does on a device.

#define EMULATOR_VECTORS(T, name, align1, align2, align4)                                        \
    struct name##1 { T x; };                                                                     \
    struct __attribute__((aligned(align2))) name##2 { T x, y; };                                 \
    struct name##3 { T x, y, z; };                                                               \
    struct __attribute__((aligned(align4))) name##4 { T x, y, z, w; };                           \
    inline name##1 make_##name##1(T x) { return {x}; }                                           \
    inline name##2 make_##name##2(T x, T y) { return {x, y}; }                                   \
    inline name##3 make_##name##3(T x, T y, T z) { return {x, y, z}; }                           \
    inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }

EMULATOR_VECTORS(float, float, 4, 8, 16)
EMULATOR_VECTORS(double, double, 8, 16, 16)
EMULATOR_VECTORS(int, int, 4, 8, 16)
EMULATOR_VECTORS(long long, longlong, 8, 16, 16)
EMULATOR_VECTORS(unsigned long long, ulonglong, 8, 16, 16)
EMULATOR_VECTORS(signed char, char, 1, 2, 4)
EMULATOR_VECTORS(unsigned char, uchar, 1, 2, 4)
EMULATOR_VECTORS(short, short, 2, 4, 8)
EMULATOR_VECTORS(unsigned short, ushort, 2, 4, 8)
#undef EMULATOR_VECTORS

struct uint1 { unsigned x; };
struct __attribute__((aligned(8))) uint2 { unsigned x, y; };
struct __attribute__((aligned(16))) uint4 { unsigned x, y, z, w; };
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

// The block.

inline void __syncthreads(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    emulator_barrier(0, file, line);
}

inline int __syncthreads_count(int predicate, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return emulator_barrier(predicate, file, line);
}

inline int __syncthreads_or(int predicate, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return emulator_barrier(predicate, file, line) != 0;
}

inline int __syncthreads_and(int predicate, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return emulator_barrier(!predicate, file, line) == 0;
}

inline void __threadfence() {}
inline void __threadfence_block() {}
inline void __threadfence_system() {}

#define __trap() emulator_trap("__trap()", __FILE__, __LINE__)

// The warp.

inline void __syncwarp(unsigned mask = 0xffffffffu, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    emulator_warp(emulator::WarpOp::sync, mask, 0, 0, file, line);
}

inline unsigned __ballot_sync(unsigned mask, int predicate, const char* file = __builtin_FILE(),
                              int line = __builtin_LINE()) {
    return static_cast<unsigned>(emulator_warp(emulator::WarpOp::ballot, mask, predicate != 0, 0, file, line));
}

inline int __any_sync(unsigned mask, int predicate, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return emulator_warp(emulator::WarpOp::ballot, mask, predicate != 0, 0, file, line) != 0;
}

inline int __all_sync(unsigned mask, int predicate, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return emulator_warp(emulator::WarpOp::ballot, mask, predicate == 0, 0, file, line) == 0;
}

// Promises nothing about other lanes, as on devices since Volta.
inline unsigned __activemask() {
    return 1u << emulator_lane();
}

namespace emulator {

template <typename T>
T shuffle(unsigned mask, T value, unsigned source, const char* file, int line) {
    static_assert(std::is_arithmetic<T>::value && sizeof(T) >= 4, "CUDA shuffles values of 4 or 8 bytes");
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof value);
    bits = emulator_warp(WarpOp::shuffle, mask, bits, source, file, line);
    memcpy(&value, &bits, sizeof value);
    return value;
}

// The lane that a shuffle reads: itself where the other is outside of its part of `width` lanes.
inline unsigned within(int wanted, int width) {
    int lane = static_cast<int>(emulator_lane());
    int first = lane / width * width;
    return static_cast<unsigned>(wanted < first || wanted >= first + width ? lane : wanted);
}

}  // namespace emulator

template <typename T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, const char* file = __builtin_FILE(),
              int line = __builtin_LINE()) {
    int first = static_cast<int>(emulator_lane()) / width * width;
    return emulator::shuffle(mask, value, static_cast<unsigned>(first + (source & (width - 1))), file, line);
}

template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, const char* file = __builtin_FILE(),
                 int line = __builtin_LINE()) {
    int wanted = static_cast<int>(emulator_lane()) - static_cast<int>(delta);
    return emulator::shuffle(mask, value, emulator::within(wanted, width), file, line);
}

template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, const char* file = __builtin_FILE(),
                   int line = __builtin_LINE()) {
    int wanted = static_cast<int>(emulator_lane()) + static_cast<int>(delta);
    return emulator::shuffle(mask, value, emulator::within(wanted, width), file, line);
}

template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32, const char* file = __builtin_FILE(),
                  int line = __builtin_LINE()) {
    int wanted = static_cast<int>(emulator_lane()) ^ lanes;
    return emulator::shuffle(mask, value, emulator::within(wanted, width), file, line);
}

// Atomics. Threads switch at barriers and warp operations only, so that plain code is atomic.

namespace emulator {

template <typename T>
struct Same {
    using type = T;
};

template <typename T>
constexpr bool is_word = std::is_same<T, int>::value || std::is_same<T, unsigned>::value ||
                         std::is_same<T, unsigned long long>::value;

}  // namespace emulator

#define EMULATOR_ATOMIC(name, allowed, result)                                \
    template <typename T>                                                     \
    T name(T* address, typename emulator::Same<T>::type value) {              \
        static_assert(allowed, #name " is not there for this type in CUDA");  \
        T old = *address;                                                     \
        *address = (result);                                                  \
        return old;                                                           \
    }

EMULATOR_ATOMIC(atomicAdd, (emulator::is_word<T> || std::is_floating_point<T>::value), old + value)
EMULATOR_ATOMIC(atomicSub, (std::is_same<T, int>::value || std::is_same<T, unsigned>::value), old - value)
EMULATOR_ATOMIC(atomicMin, (emulator::is_word<T> || std::is_same<T, long long>::value), value < old ? value : old)
EMULATOR_ATOMIC(atomicMax, (emulator::is_word<T> || std::is_same<T, long long>::value), value > old ? value : old)
EMULATOR_ATOMIC(atomicAnd, emulator::is_word<T>, old & value)
EMULATOR_ATOMIC(atomicOr, emulator::is_word<T>, old | value)
EMULATOR_ATOMIC(atomicXor, emulator::is_word<T>, old ^ value)
EMULATOR_ATOMIC(atomicExch, (emulator::is_word<T> || std::is_same<T, float>::value), value)
#undef EMULATOR_ATOMIC

template <typename T>
T atomicCAS(T* address, typename emulator::Same<T>::type compare, typename emulator::Same<T>::type value) {
    static_assert(emulator::is_word<T>, "atomicCAS is not there for this type in CUDA");
    T old = *address;
    if (old == compare) {
        *address = value;
    }
    return old;
}

// Loads and stores with cache hints.

template <typename T>
T __ldg(const T* address) { return *address; }
template <typename T>
T __ldcg(const T* address) { return *address; }
template <typename T>
T __ldca(const T* address) { return *address; }
template <typename T>
T __ldcs(const T* address) { return *address; }
template <typename T>
T __ldlu(const T* address) { return *address; }
template <typename T>
T __ldcv(const T* address) { return *address; }
template <typename T>
void __stcg(T* address, T value) { *address = value; }
template <typename T>
void __stcs(T* address, T value) { *address = value; }
template <typename T>
void __stwb(T* address, T value) { *address = value; }
template <typename T>
void __stwt(T* address, T value) { *address = value; }

// Integers and bits.

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(x)); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }

inline unsigned __brev(unsigned x) {
    unsigned reversed = 0;
    for (int bit = 0; bit < 32; bit++) {
        reversed |= (x >> bit & 1u) << (31 - bit);
    }
    return reversed;
}

inline unsigned long long __brevll(unsigned long long x) {
    return static_cast<unsigned long long>(__brev(static_cast<unsigned>(x))) << 32 |
           __brev(static_cast<unsigned>(x >> 32));
}

inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
    return static_cast<unsigned>(((static_cast<uint64_t>(high) << 32 | low) << (shift & 31)) >> 32);
}

inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
    return static_cast<unsigned>((static_cast<uint64_t>(high) << 32 | low) >> (shift & 31));
}

inline int __mulhi(int a, int b) { return static_cast<int>((static_cast<int64_t>(a) * b) >> 32); }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>((static_cast<uint64_t>(a) * b) >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return static_cast<unsigned long long>((static_cast<unsigned __int128>(a) * b) >> 64);
}

// min and max of integers, mixed as CUDA mixes them.
#define EMULATOR_MIN_MAX(A, B, R)                                                   \
    inline R min(A a, B b) { return static_cast<R>(a) < static_cast<R>(b) ? static_cast<R>(a) : static_cast<R>(b); } \
    inline R max(A a, B b) { return static_cast<R>(a) > static_cast<R>(b) ? static_cast<R>(a) : static_cast<R>(b); }

EMULATOR_MIN_MAX(int, int, int)
EMULATOR_MIN_MAX(unsigned, unsigned, unsigned)
EMULATOR_MIN_MAX(int, unsigned, unsigned)
EMULATOR_MIN_MAX(unsigned, int, unsigned)
EMULATOR_MIN_MAX(long, long, long)
EMULATOR_MIN_MAX(unsigned long, unsigned long, unsigned long)
EMULATOR_MIN_MAX(long long, long long, long long)
EMULATOR_MIN_MAX(unsigned long long, unsigned long long, unsigned long long)
#undef EMULATOR_MIN_MAX

// As fminf and fmaxf: a NaN loses.
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }

// Floating point.

namespace emulator {

template <typename To, typename From>
To bits(From from) {
    static_assert(sizeof(To) == sizeof(From), "same size");
    To to;
    memcpy(&to, &from, sizeof to);
    return to;
}

}  // namespace emulator

inline unsigned __float_as_uint(float x) { return emulator::bits<unsigned>(x); }
inline int __float_as_int(float x) { return emulator::bits<int>(x); }
inline float __uint_as_float(unsigned x) { return emulator::bits<float>(x); }
inline float __int_as_float(int x) { return emulator::bits<float>(x); }
inline long long __double_as_longlong(double x) { return emulator::bits<long long>(x); }
inline double __longlong_as_double(long long x) { return emulator::bits<double>(x); }

inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline double __fma_rn(double a, double b, double c) { return fma(a, b, c); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fsqrt_rn(float a) { return sqrtf(a); }
inline float __frcp_rn(float a) { return 1.0f / a; }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline float __fdividef(float a, float b) { return a / b; }
inline float __saturatef(float a) { return fminf(fmaxf(a, 0.0f), 1.0f); }

inline float rsqrtf(float a) { return 1.0f / sqrtf(a); }
inline double rsqrt(double a) { return 1.0 / sqrt(a); }
inline float __expf(float a) { return expf(a); }
inline float __logf(float a) { return logf(a); }
inline float __log2f(float a) { return log2f(a); }
inline float __powf(float a, float b) { return powf(a, b); }
inline float __sinf(float a) { return sinf(a); }
inline float __cosf(float a) { return cosf(a); }

inline float __int2float_rn(int a) { return static_cast<float>(a); }
inline float __uint2float_rn(unsigned a) { return static_cast<float>(a); }
inline float __ll2float_rn(long long a) { return static_cast<float>(a); }
inline float __double2float_rn(double a) { return static_cast<float>(a); }
inline int __float2int_rn(float a) { return static_cast<int>(lrintf(a)); }
inline int __float2int_rz(float a) { return static_cast<int>(a); }
inline int __float2int_rd(float a) { return static_cast<int>(floorf(a)); }
