// C = end(alpha·A·B + beta·C) with A in CSR, its values where `permutation` says, B and C row-major. The rows of A are cut into
// pieces, those of a row in one block: a group of LANES lanes sums a piece over a tile of LANES·4 columns, and the first group
// of a row adds up its pieces in order, so that long rows take no longer than others and a small matrix fills the device. The
// order of a sum follows from the pattern and the length of pieces. Blocks that follow one another share columns of B, unless
// `together` says that the longest rows of several tiles come first, so that none of these is left for the end.
// Bound: 4 bytes of B from L1 or L2 for each product, 8 bytes of A for each product of a group.
#pragma once
#include "Relu.cu"
#include "common.cuh"

// A piece: `row`, -1 for none; its entries from `from` to before `to`; the number of pieces of the row where it is the first,
// else 0.
using SpmmPiece = int4;

// Fields in order are what Spmm.java passes.
struct SpmmMatrix {
    const SpmmPiece* pieces;  // the longest rows first
    const int* col_idx;
    const float* values;
    const int* permutation;  // of the values, or null
    int count;               // pieces, filled up to whole blocks
    int cut;                 // pieces before which rows may have several
    int together, unused;    // tiles of columns
};

// v = relu(v + bias[row]), each where there is one, and the bits of what is above 0.
struct SpmmEnd {
    const float* bias;
    u32* noted;  // [rows][noted_words], or null
    int noted_words;
    int relu;
    float alpha;
    int unused;
};

// One number, and four.

__device__ inline float times(float a, float x) {
    return a * x;
}

__device__ inline float4 times(float a, float4 v) {
    return {a * v.x, a * v.y, a * v.z, a * v.w};
}

__device__ inline u32 above_zero(float v) {
    return v > 0 ? 1u : 0u;
}

__device__ inline float keep(u32 bits, float v) {
    return bits & 1 ? v : 0.0f;
}

__device__ inline void store_columns(float* row, int column, int, float v) {
    row[column] = v;
}

__device__ inline void store_columns(float* row, int column, int batch, float4 v) {
    store_quad(row, column, batch, true, v);
}

__device__ inline float spmm_bias(const SpmmEnd& end, int row) {
    return end.bias == nullptr ? 0.0f : end.bias[row];
}

// What follows the sum: alpha, beta, bias, ReLU, mask. Returns the bits above 0.
template <typename T>
__device__ inline u32 spmm_put(const Output& c, const SpmmEnd& end, int row, int column, T sum, float bias) {
    T v = times(end.alpha, sum);
    float* out = row_of(c, row);
    if (c.beta != 0) {
        v = fused(c.beta, *reinterpret_cast<const T*>(out + column), v);
    }
    if (end.bias != nullptr) {
        v = plus(v, bias);
    }
    u32 above = above_zero(v) & valid_bits(column, c.batch);
    if (end.relu) {
        v = rectified(v);
    }
    if (c.mask != nullptr) {
        v = keep(c.mask[(i64)row * c.mask_words + column / 32] >> (column % 32), v);
    }
    store_columns(out, column, c.batch, v);
    return above;
}

// Puts the sum of a group, where it is the one that `writes`. All lanes of the warp take part in noting.
template <int LANES>
__device__ inline void spmm_finish(
    const Output& c, const SpmmEnd& end, int row, int column, bool writes, float4 sum) {
    constexpr int SPAN = LANES < WORD_LANES ? LANES : WORD_LANES;
    bool mine = writes && column < c.batch;
    u32 above = mine ? spmm_put(c, end, row, column, sum, spmm_bias(end, row)) << (column % 32) : 0;
    if (end.noted == nullptr) {
        return;
    }
    for (int apart = SPAN / 2; apart > 0; apart /= 2) {
        above |= __shfl_xor_sync(ALL_LANES, above, apart);
    }
    if (mine && lane_index() % SPAN == 0) {
        end.noted[(i64)row * end.noted_words + column / 32] = above;
    }
}

// The largest of the numbers of a warp's groups, which take `lanes` lanes each.
__device__ inline int spmm_most(int number, int lanes) {
    for (int apart = lanes; apart < WARP; apart *= 2) {
        int other = __shfl_xor_sync(ALL_LANES, number, apart);
        number = other > number ? other : number;
    }
    return number;
}

__device__ inline float spmm_value(const SpmmMatrix& a, int p) {
    return a.values[a.permutation == nullptr ? p : a.permutation[p]];
}

// The sums of a group. Entries come by way of shared memory, CHUNK at a time; AHEAD loads of B are under way while those
// before are summed.
template <int LANES, int AHEAD, int CHUNK>
struct SpmmGroup {
    static constexpr int EACH = CHUNK / LANES;

    struct Entry {
        int col;
        float value;
    };

    // Two entries each; one element more, so that the groups of a warp read from different banks.
    using Staged = int4[CHUNK / 2 + 1];

    float4 x[AHEAD];
    float by[AHEAD];
    float4 sum = {0.0f, 0.0f, 0.0f, 0.0f};
    Entry next[EACH];

    // This lane's of the next entries of a piece; beyond its end the last again, which is loaded and not summed.
    __device__ void fetch(const SpmmMatrix& a, int p, int to) {
#pragma unroll
        for (int e = 0; e < EACH; e++, p += LANES) {
            int at = p < to ? p : to > 0 ? to - 1 : 0;
            next[e] = {a.col_idx[at], spmm_value(a, at)};
        }
    }

    __device__ void stage(Staged& staged) {
        Entry* entries = reinterpret_cast<Entry*>(staged);
        __syncwarp();
#pragma unroll
        for (int e = 0; e < EACH; e++) {
            entries[e * LANES + lane_index() % LANES] = next[e];
        }
        __syncwarp();
    }

    __device__ void load(int k, int4 two, const char* b, u32 row_bytes) {
        by[k] = __int_as_float(two.y);
        by[k + 1] = __int_as_float(two.w);
        x[k] = *reinterpret_cast<const float4*>(b + (u64)(u32)two.x * row_bytes);
        x[k + 1] = *reinterpret_cast<const float4*>(b + (u64)(u32)two.z * row_bytes);
    }

    __device__ void add(int k) {
        sum = fma4(by[k], x[k], sum);
    }

    // Sums `count` staged entries, one at least.
    __device__ void add_staged(const Staged& staged, int count, const char* b, u32 row_bytes) {
#pragma unroll
        for (int k = 0; k < AHEAD; k += 2) {
            load(k, staged[k / 2], b, row_bytes);
        }
        int loaded = AHEAD;
#pragma unroll 1
        for (; loaded < count; loaded += AHEAD) {
#pragma unroll
            for (int k = 0; k < AHEAD; k += 2) {
                int4 two = staged[(loaded + k) / 2];
                add(k);
                add(k + 1);
                load(k, two, b, row_bytes);
            }
        }
#pragma unroll
        for (int k = 0; k < AHEAD; k++) {
            if (loaded - AHEAD + k < count) {
                add(k);
            }
        }
    }

    // Sums a piece. All lanes of the warp go the same rounds, as they wait for each other.
    __device__ void add_piece(
        const SpmmMatrix& a, const SpmmPiece& piece, Staged& staged, const char* b, u32 row_bytes) {
        int from = piece.y, to = piece.z;
        fetch(a, from + lane_index() % LANES, to);
        int most = spmm_most(to - from, LANES);
        for (int done = 0; done < most; done += CHUNK) {
            stage(staged);
            int p = from + done;
            if (done + CHUNK < most) {
                fetch(a, p + CHUNK + lane_index() % LANES, to);
            }
            if (p < to) {
                add_staged(staged, to - p < CHUNK ? to - p : CHUNK, b, row_bytes);
            }
        }
    }
};

// Adds up the pieces of rows in their first groups. All threads of the block must call it.
template <int LANES, int GROUPS>
__device__ inline void spmm_add_pieces(float4 (&sums)[GROUPS][LANES], int pieces, float4& sum) {
    int group = (int)threadIdx.x / LANES;
    int lane = lane_index() % LANES;
    __syncthreads();  // readers of an earlier call are done
    sums[group][lane] = sum;
    __syncthreads();
    for (int i = 1; i < pieces; i++) {
        sum = plus(sum, sums[group + i][lane]);
    }
}

// From row block after row block of a tile to tile after tile of a row block, within `together` tiles.
__device__ inline void spmm_together(int together, int row_blocks, int tiles, int& tile, int& row_block) {
    int first = tile / together * together;
    int side_by_side = tiles - first < together ? tiles - first : together;
    int item = (tile - first) * row_blocks + row_block;
    row_block = item / side_by_side;
    tile = first + item - row_block * side_by_side;
}

template <int LANES, int AHEAD, int CHUNK, int BLOCK>
__device__ inline void spmm(
    const SpmmMatrix& a, const float* b, int b_ld, const Output& c, const SpmmEnd& end, const Blocks& blocks) {
    using Group = SpmmGroup<LANES, AHEAD, CHUNK>;
    constexpr int GROUPS = BLOCK / LANES;
    constexpr int TILE = LANES * 4;
    __shared__ typename Group::Staged staged[GROUPS];
    __shared__ float4 sums[GROUPS][LANES];
    const u32 row_blocks = (u32)a.count / GROUPS;
    const u32 tiles = (u32)(c.batch + TILE - 1) / TILE;
    const u32 items = row_blocks * tiles;
    int number = (int)threadIdx.x / LANES;
    for (u32 item = blocks.index; item < items; item += blocks.count) {
        int tile = (int)(item / row_blocks);
        int row_block = (int)(item - (u32)tile * row_blocks);
        if (a.together > 1) {
            spmm_together(a.together, (int)row_blocks, (int)tiles, tile, row_block);
        }
        int first = row_block * GROUPS;
        SpmmPiece piece = a.pieces[first + number];
        int column = tile * TILE + lane_index() % LANES * 4;
        // Lanes beyond the batch load what the tile begins with.
        const float* columns = b + (column < c.batch ? column : tile * TILE);
        Group group;
        group.add_piece(a, piece, staged[number], reinterpret_cast<const char*>(columns), (u32)b_ld * 4u);
        if (first < a.cut) {
            spmm_add_pieces<LANES>(sums, piece.w, group.sum);
        }
        spmm_finish<LANES>(c, end, piece.x, column, piece.w > 0, group.sum);
    }
}

// Columns up to 32, 64 and 128 at a time.

extern "C" __global__ void __launch_bounds__(128) spmm_32(
    SpmmMatrix a, const float* b, int b_ld, Output c, SpmmEnd end) {
    await_previous();
    spmm<8, 8, 16, 128>(a, b, b_ld, c, end, all_blocks());
}

extern "C" __global__ void __launch_bounds__(128) spmm_64(
    SpmmMatrix a, const float* b, int b_ld, Output c, SpmmEnd end) {
    await_previous();
    spmm<16, 8, 16, 128>(a, b, b_ld, c, end, all_blocks());
}

extern "C" __global__ void __launch_bounds__(128) spmm_128(
    SpmmMatrix a, const float* b, int b_ld, Output c, SpmmEnd end) {
    await_previous();
    spmm<32, 8, 32, 128>(a, b, b_ld, c, end, all_blocks());
}

extern "C" __global__ void __launch_bounds__(256) spmm_long_128(
    SpmmMatrix a, const float* b, int b_ld, Output c, SpmmEnd end) {
    await_previous();
    spmm<32, 8, 32, 256>(a, b, b_ld, c, end, all_blocks());
}

extern "C" __global__ void __launch_bounds__(256) spmm_whole_64(
    SpmmMatrix a, const float* b, int b_ld, Output c, SpmmEnd end) {
    await_previous();
    spmm<16, 8, 32, 256>(a, b, b_ld, c, end, all_blocks());
}

// One column: a warp per row, its lanes side by side in A. Rows need no order, nor b an alignment. What a lane reads of a row of
// up to 128 entries is under way at once: that a trip to memory follows another is what a product of one column takes.
extern "C" __global__ void __launch_bounds__(128) spmm_vector(
    const int* row_ptr, const int* col_idx, const float* values, const int* permutation, i64 rows, const float* b,
    int b_ld, Output c, SpmmEnd end) {
    await_previous();
    constexpr int AHEAD = 4;
    for (i64 row = thread_index() / WARP; row < rows; row += thread_count() / WARP) {
        const float bias = spmm_bias(end, (int)row);
        const int to = row_ptr[row + 1];
        float sum = 0.0f;
        for (int first = row_ptr[row] + lane_index(); first < to; first += AHEAD * WARP) {
            int col[AHEAD];
            float value[AHEAD], x[AHEAD];
#pragma unroll
            for (int k = 0; k < AHEAD; k++) {
                int p = first + k * WARP < to ? first + k * WARP : first;
                col[k] = col_idx[p];
                value[k] = values[permutation == nullptr ? p : permutation[p]];
            }
#pragma unroll
            for (int k = 0; k < AHEAD; k++) {
                x[k] = b[(i64)col[k] * b_ld];
            }
#pragma unroll
            for (int k = 0; k < AHEAD; k++) {
                sum = first + k * WARP < to ? fmaf(value[k], x[k], sum) : sum;
            }
        }
        sum = warp_sum(sum);
        if (lane_index() == 0) {
            u32 above = spmm_put(c, end, (int)row, 0, sum, bias);
            if (end.noted != nullptr) {
                end.noted[row * end.noted_words] = above;
            }
        }
    }
}

// Values in the order of the transposed structure, for cuSPARSE. Reads 8 and writes 4 bytes per entry; the reads of `values`
// go where the permutation sends them.
extern "C" __global__ void spmm_permute(const float* values, const int* permutation, i64 nnz, float* permuted) {
    await_previous();
    FOR_EACH_INDEX(p, nnz) {
        permuted[p] = values[permutation[p]];
    }
}
