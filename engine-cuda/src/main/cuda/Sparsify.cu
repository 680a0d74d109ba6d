// Dense to sparse: which elements reach a threshold. Chunks and state are those of Selection.cu, which also selects by exact
// count; all.cu includes it before.
#include "common.cuh"

// One bit per element: |x| >= threshold, by magnitude bits. Writes every word of every chunk, zeros beyond n; notes the
// lowest index of NaN. Bound: 4 bytes read and 1/8 written per element.
extern "C" __global__ void __launch_bounds__(SELECTION_THREADS) sparsify_flags(
    const float* dense,
    i64 n,
    float threshold,
    SelectionState* state,
    u32* kept) {
    await_previous();
    const u32 least = selection_magnitude(threshold);
    const int lane = lane_index();
    FOR_EACH_CHUNK(chunk, n) {
        u32 word = 0;
        for (int step = 0; step < SELECTION_CHUNK / WARP; step++) {
            const i64 i = chunk * SELECTION_CHUNK + step * WARP + lane;
            const u32 magnitude = i < n ? selection_magnitude(dense[i]) : 0;
            if (selection_is_nan(magnitude)) {
                atomicMin(&state->nan, (u64)i);
            }
            const u32 keep = __ballot_sync(ALL_LANES, i < n && magnitude >= least);
            word = lane == step ? keep : word;
        }
        kept[chunk * (SELECTION_CHUNK / WARP) + lane] = word;
    }
}
