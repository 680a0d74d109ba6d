// gb[channel] = (gy summed over the plane and the batch) + beta·gb[channel], where bits, if any, has the channel; the others
// stay +0.0. A channel is `plane` rows of gy. The order of each sum depends on plane and batch and on which of the two kernels
// runs, which these decide. Reads 4 bytes per element of gy.
#pragma once
#include "common.cuh"

// At most, of a block that sums a channel.
constexpr int CHANNEL_THREADS = 1024;

// What thread `rank` of `of` sums: every of-th quad of the rows, in four chains.
__device__ inline float quad_sums(const float* rows, int ld, int plane, int batch, int rank, int of) {
    float4 sum = {0.0f, 0.0f, 0.0f, 0.0f};
    for_each_quad(plane, batch, rank, of, [&](int row, int quad) {
        add_quad(sum, load_quad(rows + (i64)row * ld, 4 * quad, batch, ld % 4 == 0), 4 * quad, batch);
    });
    return total(sum);
}

__device__ inline void put_sum(float sum, float beta, float* gb, const u32* bits, int channel) {
    if (has_bit(bits, channel)) {
        gb[channel] = beta == 0 ? sum : fmaf(beta, gb[channel], sum);
    }
}

// A warp per channel.
extern "C" __global__ void bias_gradient_warps(
    const float* gy, int ld, int channels, int plane, int batch, float beta, float* gb, const u32* bits) {
    await_previous();
    i64 warps = thread_count() / WARP;
    for (i64 channel = thread_index() / WARP; channel < channels; channel += warps) {
        float sum = warp_sum(quad_sums(gy + channel * plane * ld, ld, plane, batch, lane_index(), WARP));
        if (lane_index() == 0) {
            put_sum(sum, beta, gb, bits, (int)channel);
        }
    }
}

// A block per channel, for those of many numbers.
extern "C" __global__ void __launch_bounds__(CHANNEL_THREADS) bias_gradient_blocks(
    const float* gy, int ld, int channels, int plane, int batch, float beta, float* gb, const u32* bits) {
    await_previous();
    for (int channel = (int)blockIdx.x; channel < channels; channel += (int)gridDim.x) {
        float sum = block_sum(quad_sums(gy + (i64)channel * plane * ld, ld, plane, batch, (int)threadIdx.x, (int)blockDim.x));
        if (threadIdx.x == 0) {
            put_sum(sum, beta, gb, bits, channel);
        }
    }
}
