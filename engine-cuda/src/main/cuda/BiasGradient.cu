// gb[row] = (gy[row, :] summed over the batch) + beta·gb[row], where bits, if any, has the row; the others stay +0.0. The
// order of each sum depends on the batch and on which of the two kernels runs, which the batch decides. Reads 4 bytes per
// element of gy.
#include "common.cuh"

// What thread `rank` of `of` sums: every of-th quad of the row, in four chains.
__device__ inline float quad_sums(const float* row, int batch, bool aligned, int rank, int of) {
    float4 sum = {0.0f, 0.0f, 0.0f, 0.0f};
    for (int column = 4 * rank; column < batch; column += 4 * of) {
        float4 v = load_quad(row, column, batch, aligned);
        sum.x += v.x;
        if (column + 1 < batch) sum.y += v.y;
        if (column + 2 < batch) sum.z += v.z;
        if (column + 3 < batch) sum.w += v.w;
    }
    return (sum.x + sum.y) + (sum.z + sum.w);
}

__device__ inline void put_sum(float sum, float beta, float* gb, const u32* bits, int row) {
    if (has_bit(bits, row)) {
        gb[row] = beta == 0 ? sum : fmaf(beta, gb[row], sum);
    }
}

// A warp per row.
extern "C" __global__ void bias_gradient_warps(
    const float* gy, int ld, int features, int batch, float beta, float* gb, const u32* bits) {
    i64 warps = thread_count() / WARP;
    for (i64 row = thread_index() / WARP; row < features; row += warps) {
        float sum = warp_sum(quad_sums(gy + row * ld, batch, ld % 4 == 0, lane_index(), WARP));
        if (lane_index() == 0) {
            put_sum(sum, beta, gb, bits, (int)row);
        }
    }
}

// A block of 256 per row, for large batches.
extern "C" __global__ void bias_gradient_blocks(
    const float* gy, int ld, int features, int batch, float beta, float* gb, const u32* bits) {
    for (int row = (int)blockIdx.x; row < features; row += (int)gridDim.x) {
        float sum = block_sum(quad_sums(gy + (i64)row * ld, batch, ld % 4 == 0, (int)threadIdx.x, 256));
        if (threadIdx.x == 0) {
            put_sum(sum, beta, gb, bits, row);
        }
    }
}
