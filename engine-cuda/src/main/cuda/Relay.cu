// Values of one role on their way from one pattern and storage to another. What arrives nowhere is dropped, what comes from
// nowhere is +0.0. From flat storage (dense or masked, +0.0 outside the pattern) they are gathered, as from a dense matrix:
// gather_flat, gather_packed. From packed storage they come here.
#include "common.cuh"

// Packed to flat for the entries that bits, null for all, admit; the rest of the target is left as it is. Also the way
// of masked values from the host. Reads 12 bytes and writes a sector of 32 per entry unless neighbours share it.
extern "C" __global__ void __launch_bounds__(256) relay_packed_to_flat(
    const float* from,
    int cols,
    const int* rowIdx,
    const int* colIdx,
    i64 nnz,
    const u32* bits,
    float* to) {
    await_previous();
    FOR_EACH_INDEX(p, nnz) {
        const i64 at = (i64)rowIdx[p] * cols + colIdx[p];
        if (has_bit(bits, at)) {
            to[at] = from[p];
        }
    }
}

// Packed to packed: each new entry looks its column up in the old row. Bound: latency of log2(entries of the old row)
// dependent reads, most of them in cache; 12 bytes per new entry.
extern "C" __global__ void __launch_bounds__(256) relay_packed_to_packed(
    const float* from,
    const int* oldRowPtr,
    const int* oldColIdx,
    const int* rowIdx,
    const int* colIdx,
    i64 nnz,
    float* to) {
    await_previous();
    FOR_EACH_INDEX(p, nnz) {
        const int col = colIdx[p];
        int low = oldRowPtr[rowIdx[p]];
        const int end = oldRowPtr[rowIdx[p] + 1];
        int high = end;
        while (low < high) {
            const int middle = low + (high - low) / 2;
            if (oldColIdx[middle] < col) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        to[p] = low < end && oldColIdx[low] == col ? from[low] : 0.0f;
    }
}
