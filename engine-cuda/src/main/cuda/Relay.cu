// Values of one role on their way from one pattern and storage to another. "Flat" storage (dense or masked) has a place for
// every (row, col) and +0.0 outside the pattern; packed storage has the entries in canonical order. What arrives nowhere is
// dropped, what comes from nowhere is +0.0, and bits (of -0.0, of NaN) travel unchanged.

// Bound: 4 bytes written per position.
extern "C" __global__ void __launch_bounds__(256) relay_zero(float* __restrict__ to, i64 n) {
    FOR_EACH_INDEX(i, n) {
        to[i] = 0.0f;
    }
}

// Flat to flat: what bits, null for all, admit. Bound: 4 bytes read, 4 written and 1/8 of bits per position.
extern "C" __global__ void __launch_bounds__(256) relay_flat_to_flat(
    const float* __restrict__ from, const u32* __restrict__ bits, i64 n, float* __restrict__ to) {
    FOR_EACH_INDEX(i, n) {
        to[i] = has_bit(bits, i) ? from[i] : 0.0f;
    }
}

// Flat to packed, also the way of masked values to the host. Bound: 12 bytes per entry and a sector of 32 read for
// scattered ones.
extern "C" __global__ void __launch_bounds__(256) relay_flat_to_packed(
    const float* __restrict__ from,
    int cols,
    const int* __restrict__ rowIdx,
    const int* __restrict__ colIdx,
    int nnz,
    float* __restrict__ to) {
    FOR_EACH_INDEX(p, nnz) {
        to[p] = from[(i64)rowIdx[p] * cols + colIdx[p]];
    }
}

// Packed to flat for the entries that bits, null for all, admit; the rest of the target is left alone. Also the way of
// masked values from the host. Bound: 12 bytes read per entry and a sector of 32 written for scattered ones.
extern "C" __global__ void __launch_bounds__(256) relay_packed_to_flat(
    const float* __restrict__ from,
    int cols,
    const int* __restrict__ rowIdx,
    const int* __restrict__ colIdx,
    int nnz,
    const u32* __restrict__ bits,
    float* __restrict__ to) {
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
    const float* __restrict__ from,
    const int* __restrict__ oldRowPtr,
    const int* __restrict__ oldColIdx,
    const int* __restrict__ rowIdx,
    const int* __restrict__ colIdx,
    int nnz,
    float* __restrict__ to) {
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
