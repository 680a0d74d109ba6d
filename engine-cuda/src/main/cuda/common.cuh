// What all kernels share. Plain CUDA C++ without library headers, so that nvcc, NVRTC and, through a header that supplies the
// built-ins, an ordinary C++ compiler take the same text.
//
// Conventions: activations are row-major [features][ld], of which the first `batch` columns are valid; kernels write valid
// columns only, so that the rest stays +0.0 (or stays another view's). Blocks are one-dimensional, a multiple of 32 threads.
// Grids are bounded, so loops stride. Nothing depends on the size of the grid except where the launch fixes it.
// Contraction is off (-fmad=false): a fused multiply-add is written fmaf.
#pragma once

typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

constexpr int WARP = 32;
constexpr u32 ALL_LANES = 0xffffffffu;

// What a kernel found wrong with its data, in the workspace's fault word; the largest one stays. dev.gossamer.cuda.Faults
// has the same numbers.
constexpr int FAULT_LABEL = 1;      // a label outside the classes of the logits
constexpr int FAULT_POSITION = 2;   // a batch that begins or ends outside the order
constexpr int FAULT_SAMPLE = 3;     // an order that names a sample the data set has not

__device__ inline void report_fault(int* fault, int code) {
    atomicMax(fault, code);
}

// The first statement of every kernel. Its blocks may have taken their places while the kernel before it still ran (programmatic
// dependent launch, OverlappingLaunch.java): here they wait for the end of that one and for what it wrote. Only then may those
// of the next kernel take theirs, or a chain of waiting blocks would fill the GPU.
__device__ inline void await_previous() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    asm volatile("griddepcontrol.wait;" ::: "memory");
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

__device__ inline i64 thread_index() {
    return (i64)blockIdx.x * blockDim.x + threadIdx.x;
}

__device__ inline i64 thread_count() {
    return (i64)gridDim.x * blockDim.x;
}

// Blocks of a grid that share work of their own: number `index` of `count`.
struct Blocks {
    u32 index, count;
};

__device__ inline Blocks all_blocks() {
    return {blockIdx.x, gridDim.x};
}

__device__ inline i64 thread_index(const Blocks& blocks) {
    return (i64)blocks.index * blockDim.x + threadIdx.x;
}

__device__ inline i64 thread_count(const Blocks& blocks) {
    return (i64)blocks.count * blockDim.x;
}

__device__ inline int lane_index() {
    return (int)(threadIdx.x % WARP);
}

__device__ inline int warp_index() {
    return (int)(threadIdx.x / WARP);
}

// for each i of 0 .. count-1, dealt to the threads of the grid.
#define FOR_EACH_INDEX(i, count) for (i64 i = thread_index(); i < (i64)(count); i += thread_count())

__device__ inline i64 ceil_div(i64 a, i64 b) {
    return (a + b - 1) / b;
}

// Row and remainder of a flat index over rows of `width`; 32-bit division where it suffices, as 64-bit division costs more than
// the memory access it serves.
struct Place {
    int row;
    int at;
};

__device__ inline Place place(i64 index, int width) {
    if ((u64)index <= 0xffffffffull) {
        u32 row = (u32)index / (u32)width;
        return {(int)row, (int)((u32)index - row * (u32)width)};
    }
    i64 row = index / width;
    return {(int)row, (int)(index - row * width)};
}

// Row `row` of activations with planes of height x width.
struct Point {
    int channel, y, x;
};

__device__ inline Point point_of(int row, int height, int width) {
    int line = row / width;
    int channel = line / height;
    return {channel, line - channel * height, row - line * width};
}

// Sums of a fixed shape. The butterfly leaves the same bits in every lane, as a+b is b+a.

template <typename T>
__device__ inline T warp_sum(T value) {
    for (int apart = WARP / 2; apart > 0; apart /= 2) {
        value += __shfl_xor_sync(ALL_LANES, value, apart);
    }
    return value;
}

// The sum over the block, in every thread. All threads of the block must call it.
template <typename T>
__device__ inline T block_sum(T value) {
    __shared__ T of_warp[WARP];
    value = warp_sum(value);
    __syncthreads();  // readers of an earlier call are done
    if (lane_index() == 0) {
        of_warp[warp_index()] = value;
    }
    __syncthreads();
    return warp_sum(lane_index() < (int)(blockDim.x / WARP) ? of_warp[lane_index()] : T(0));
}

// Four columns at a time. `aligned` says that ld is a multiple of 4: rows then start on 16 bytes (buffers do), and a whole
// quad may be read wherever its first column is valid, since it ends within the row.

__device__ inline float4 load_quad(const float* row, int column, int batch, bool aligned) {
    if (aligned) {
        return *reinterpret_cast<const float4*>(row + column);
    }
    float4 v = {0.0f, 0.0f, 0.0f, 0.0f};
    v.x = row[column];
    if (column + 1 < batch) v.y = row[column + 1];
    if (column + 2 < batch) v.z = row[column + 2];
    if (column + 3 < batch) v.w = row[column + 3];
    return v;
}

__device__ inline void store_quad(float* row, int column, int batch, bool aligned, float4 v) {
    if (aligned && column + 4 <= batch) {
        *reinterpret_cast<float4*>(row + column) = v;
        return;
    }
    row[column] = v.x;
    if (column + 1 < batch) row[column + 1] = v.y;
    if (column + 2 < batch) row[column + 2] = v.z;
    if (column + 3 < batch) row[column + 3] = v.w;
}

__device__ inline float4 fma4(float a, float4 x, float4 y) {
    return {fmaf(a, x.x, y.x), fmaf(a, x.y, y.y), fmaf(a, x.z, y.z), fmaf(a, x.w, y.w)};
}

// a·x + y of four and of one.

__device__ inline float4 fused(float a, float4 x, float4 y) {
    return fma4(a, x, y);
}

__device__ inline float fused(float a, float x, float y) {
    return fmaf(a, x, y);
}

// The numbers whose bits are set, +0.0 for the others, whatever those are.
__device__ inline float4 keep(u32 four, float4 v) {
    return {four & 1 ? v.x : 0.0f, four & 2 ? v.y : 0.0f, four & 4 ? v.z : 0.0f, four & 8 ? v.w : 0.0f};
}

// f(row, quad) for every of-th quad of a channel's `plane` rows, from number `rank` on.
template <typename F>
__device__ inline void for_each_quad(int plane, int batch, int rank, int of, F f) {
    int quads = (batch + 3) / 4;
#pragma unroll 4
    for (i64 i = rank; i < (i64)plane * quads; i += of) {
        Place at = place(i, quads);
        f(at.row, at.at);
    }
}

// Adds a quad to the sums; columns beyond the batch do not count, as they may be another view's.
__device__ inline void add_quad(float4& sum, float4 v, int column, int batch) {
    sum.x += v.x;
    if (column + 1 < batch) sum.y += v.y;
    if (column + 2 < batch) sum.z += v.z;
    if (column + 3 < batch) sum.w += v.w;
}

// The same with products.
__device__ inline void add_products(float4& sum, float4 a, float4 b, int column, int batch) {
    sum.x = fmaf(a.x, b.x, sum.x);
    if (column + 1 < batch) sum.y = fmaf(a.y, b.y, sum.y);
    if (column + 2 < batch) sum.z = fmaf(a.z, b.z, sum.z);
    if (column + 3 < batch) sum.w = fmaf(a.w, b.w, sum.w);
}

__device__ inline float total(float4 sum) {
    return (sum.x + sum.y) + (sum.z + sum.w);
}

// The bits of four neighbours, flat index 4·quad on, of a pattern; all of them where there is none.
__device__ inline u32 quad_bits(const u32* bits, i64 quad) {
    return bits == nullptr ? 15u : (bits[quad >> 3] >> ((quad & 7) * 4)) & 15u;
}

__device__ inline bool has_bit(const u32* bits, i64 index) {
    return bits == nullptr || ((bits[index >> 5] >> (index & 31)) & 1u) != 0;
}

// Where ops of activations write, and how those end that write a gradient: mask ⊙ (v + beta·old), the old numbers not being
// read where beta = 0. Fields in order are what Output.java passes.
struct Output {
    float* data;
    const u32* mask;  // [rows][mask_words], or null for none
    int ld;
    int mask_words;
    int batch;
    float beta;
};

__device__ inline float* row_of(const Output& out, int row) {
    return out.data + (i64)row * out.ld;
}

// beta·old, where the chains of products begin.
__device__ inline float4 old_quad(const Output& out, int row, int quad) {
    if (out.beta == 0) {
        return {0.0f, 0.0f, 0.0f, 0.0f};
    }
    float4 old = load_quad(row_of(out, row), 4 * quad, out.batch, out.ld % 4 == 0);
    return {out.beta * old.x, out.beta * old.y, out.beta * old.z, out.beta * old.w};
}

// v + beta·old, rounded once.
__device__ inline float4 plus_old(const Output& out, int row, int quad, float4 v) {
    return out.beta == 0 ? v : fma4(out.beta, load_quad(row_of(out, row), 4 * quad, out.batch, out.ld % 4 == 0), v);
}

__device__ inline void put_quad(const Output& out, int row, int quad, float4 v) {
    if (out.mask != nullptr) {
        v = keep(out.mask[(i64)row * out.mask_words + quad / 8] >> (quad % 8 * 4), v);
    }
    store_quad(row_of(out, row), 4 * quad, out.batch, out.ld % 4 == 0, v);
}

// The same of single columns.

__device__ inline float old_number(const Output& out, int row, int column) {
    return out.beta == 0 ? 0.0f : out.beta * row_of(out, row)[column];
}

__device__ inline void put_number(const Output& out, int row, int column, float v) {
    bool kept = out.mask == nullptr || has_bit(out.mask + (i64)row * out.mask_words, column);
    row_of(out, row)[column] = kept ? v : 0.0f;
}
