// beta·C where a product has no terms; beta = 0 writes +0.0 and does not read. Moves 8 bytes per element, 4 for beta = 0.
#include "common.cuh"

__device__ inline float scaled(float beta, float c) {
    return beta == 0 ? 0.0f : beta * c;
}

extern "C" __global__ void scaling_tensor(float* c, int features, int batch, int ld, float beta) {
    await_previous();
    bool aligned = ld % 4 == 0;
    int quads = (batch + 3) / 4;
    FOR_EACH_INDEX(i, (i64)features * quads) {
        Place at = place(i, quads);
        float* row = c + (i64)at.row * ld;
        float4 v = {0.0f, 0.0f, 0.0f, 0.0f};
        if (beta != 0) {
            v = load_quad(row, 4 * at.at, batch, aligned);
            v = {beta * v.x, beta * v.y, beta * v.z, beta * v.w};
        }
        store_quad(row, 4 * at.at, batch, aligned, v);
    }
}

// Values as stored; outside the pattern of dense-masked ones +0.0 stays, also for a negative beta.
extern "C" __global__ void scaling_values(float* c, const u32* bits, i64 count, float beta) {
    await_previous();
    FOR_EACH_INDEX(p, count) {
        c[p] = has_bit(bits, p) ? scaled(beta, c[p]) : 0.0f;
    }
}
