// Exact selection by magnitude over a group of parameters (engine-api, MagnitudeSelection): the order of the float's bits
// without the sign, ties to the lower index, NaN refused. A radix select: three histograms over digits of 11, 10 and 10
// bits; prefix and remaining rank stay in device memory, so that nothing but the result travels. Integer counts do not
// depend on the order of their additions, and ties are counted in fixed chunks of a warp each, so neither does the result.
#pragma once
#include "common.cuh"

constexpr int SELECTION_BUCKETS = 2048;
constexpr int SELECTION_THREADS = 256;
constexpr int SELECTION_CHUNK = 1024;
constexpr u64 SELECTION_NONE = ~0ull;

// The chunks of n positions, one warp each, dealt to the warps of the grid.
#define FOR_EACH_CHUNK(chunk, n) \
    for (i64 chunk = thread_index() / WARP; chunk < ceil_div(n, SELECTION_CHUNK); chunk += thread_count() / WARP)

struct SelectionState {
    u64 nan;     // lowest index in the group that holds NaN, SELECTION_NONE where there is none
    u64 rank;    // which of the entries that match the prefix is sought; in the end, how many ties are kept
    u32 prefix;  // the decided digits; in the end, the bits of the k-th magnitude
    u32 again;   // Compression.cu: whether the threshold of before serves
};

__device__ inline u32 selection_magnitude(float x) {
    return __float_as_uint(x) & 0x7fffffffu;
}

__device__ inline bool selection_is_nan(u32 magnitude) {
    return magnitude > 0x7f800000u;
}

// The sum of own over this and all lower threads of a block of SELECTION_THREADS.
__device__ inline u64 selection_scan(u64 own, u64* sums) {
    const int t = threadIdx.x;
    sums[t] = own;
    __syncthreads();
    for (int step = 1; step < SELECTION_THREADS; step *= 2) {
        const u64 below = t >= step ? sums[t - step] : 0;
        __syncthreads();
        sums[t] += below;
        __syncthreads();
    }
    return sums[t];
}

// One block. Bound: latency; 16 KiB are written.
extern "C" __global__ void __launch_bounds__(SELECTION_THREADS) selection_begin(
    SelectionState* state, u64* histogram, i64 k) {
    await_previous();
    for (int b = threadIdx.x; b < SELECTION_BUCKETS; b += blockDim.x) {
        histogram[b] = 0;
    }
    if (threadIdx.x == 0) {
        state->nan = SELECTION_NONE;
        state->rank = (u64)k;
        state->prefix = 0;
        state->again = 0;
    }
}

// Counts one digit of the entries that match the prefix; first is the index of values[0] in the group. What masked storage
// holds outside its pattern is counted too: +0.0, the least magnitude, behind every entry that a rank within the stored ones
// can reach. Bound: 4 bytes read per position.
extern "C" __global__ void __launch_bounds__(SELECTION_THREADS) selection_histogram(
    const float* values,
    i64 n,
    i64 first,
    int shift,
    int digitBits,
    SelectionState* state,
    u64* histogram) {
    await_previous();
    // 32 bits suffice for one block's share: there are far fewer than 2^32 positions per block on any device.
    __shared__ u32 counts[SELECTION_BUCKETS];
    const int buckets = 1 << digitBits;
    for (int b = threadIdx.x; b < buckets; b += blockDim.x) {
        counts[b] = 0;
    }
    __syncthreads();
    const u32 decided = state->prefix >> (shift + digitBits);
    FOR_EACH_INDEX(i, n) {
        const u32 magnitude = selection_magnitude(values[i]);
        if (selection_is_nan(magnitude)) {
            atomicMin(&state->nan, (u64)(first + i));
        }
        if (magnitude >> (shift + digitBits) == decided) {
            atomicAdd(&counts[(magnitude >> shift) & (buckets - 1)], 1u);
        }
    }
    __syncthreads();
    for (int b = threadIdx.x; b < buckets; b += blockDim.x) {
        if (counts[b] != 0) {
            atomicAdd(&histogram[b], (u64)counts[b]);
        }
    }
}

// Decides one digit: the highest bucket that, with all above it, holds at least rank entries. Rank 0 decides for the top
// bucket, so that in the end nothing is kept. Leaves the histogram zeroed. One block. Bound: latency; 16 KiB are read.
extern "C" __global__ void __launch_bounds__(SELECTION_THREADS) selection_choose(
    SelectionState* state, u64* histogram, int shift, int digitBits) {
    await_previous();
    __shared__ u64 sums[SELECTION_THREADS];
    const int each = (1 << digitBits) / SELECTION_THREADS;
    // Thread 0 has the highest buckets.
    const int top = (1 << digitBits) - 1 - threadIdx.x * each;
    u64 own = 0;
    for (int b = top; b > top - each; b--) {
        own += histogram[b];
    }
    const u64 rank = state->rank;
    const u64 through = selection_scan(own, sums);
    u64 above = through - own;
    if (through >= rank && (above < rank || threadIdx.x == 0)) {
        int bucket = top;
        while (above + histogram[bucket] < rank) {
            above += histogram[bucket--];
        }
        state->prefix |= (u32)bucket << shift;
        state->rank = rank - above;
    }
    // A thread reads and clears its own buckets only.
    for (int b = top; b > top - each; b--) {
        histogram[b] = 0;
    }
}

// How many entries of each chunk equal the k-th magnitude; a warp per chunk. Bound: 4 bytes read per position.
extern "C" __global__ void __launch_bounds__(SELECTION_THREADS) selection_count_ties(
    const float* values,
    const u32* bits,
    i64 n,
    const SelectionState* state,
    u64* ties) {
    await_previous();
    const u32 threshold = state->prefix;
    const int lane = lane_index();
    FOR_EACH_CHUNK(chunk, n) {
        int count = 0;
        for (int step = 0; step < SELECTION_CHUNK / WARP; step++) {
            const i64 i = chunk * SELECTION_CHUNK + step * WARP + lane;
            const bool tie = i < n && has_bit(bits, i) && selection_magnitude(values[i]) == threshold;
            count += __popc(__ballot_sync(ALL_LANES, tie));
        }
        if (lane == 0) {
            ties[chunk] = (u64)count;
        }
    }
}

// Turns the counts of all chunks of the group (of ties; of elements, in Compression.cu) into the number before each chunk. One block, each thread sums a run
// of chunks. Bound: latency; 24 bytes per 1024 positions.
extern "C" __global__ void __launch_bounds__(SELECTION_THREADS) selection_scan_ties(u64* ties, i64 chunks) {
    await_previous();
    __shared__ u64 sums[SELECTION_THREADS];
    const i64 each = ceil_div(chunks, SELECTION_THREADS);
    const i64 from = threadIdx.x * each < chunks ? threadIdx.x * each : chunks;
    const i64 to = from + each < chunks ? from + each : chunks;
    u64 own = 0;
    for (i64 c = from; c < to; c++) {
        own += ties[c];
    }
    u64 before = selection_scan(own, sums) - own;
    for (i64 c = from; c < to; c++) {
        const u64 count = ties[c];
        ties[c] = before;
        before += count;
    }
}

// One bit per position: larger than the k-th magnitude, or among the first state->rank of its equals. Writes every word of
// every chunk, zeros beyond n. Bound: 4 bytes read and 1/8 written per position.
extern "C" __global__ void __launch_bounds__(SELECTION_THREADS) selection_keep(
    const float* values,
    const u32* bits,
    i64 n,
    const SelectionState* state,
    const u64* tiesBefore,
    u32* kept) {
    await_previous();
    const u32 threshold = state->prefix;
    const u64 tiesKept = state->rank;
    const int lane = lane_index();
    const u32 lower = (1u << lane) - 1u;
    FOR_EACH_CHUNK(chunk, n) {
        u64 before = tiesBefore[chunk];
        u32 word = 0;
        for (int step = 0; step < SELECTION_CHUNK / WARP; step++) {
            const i64 i = chunk * SELECTION_CHUNK + step * WARP + lane;
            const bool stored = i < n && has_bit(bits, i);
            const u32 magnitude = stored ? selection_magnitude(values[i]) : 0;
            const bool tie = stored && magnitude == threshold;
            const u32 ties = __ballot_sync(ALL_LANES, tie);
            const bool first = tie && before + __popc(ties & lower) < tiesKept;
            const u32 keep = __ballot_sync(ALL_LANES, (stored && magnitude > threshold) || first);
            // Lane s takes the word of step s, so that the chunk's words go out in one store.
            word = lane == step ? keep : word;
            before += __popc(ties);
        }
        kept[chunk * (SELECTION_CHUNK / WARP) + lane] = word;
    }
}
