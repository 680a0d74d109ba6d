// Dense to sparse: which elements reach a threshold. The exact count is Selection.cu's, whose chunks and state are
// used here too.

// The valid columns of a padded tensor, packed. Bound: 4 bytes read and 4 written per element.
extern "C" __global__ void __launch_bounds__(256) sparsify_pack(
    const float* __restrict__ dense, int rows, int cols, int ld, float* __restrict__ packed) {
    const i64 n = (i64)rows * cols;
    FOR_EACH_INDEX(i, n) {
        // A 64-bit division costs more than the memory access beside it.
        const i64 row = i <= 0x7fffffff ? (i64)((u32)i / (u32)cols) : i / cols;
        packed[i] = dense[row * ld + (i - row * cols)];
    }
}

// One bit per element: |x| >= threshold, by magnitude bits. Writes every word of every chunk, zeros beyond n; notes the
// lowest index of NaN. Bound: 4 bytes read and 1/8 written per element.
extern "C" __global__ void __launch_bounds__(SELECTION_THREADS) sparsify_flags(
    const float* __restrict__ packed,
    i64 n,
    float threshold,
    SelectionState* state,
    u32* __restrict__ kept) {
    const u32 least = selection_magnitude(threshold);
    const int lane = lane_index();
    FOR_EACH_CHUNK(chunk, n) {
        u32 word = 0;
        for (int step = 0; step < SELECTION_CHUNK / WARP; step++) {
            const i64 i = chunk * SELECTION_CHUNK + step * WARP + lane;
            const u32 magnitude = i < n ? selection_magnitude(packed[i]) : 0;
            if (selection_is_nan(magnitude)) {
                atomicMin(&state->nan, (u64)i);
            }
            const u32 keep = __ballot_sync(ALL_LANES, i < n && magnitude >= least);
            word = lane == step ? keep : word;
        }
        kept[chunk * (SELECTION_CHUNK / WARP) + lane] = word;
    }
}
