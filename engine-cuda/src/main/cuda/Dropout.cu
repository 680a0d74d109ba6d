// Inverted dropout, and the addition of branches that it shares its end with. Both are defined to the bit.
#include "common.cuh"
#include "philox.cuh"

__device__ inline u32 at_least(RandomWords words, u32 threshold) {
    return (words.x >= threshold ? 1u : 0u) | (words.y >= threshold ? 2u : 0u) | (words.z >= threshold ? 4u : 0u) |
           (words.w >= threshold ? 8u : 0u);
}

// y = mask ⊙ (x·kept·scale + beta·y); element i, row-major without padding, is kept if word i % 4 of block i / 4 is at least
// the threshold. y may be x where beta = 0. Moves 8 bytes per element, 4 more for beta; some 25 integer operations for each.
extern "C" __global__ void dropout_apply(
    const float* x, int x_ld, int features, const RandomStream* stream, int site, u32 threshold, float scale, Output y) {
    await_previous();
    bool aligned = x_ld % 4 == 0;
    int quads = (y.batch + 3) / 4;
    FOR_EACH_INDEX(i, (i64)features * quads) {
        Place at = place(i, quads);
        u64 first = (u64)at.row * (u64)y.batch + 4u * (u64)at.at;
        u32 offset = (u32)first & 3u;
        u32 kept = at_least(philox(*stream, first / 4, site), threshold);
        if (offset != 0) {
            kept |= at_least(philox(*stream, first / 4 + 1, site), threshold) << 4;
        }
        float4 v = load_quad(x + (i64)at.row * x_ld, 4 * at.at, y.batch, aligned);
        v = keep(kept >> offset, {v.x * scale, v.y * scale, v.z * scale, v.w * scale});
        put_quad(y, at.row, at.at, plus_old(y, at.row, at.at, v));
    }
}

// y = mask ⊙ (x + beta·y); y may be x where beta = 0. Moves 8 bytes per element, 4 more for beta.
extern "C" __global__ void dropout_add(const float* x, int x_ld, int features, Output y) {
    await_previous();
    bool aligned = x_ld % 4 == 0;
    int quads = (y.batch + 3) / 4;
    FOR_EACH_INDEX(i, (i64)features * quads) {
        Place at = place(i, quads);
        float4 v = load_quad(x + (i64)at.row * x_ld, 4 * at.at, y.batch, aligned);
        put_quad(y, at.row, at.at, plus_old(y, at.row, at.at, v));
    }
}

// On the device, so that a step that is recorded draws anew at each run.
extern "C" __global__ void dropout_advance(RandomStream* stream) {
    await_previous();
    if (thread_index() == 0) {
        stream->step++;
    }
}
