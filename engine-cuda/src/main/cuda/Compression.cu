// A tensor of which some elements are stored, in row-major order: row, column and value of each, and where each row begins.
// Which ones is what Selection.cu marked, so that nothing here waits: counts per chunk, their running sum (selection_scan_ties),
// then each element to its place. A threshold of before is tried after a search for a new one, whose marks stay where it does
// not serve: right, and no cheaper than the search.
#include "Selection.cu"
#include "common.cuh"

static_assert(SELECTION_CHUNK == WARP * 32, "a lane has one word of a chunk");

// How many elements of each chunk are marked; a warp per chunk. Bound: 1/8 byte read per position.
extern "C" __global__ void __launch_bounds__(SELECTION_THREADS) compression_count(const u32* kept, i64 n, u64* counts) {
    await_previous();
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
    await_previous();
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

// What a threshold is before anything was compressed; else it is magnitude bits.
constexpr u32 COMPRESSION_NONE = 0xffffffffu;

// Zeros are 0 whether they are stored or not.
__device__ inline bool compression_reaches(float x, u32 threshold) {
    u32 magnitude = selection_magnitude(x);
    return magnitude != 0 && magnitude >= threshold;
}

// Keeps the threshold that a search has found. One warp.
extern "C" __global__ void compression_note(const SelectionState* state, u32* threshold) {
    await_previous();
    if (thread_index() == 0) {
        *threshold = state->prefix;
    }
}

// How many elements of each chunk reach the threshold of before; a warp per chunk. Bound: 4 bytes read per position.
extern "C" __global__ void __launch_bounds__(SELECTION_THREADS) compression_count_again(
    const float* x, i64 n, const u32* threshold, u64* counts) {
    await_previous();
    u32 least = *threshold;
    FOR_EACH_CHUNK(chunk, n) {
        int count = 0;
        for (int step = 0; step < SELECTION_CHUNK / WARP; step++) {
            i64 i = chunk * SELECTION_CHUNK + step * WARP + lane_index();
            count += __popc(__ballot_sync(ALL_LANES, i < n && compression_reaches(x[i], least)));
        }
        if (lane_index() == 0) {
            counts[chunk] = (u64)count;
        }
    }
}

// Whether the threshold of before serves: there is one, and there is room for what reaches it. Else it becomes what the search
// found. One block. Bound: latency; 8 bytes per 1024 positions.
extern "C" __global__ void __launch_bounds__(SELECTION_THREADS) compression_decide(
    const u64* counts, i64 chunks, i64 room, SelectionState* state, u32* threshold) {
    await_previous();
    u64 own = 0;
    for (i64 c = threadIdx.x; c < chunks; c += blockDim.x) {
        own += counts[c];
    }
    u64 all = block_sum(own);
    if (threadIdx.x == 0) {
        bool serves = *threshold != COMPRESSION_NONE && all <= (u64)room;
        state->again = serves ? 1 : 0;
        if (!serves) {
            *threshold = state->prefix;
        }
    }
}

// Marks what reaches the threshold of before, where that serves; else the marks of the search stay. A warp per chunk. Bound: 4
// bytes read and 1/8 written per position.
extern "C" __global__ void __launch_bounds__(SELECTION_THREADS) compression_keep_again(
    const float* x, i64 n, const SelectionState* state, const u32* threshold, u32* kept) {
    await_previous();
    if (state->again == 0) {
        return;
    }
    u32 least = *threshold;
    FOR_EACH_CHUNK(chunk, n) {
        u32 word = 0;
        for (int step = 0; step < SELECTION_CHUNK / WARP; step++) {
            i64 i = chunk * SELECTION_CHUNK + step * WARP + lane_index();
            u32 keep = __ballot_sync(ALL_LANES, i < n && compression_reaches(x[i], least));
            word = lane_index() == step ? keep : word;
        }
        kept[chunk * (SELECTION_CHUNK / WARP) + lane_index()] = word;
    }
}

// Selected weights are such a matrix. Products want 32-bit row starts, and the input gradient the entries by input channel, in
// the order of (channel, row, column), as convolutions read them.

extern "C" __global__ void compression_row_starts(const i64* row_ptr, int rows, int* starts) {
    await_previous();
    FOR_EACH_INDEX(i, rows + 1) {
        starts[i] = (int)row_ptr[i];
    }
}

// Entries of one row whose columns belong to one input channel.
struct Range {
    int begin, end;
};

// The first of entries from .. to-1, in ascending columns, whose column is not below col.
__device__ inline int compression_lower(const int* cols, int from, int to, int col) {
    while (from < to) {
        int middle = (from + to) / 2;
        if (cols[middle] < col) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

__device__ inline Range compression_range(const int* starts, const int* cols, int row, int rows, int channel, int kernel) {
    if (row >= rows) {
        return {0, 0};
    }
    int begin = compression_lower(cols, starts[row], starts[row + 1], channel * kernel);
    return {begin, compression_lower(cols, begin, starts[row + 1], (channel + 1) * kernel)};
}

// How many entries each input channel has; a warp per channel, its lanes deal the rows. Bound: latency of two binary searches per
// row and channel.
extern "C" __global__ void compression_count_by_input(
    const int* starts, const int* cols, int rows, int channels, int kernel, u64* counts) {
    await_previous();
    for (i64 channel = thread_index() / WARP; channel < channels; channel += thread_count() / WARP) {
        int count = 0;
        for (int row = lane_index(); row < rows; row += WARP) {
            Range of = compression_range(starts, cols, row, rows, (int)channel, kernel);
            count += of.end - of.begin;
        }
        count = warp_sum(count);
        if (lane_index() == 0) {
            counts[channel] = (u64)count;
        }
    }
}

// Entries by input channel, of which `before` come before each; likewise.
extern "C" __global__ void compression_place_by_input(
    const int* starts, const int* cols, int rows, int channels, int kernel, const u64* before, int* channel_ptr,
    int* entries) {
    await_previous();
    for (i64 channel = thread_index() / WARP; channel < channels; channel += thread_count() / WARP) {
        int next = (int)before[channel];
        if (lane_index() == 0) {
            channel_ptr[channel] = next;
            if (channel == channels - 1) {
                channel_ptr[channels] = starts[rows];
            }
        }
        for (int first = 0; first < rows; first += WARP) {
            Range of = compression_range(starts, cols, first + lane_index(), rows, (int)channel, kernel);
            int through = of.end - of.begin;
            for (int step = 1; step < WARP; step *= 2) {
                int below = __shfl_sync(ALL_LANES, through, lane_index() >= step ? lane_index() - step : lane_index());
                through += lane_index() >= step ? below : 0;
            }
            int at = next + through - (of.end - of.begin);
            for (int p = of.begin; p < of.end; p++) {
                entries[at++] = p;
            }
            next += __shfl_sync(ALL_LANES, through, WARP - 1);
        }
    }
}
