// A tensor of which some elements are stored, in row-major order: row, column and value of each, and where each row begins.
// Which ones is what Selection.cu marked, so that nothing here waits: counts per chunk, their running sum (selection_scan_ties),
// then each element to its place.
#include "Selection.cu"
#include "common.cuh"

static_assert(SELECTION_CHUNK == WARP * 32, "a lane has one word of a chunk");

// How many elements of each chunk are marked; a warp per chunk. Bound: 1/8 byte read per position.
extern "C" __global__ void __launch_bounds__(SELECTION_THREADS) compression_count(const u32* kept, i64 n, u64* counts) {
    FOR_EACH_CHUNK(chunk, n) {
        int count = warp_sum(__popc(kept[chunk * WARP + lane_index()]));
        if (lane_index() == 0) {
            counts[chunk] = (u64)count;
        }
    }
}

// Stores what is marked of x, which has no padding. Bound: 4 bytes read per position, 12 written per stored element, 8 per row.
extern "C" __global__ void __launch_bounds__(SELECTION_THREADS) compression_store(
    const float* x, i64 n, int batch, const u32* kept, const u64* before, i64* row_ptr, int* rows, int* cols,
    float* values) {
    int lane = lane_index();
    u32 lower = (1u << lane) - 1u;
    FOR_EACH_CHUNK(chunk, n) {
        i64 next = (i64)before[chunk];
        for (int step = 0; step < SELECTION_CHUNK / WARP; step++) {
            u32 word = kept[chunk * (SELECTION_CHUNK / WARP) + step];
            i64 i = chunk * SELECTION_CHUNK + step * WARP + lane;
            i64 p = next + __popc(word & lower);
            bool stored = ((word >> lane) & 1u) != 0;
            Place at = place(i, batch);
            if (stored) {
                rows[p] = at.row;
                cols[p] = at.at;
                values[p] = x[i];
            }
            if (i < n && at.at == 0) {
                row_ptr[at.row] = p;
            }
            if (i == n - 1) {
                row_ptr[at.row + 1] = stored ? p + 1 : p;
            }
            next += __popc(word);
        }
    }
}
