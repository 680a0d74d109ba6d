// The epilogue of a forward product, in place: bias per row, ReLU, mask. Moves 8 bytes per element. `bias` has one number per
// channel, which is `plane` rows, +0.0 outside its pattern, or is null.
#include "Relu.cu"
#include "common.cuh"

extern "C" __global__ void bias_relu_add(float* y, int ld, const float* bias, int plane, int features, int batch) {
    await_previous();
    bool aligned = ld % 4 == 0;
    int quads = (batch + 3) / 4;
    FOR_EACH_INDEX(i, (i64)features * quads) {
        Place at = place(i, quads);
        float* row = y + (i64)at.row * ld;
        float4 v = load_quad(row, 4 * at.at, batch, aligned);
        store_quad(row, 4 * at.at, batch, aligned, plus(v, bias[at.row / plane]));
    }
}

extern "C" __global__ void bias_relu_rectify(float* y, int ld, const float* bias, int plane, int features, int batch) {
    await_previous();
    bool aligned = ld % 4 == 0;
    int quads = (batch + 3) / 4;
    FOR_EACH_INDEX(i, (i64)features * quads) {
        Place at = place(i, quads);
        float* row = y + (i64)at.row * ld;
        float4 v = load_quad(row, 4 * at.at, batch, aligned);
        store_quad(row, 4 * at.at, batch, aligned, rectified(plus(v, bias == nullptr ? 0.0f : bias[at.row / plane])));
    }
}

extern "C" __global__ void bias_relu_note(
    float* y, int ld, const float* bias, int plane, u32* mask, int mask_words, int features, int batch) {
    await_previous();
    rectify_noting(y, ld, y, ld, bias, plane, mask, mask_words, features, batch);
}
