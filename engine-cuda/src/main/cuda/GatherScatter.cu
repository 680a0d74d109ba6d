// Values of a space from and to a dense matrix [rows][ld]. Packed values move through the row and column of each entry,
// values stored rows x cols ("flat") through their own index.
#include "common.cuh"

// values[p] = dense[row(p), col(p)]. Reads 8 bytes of indices and a sector of 32 per entry unless neighbours share it.
extern "C" __global__ void gather_packed(
    const float* dense, int ld, const int* rows, const int* cols, i64 nnz, float* values) {
    await_previous();
    FOR_EACH_INDEX(p, nnz) {
        values[p] = dense[(i64)rows[p] * ld + cols[p]];
    }
}

// values[i, j] = dense[i, j] on the pattern, +0.0 outside it. Moves 8 bytes per element.
extern "C" __global__ void gather_flat(
    const float* dense, int ld, const u32* bits, int rows, int cols, float* values) {
    await_previous();
    FOR_EACH_INDEX(i, (i64)rows * cols) {
        Place at = place(i, cols);
        values[i] = has_bit(bits, i) ? dense[(i64)at.row * ld + at.at] : 0.0f;
    }
}

// dense[row(p), col(p)] = values[p], over a zeroed matrix. Entries are distinct, so no two threads write one element.
extern "C" __global__ void scatter_packed(
    const float* values, const int* rows, const int* cols, i64 nnz, float* dense, int ld) {
    await_previous();
    FOR_EACH_INDEX(p, nnz) {
        dense[(i64)rows[p] * ld + cols[p]] = values[p];
    }
}

// dense[i, j] = values[i, j]; outside the pattern those are +0.0 already. Moves 8 bytes per element.
extern "C" __global__ void scatter_flat(const float* values, int rows, int cols, float* dense, int ld) {
    await_previous();
    FOR_EACH_INDEX(i, (i64)rows * cols) {
        Place at = place(i, cols);
        dense[(i64)at.row * ld + at.at] = values[i];
    }
}
