// ReLU on its own, and its gradient through the saved bits: mask[row][column / 32], bit = column % 32. Eight neighbouring
// lanes share a word of 32 columns, four columns each, so a warp serves four words.
#pragma once
#include "common.cuh"

constexpr int WORD_LANES = 8;
constexpr int WARP_WORDS = WARP / WORD_LANES;

// max(x, 0), NaN stays NaN, -0 becomes +0.
__device__ inline float rectified(float x) {
    return x <= 0 ? 0.0f : x;
}

__device__ inline float4 rectified(float4 v) {
    return {rectified(v.x), rectified(v.y), rectified(v.z), rectified(v.w)};
}

__device__ inline float plus(float v, float bias) {
    return v + bias;
}

__device__ inline float4 plus(float4 v, float bias) {
    return {v.x + bias, v.y + bias, v.z + bias, v.w + bias};
}

__device__ inline float4 plus(float4 a, float4 b) {
    return {a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w};
}

__device__ inline u32 above_zero(float4 v) {
    return (v.x > 0 ? 1u : 0u) | (v.y > 0 ? 2u : 0u) | (v.z > 0 ? 4u : 0u) | (v.w > 0 ? 8u : 0u);
}

// Which columns of the quad are valid.
__device__ inline u32 valid_bits(int column, int batch) {
    return batch - column >= 4 ? 15u : (1u << (batch - column)) - 1u;
}

// For kernels that note what passes a ReLU: f(row, column) treats a quad and says which of it passed. The mask may be null. The
// loop is the same for all lanes of a warp, since they shuffle; each quad is one lane's only, so outputs may be inputs.
template <typename F>
__device__ inline void note_quads(u32* mask, int mask_words, int features, int batch, F f) {
    int words = (batch + 31) / 32;
    i64 items = (i64)features * words;
    int part = lane_index() % WORD_LANES;
    for (i64 first = thread_index() / WARP * WARP_WORDS; first < items; first += thread_count() / WORD_LANES) {
        i64 item = first + lane_index() / WORD_LANES;
        bool has_item = item < items;
        Place at = place(has_item ? item : 0, words);
        int column = at.at * 32 + part * 4;
        u32 passed = 0;
        if (has_item && column < batch) {
            passed = (f(at.row, column) & valid_bits(column, batch)) << (4 * part);
        }
        if (mask == nullptr) {
            continue;
        }
        for (int apart = WORD_LANES / 2; apart > 0; apart /= 2) {
            passed |= __shfl_xor_sync(ALL_LANES, passed, apart);
        }
        if (has_item && part == 0) {
            mask[(i64)at.row * mask_words + at.at] = passed;
        }
    }
}

// y = max(x + bias[row / plane], 0) and the bits of what passed; y may be x.
__device__ inline void rectify_noting(
    const float* x, int x_ld, float* y, int y_ld, const float* bias, int plane, u32* mask, int mask_words, int features,
    int batch) {
    bool x_aligned = x_ld % 4 == 0;
    bool y_aligned = y_ld % 4 == 0;
    note_quads(mask, mask_words, features, batch, [&](int row, int column) {
        float4 v = load_quad(x + (i64)row * x_ld, column, batch, x_aligned);
        if (bias != nullptr) {
            v = plus(v, bias[row / plane]);
        }
        store_quad(y + (i64)row * y_ld, column, batch, y_aligned, rectified(v));
        return above_zero(v);
    });
}

// Moves 8 bytes and a bit per element.
extern "C" __global__ void relu_forward(
    const float* x, int x_ld, float* y, int y_ld, u32* mask, int mask_words, int features, int batch) {
    await_previous();
    rectify_noting(x, x_ld, y, y_ld, nullptr, 1, mask, mask_words, features, batch);
}

// gx = gy where the bit is set, else +0.0, also for NaN; gx may be gy. Moves 8 bytes and a bit per element.
extern "C" __global__ void relu_gradient(
    const u32* mask, int mask_words, const float* gy, int gy_ld, float* gx, int gx_ld, int features, int batch) {
    await_previous();
    bool gy_aligned = gy_ld % 4 == 0;
    bool gx_aligned = gx_ld % 4 == 0;
    int quads = (batch + 3) / 4;
    FOR_EACH_INDEX(i, (i64)features * quads) {
        Place at = place(i, quads);
        u32 four = mask[(i64)at.row * mask_words + at.at / 8] >> (at.at % 8 * 4);
        float4 g = load_quad(gy + (i64)at.row * gy_ld, 4 * at.at, batch, gy_aligned);
        store_quad(gx + (i64)at.row * gx_ld, 4 * at.at, batch, gx_aligned, keep(four, g));
    }
}
