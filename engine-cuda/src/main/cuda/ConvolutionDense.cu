// Convolutions by dense weights as products of tiles, without im2col: a block has 64·M channels by 8·N quads of (position,
// batch), or few channels and columns where rows are not of whole quads; rows of the input that the taps shift come into shared
// memory as they are used. Forward and the input gradient add each output up in one chain of fmaf in ascending order, for each
// part of the source's channels; the parts are added in order.
#include "ConvolutionTaps.cuh"
#include "common.cuh"

// Copies from global to shared memory that run on while the block computes; `bytes` of them are read, the rest is zeros.

__device__ inline void copy_quad_async(float* to, const float* from, int bytes) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"((u32)__cvta_generic_to_shared(to)), "l"(from),
                 "r"(bytes));
#else
    for (int i = 0; i < 4; i++) {
        to[i] = 4 * i < bytes ? from[i] : 0.0f;
    }
#endif
}

__device__ inline void copy_async(float* to, const float* from, bool there) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"((u32)__cvta_generic_to_shared(to)), "l"(from),
                 "r"(there ? 4 : 0));
#else
    *to = there ? *from : 0.0f;
#endif
}

// The thread's own copies have arrived.
__device__ inline void await_copies() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}

// Ends a group of the thread's own copies.
__device__ inline void commit_copies() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// All but the last LATER groups have arrived.
template <int LATER>
__device__ inline void await_groups() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" ::"n"(LATER) : "memory");
#endif
}

// The bytes of a quad that are of the batch.
__device__ inline int quad_bytes(int quad, int batch) {
    int left = batch - 4 * quad;
    return left >= 4 ? 16 : 4 * left;
}

constexpr int TILE_DEPTH = 16;

// What one depth, a tap of a source's channel, adds to where the weights and the source are read; no taps beyond the end.
struct alignas(16) Depth {
    int weight, source;  // in floats
    u32 tap;             // its bit
};

// What a block knows of its tile, in shared memory as registers are short.
struct Tile {
    Taps taps;
    int first_channel, first;  // the first quad, or column, of (position, batch)
    int part, begin, end;  // which part of the source's channels, and these
    u32 met;  // the bits of the taps that the tile meets, and of each:
    int tap_offset[MAX_TAPS], tap_column[MAX_TAPS];
    u32 tap_bit[MAX_TAPS];

    __device__ void start(const Taps& of_class, int channel, int at, int this_part, int parts) {
        taps = of_class;
        first_channel = channel;
        first = at;
        part = this_part;
        int channels = ceil_div32(taps.sources, parts);
        begin = part * channels;
        end = begin + channels < taps.sources ? begin + channels : taps.sources;
        begin = begin < end ? begin : end;
        met = 0;
    }

    // The taps that all of the tile's positions meet together, by a thread for each; `met` is complete.
    __device__ void list_taps(int tap) {
        if (tap < taps.count() && (met >> tap & 1) != 0) {
            int at = __popc(met & ((1u << tap) - 1));
            tap_offset[at] = taps.offset(tap);
            tap_column[at] = taps.kernel_at(tap);
            tap_bit[at] = 1u << tap;
        }
    }

    __device__ int depths() const { return (end - begin) * __popc(met); }

    __device__ Depth depth(int k, int source_weights, int x_ld) const {
        int tap_count = __popc(met);
        int source = begin + k / tap_count;
        int tap = k % tap_count;
        Depth depth = {0, 0, 0};
        if (source < end) {
            depth.weight = source * source_weights + tap_column[tap];
            depth.source = (source * taps.source_plane + tap_offset[tap]) * x_ld;
            depth.tap = tap_bit[tap];
        }
        return depth;
    }
};

// A warp has 64 channels by 8 quads, a lane two times four channels by two quads. Taps that lead out of the plane for all quads of
// a block are left out: zeros would be multiplied.
template <int M, int N, bool BACK>
__device__ inline void convolve_tiles(
    const Geometry& g, const float* w, const float* x, int x_ld, const Output& y, const Ending& ending, int parts,
    float* partial) {
    constexpr int CHANNELS = 64 * M, QUADS = 8 * N, THREADS = WARP * M * N;
    constexpr int A_ROW = CHANNELS + 4, B_ROW = 4 * QUADS;
    constexpr int A_COPIES = CHANNELS * TILE_DEPTH / THREADS, B_COPIES = QUADS * TILE_DEPTH / THREADS;
    constexpr int A_STRIDE = THREADS / TILE_DEPTH, B_STRIDE = THREADS / QUADS;
    __shared__ float4 a_tiles[2][TILE_DEPTH * A_ROW / 4];
    __shared__ float4 b_tiles[2][TILE_DEPTH * B_ROW / 4];
    __shared__ Depth depths[2][TILE_DEPTH];
    __shared__ Tile tile;

    const int thread = (int)threadIdx.x;
    const int batch_quads = (y.batch + 3) / 4;
    const int classes = BACK ? g.stride * g.stride : 1;
    const int targets = BACK ? g.in_channels : g.out_channels;
    const int channel_tiles = ceil_div32(targets, CHANNELS);
    const int quad_tiles = ceil_div32(taps_of<BACK>(g, 0).positions() * batch_quads, QUADS);
    const i64 blocks = (i64)channel_tiles * quad_tiles * parts * classes;
    const int source_weights = BACK ? g.cols() : g.kernel();  // from one channel of the source to the next
    const int target_weights = BACK ? g.kernel() : g.cols();

    for (i64 block = blockIdx.x; block < blocks; block += gridDim.x) {
        Place by_channels = place(block, channel_tiles);
        Place by_quads = place32(by_channels.row, quad_tiles);
        Place by_class = place32(by_quads.row, classes);
        __syncthreads();  // tables and tiles of the block before are done with
        const int first_channel = by_channels.at * CHANNELS;
        const int first_quad = by_quads.at * QUADS;
        if (thread == 0) {
            tile.start(taps_of<BACK>(g, by_class.at), first_channel, first_quad, by_class.row, parts);
        }
        __syncthreads();
        const Taps& taps = tile.taps;
        const int quads = taps.positions() * batch_quads;
        if (first_quad >= quads) {
            continue;  // for the whole block: a class of fewer positions
        }
        // At the rim of a plane some taps meet no source for any of the quads.
        if (thread < QUADS && first_quad + thread < quads) {
            Place position = place32((first_quad + thread) / batch_quads, taps.x.targets);
            atomicOr(&tile.met, taps.met(position.row, position.at));
        }
        __syncthreads();
        tile.list_taps(thread);
        const int steps = ceil_div32(tile.depths(), TILE_DEPTH);
        __syncthreads();

        // The table of the depths of a step, by one thread for each.
        auto note_depths = [&](int step) {
            if (thread < TILE_DEPTH) {
                depths[step % 2][thread] = tile.depth(step * TILE_DEPTH + thread, source_weights, x_ld);
            }
        };
        // What this thread copies: of A one depth of several channels, of B one quad at several depths.
        const int a_first = thread / TILE_DEPTH;
        const u32 a_from = (u32)(first_channel + a_first) * target_weights;  // beyond the last it may overflow, and is not read
        int b_from = 0;
        u32 b_met = 0;
        if (first_quad + thread % QUADS < quads) {
            Place at = place32(first_quad + thread % QUADS, batch_quads);
            Place position = place32(at.row, taps.x.targets);
            b_met = taps.met(position.row, position.at);
            b_from = taps.source_row(position.row, position.at) * x_ld + 4 * at.at;
        }
        auto copy = [&](int step) {
            float* a_tile = reinterpret_cast<float*>(a_tiles[step % 2]) + thread % TILE_DEPTH * A_ROW + a_first;
            float* b_tile = reinterpret_cast<float*>(b_tiles[step % 2]) + thread / QUADS * B_ROW + thread % QUADS * 4;
            const Depth of_a = depths[step % 2][thread % TILE_DEPTH];
#pragma unroll
            for (int i = 0; i < A_COPIES; i++) {
                bool there = of_a.tap != 0 && first_channel + a_first + i * A_STRIDE < targets;
                u32 from = there ? a_from + of_a.weight + i * A_STRIDE * target_weights : 0;
                copy_async(a_tile + i * A_STRIDE, w + from, there);
            }
#pragma unroll
            for (int i = 0; i < B_COPIES; i++) {
                const Depth of_b = depths[step % 2][thread / QUADS + i * B_STRIDE];
                bool there = (b_met & of_b.tap) != 0;
                copy_quad_async(b_tile + i * B_STRIDE * B_ROW, x + (there ? b_from + of_b.source : 0), there ? 16 : 0);
            }
        };

        const int warp_channel = warp_index() / N * 64 + lane_index() / 4 * 4;
        const int warp_quad = warp_index() % N * 8 + lane_index() % 4;
        float4 sum[8][2];
        // f(i, j, row, quad) for the sums that are of the output.
        auto for_each_sum = [&](auto f) {
#pragma unroll
            for (int j = 0; j < 2; j++) {
                int index = tile.first + warp_quad + 4 * j;
                Place at = place32(index, batch_quads);
                Place position = place32(at.row, taps.x.targets);
                int row = taps.target_row(position.row, position.at);
#pragma unroll
                for (int i = 0; i < 8; i++) {
                    int channel = tile.first_channel + warp_channel + i % 4 + i / 4 * 32;
                    if (index < taps.positions() * batch_quads && channel < targets) {
                        f(i, j, channel * taps.target_plane + row, at.at);
                    }
                }
            }
        };
#pragma unroll
        for (int i = 0; i < 8; i++) {
            sum[i][0] = sum[i][1] = {0.0f, 0.0f, 0.0f, 0.0f};
        }
        if (tile.part == 0 && y.beta != 0) {
            for_each_sum([&](int i, int j, int row, int quad) { sum[i][j] = old_quad(y, row, quad); });
        }

        if (steps > 0) {
            note_depths(0);
            __syncthreads();
            copy(0);
            note_depths(1);
        }
        for (int step = 0; step < steps; step++) {
            await_copies();
            __syncthreads();
            if (step + 1 < steps) {
                copy(step + 1);
            }
            note_depths(step + 2);
            const float4* a_tile = a_tiles[step % 2] + warp_channel / 4;
            const float4* b_tile = b_tiles[step % 2] + warp_quad;
#pragma unroll
            for (int k = 0; k < TILE_DEPTH; k++) {
                float4 a0 = a_tile[k * (A_ROW / 4)], a1 = a_tile[k * (A_ROW / 4) + 8];
                float4 b[2] = {b_tile[k * (B_ROW / 4)], b_tile[k * (B_ROW / 4) + 4]};
                float a[8] = {a0.x, a0.y, a0.z, a0.w, a1.x, a1.y, a1.z, a1.w};
#pragma unroll
                for (int i = 0; i < 8; i++) {
                    sum[i][0] = fma4(a[i], b[0], sum[i][0]);
                    sum[i][1] = fma4(a[i], b[1], sum[i][1]);
                }
            }
        }

        if (parts == 1 && ending.any()) {
#pragma unroll
            for (int i = 0; i < 8; i++) {
                int channel = tile.first_channel + warp_channel + i % 4 + i / 4 * 32;
                if (channel < targets) {
                    sum[i][0] = ending.of(sum[i][0], channel);
                    sum[i][1] = ending.of(sum[i][1], channel);
                }
            }
        }
        float4* part_sums = reinterpret_cast<float4*>(partial) + (i64)tile.part * targets * taps.target_plane * batch_quads;
        for_each_sum([&](int i, int j, int row, int quad) {
            if (parts == 1) {
                put_quad(y, row, quad, sum[i][j]);
            } else {
                part_sums[(i64)row * batch_quads + quad] = sum[i][j];
            }
        });
    }
}

// The same where columns of (position, batch) come one by one, as those of one image: few of them to a tile, so that more blocks
// share what there is, and copies that run two steps ahead. A warp has 8 channels by 16 columns, a lane two by two.
template <bool BACK>
__device__ inline void convolve_columns(
    const Geometry& g, const float* w, const float* x, int x_ld, const Output& y, const Ending& ending, int parts,
    float* partial) {
    constexpr int CHANNELS = 16, COLUMNS = 32, THREADS = 128;
    constexpr int DEPTH = WARP, STAGES = 3;
    constexpr int A_ROW = CHANNELS + 2;
    constexpr int A_COPIES = CHANNELS * DEPTH / THREADS, B_COPIES = COLUMNS * DEPTH / THREADS;
    constexpr int STRIDE = THREADS / WARP;
    __shared__ float2 a_tiles[STAGES][DEPTH * A_ROW / 2];
    __shared__ float2 b_tiles[STAGES][DEPTH * COLUMNS / 2];
    __shared__ Depth depths[STAGES][DEPTH];
    __shared__ Tile tile;

    const int lane = lane_index(), warp = warp_index();
    const int classes = BACK ? g.stride * g.stride : 1;
    const int targets = BACK ? g.in_channels : g.out_channels;
    const int channel_tiles = ceil_div32(targets, CHANNELS);
    const int column_tiles = ceil_div32(taps_of<BACK>(g, 0).positions() * y.batch, COLUMNS);
    const i64 blocks = (i64)channel_tiles * column_tiles * parts * classes;
    const int source_weights = BACK ? g.cols() : g.kernel();
    const int target_weights = BACK ? g.kernel() : g.cols();

    for (i64 block = blockIdx.x; block < blocks; block += gridDim.x) {
        Place by_channels = place(block, channel_tiles);
        Place by_columns = place32(by_channels.row, column_tiles);
        Place by_class = place32(by_columns.row, classes);
        __syncthreads();  // tables and tiles of the block before are done with
        const int first_channel = by_channels.at * CHANNELS;
        const int first_column = by_columns.at * COLUMNS;
        if (threadIdx.x == 0) {
            tile.start(taps_of<BACK>(g, by_class.at), first_channel, first_column, by_class.row, parts);
        }
        __syncthreads();
        const Taps& taps = tile.taps;
        const int columns = taps.positions() * y.batch;
        if (first_column >= columns) {
            continue;  // for the whole block: a class of fewer positions
        }
        // What this thread copies: of A several channels at one depth, of B one column at several depths.
        int b_from = 0;
        u32 b_met = 0;
        if (first_column + lane < columns) {
            Place at = place32(first_column + lane, y.batch);
            Place position = place32(at.row, taps.x.targets);
            b_met = taps.met(position.row, position.at);
            b_from = taps.source_row(position.row, position.at) * x_ld + at.at;
            if (warp == 0) {
                atomicOr(&tile.met, b_met);
            }
        }
        __syncthreads();
        tile.list_taps((int)threadIdx.x);
        const int steps = ceil_div32(tile.depths(), DEPTH);
        __syncthreads();

        // By one of the warps in turn.
        auto note_depths = [&](int step) {
            if (warp == step % STRIDE && step < steps) {
                depths[step % STAGES][lane] = tile.depth(step * DEPTH + lane, source_weights, x_ld);
            }
        };
        auto copy = [&](int step) {
            if (step < steps) {
                float* a_tile = reinterpret_cast<float*>(a_tiles[step % STAGES]) + lane * A_ROW;
                float* b_tile = reinterpret_cast<float*>(b_tiles[step % STAGES]) + lane;
                const Depth of_a = depths[step % STAGES][lane];
#pragma unroll
                for (int i = 0; i < A_COPIES; i++) {
                    int channel = warp + i * STRIDE;
                    bool there = of_a.tap != 0 && first_channel + channel < targets;
                    u32 from = there ? (u32)(first_channel + channel) * target_weights + of_a.weight : 0;
                    copy_async(a_tile + channel, w + from, there);
                }
#pragma unroll
                for (int i = 0; i < B_COPIES; i++) {
                    int k = warp + i * STRIDE;
                    const Depth of_b = depths[step % STAGES][k];
                    bool there = (b_met & of_b.tap) != 0;
                    copy_async(b_tile + k * COLUMNS, x + (there ? b_from + of_b.source : 0), there);
                }
            }
            commit_copies();
        };

        const int warp_channel = warp / 2 * 8 + lane / 8 * 2;
        const int warp_column = warp % 2 * 16 + lane % 8 * 2;
        float sum[2][2] = {};
        // f(i, j, row, channel, sample) for the sums that are of the output.
        auto for_each_sum = [&](auto f) {
#pragma unroll
            for (int j = 0; j < 2; j++) {
                int index = first_column + warp_column + j;
                Place at = place32(index, y.batch);
                Place position = place32(at.row, taps.x.targets);
                int row = taps.target_row(position.row, position.at);
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    int channel = first_channel + warp_channel + i;
                    if (index < columns && channel < targets) {
                        f(i, j, channel * taps.target_plane + row, channel, at.at);
                    }
                }
            }
        };
        if (tile.part == 0 && y.beta != 0) {
            for_each_sum([&](int i, int j, int row, int, int sample) { sum[i][j] = old_number(y, row, sample); });
        }

        for (int step = 0; step < STAGES; step++) {
            note_depths(step);
        }
        __syncthreads();
        for (int step = 0; step < STAGES - 1; step++) {
            copy(step);
        }
        for (int step = 0; step < steps; step++) {
            await_groups<STAGES - 2>();
            __syncthreads();
            copy(step + STAGES - 1);
            note_depths(step + STAGES);
            const float2* a_tile = a_tiles[step % STAGES] + warp_channel / 2;
            const float2* b_tile = b_tiles[step % STAGES] + warp_column / 2;
#pragma unroll 16
            for (int k = 0; k < DEPTH; k++) {
                float2 a = a_tile[k * (A_ROW / 2)];
                float2 b = b_tile[k * (COLUMNS / 2)];
                sum[0][0] = fmaf(a.x, b.x, sum[0][0]);
                sum[0][1] = fmaf(a.x, b.y, sum[0][1]);
                sum[1][0] = fmaf(a.y, b.x, sum[1][0]);
                sum[1][1] = fmaf(a.y, b.y, sum[1][1]);
            }
        }

        // A part's sums lie as those of quads do.
        const i64 part_ld = 4 * ceil_div(y.batch, 4);
        float* part_sums = partial + (i64)tile.part * targets * taps.target_plane * part_ld;
        for_each_sum([&](int i, int j, int row, int channel, int sample) {
            if (parts == 1) {
                put_number(y, row, sample, ending.of(sum[i][j], channel));
            } else {
                part_sums[row * part_ld + sample] = sum[i][j];
            }
        });
    }
}

// A column of the weights: what its tap adds to where the input is read, in floats, and to the input's line and column.
struct alignas(16) Column {
    int offset, y, x;
};

// The output's lines, or columns, from which a line of the kernel leads into the plane: begin .. end-1.
__device__ inline void lines_met(int out, int in, int stride, int down, int& begin, int& end) {
    begin = down < 0 ? ceil_div32(-down, stride) : 0;
    end = down < in ? (in - 1 - down) / stride + 1 : 0;
    end = end < out ? end : out;
    end = end > begin ? end : begin;
}

// gw over all weights: 64·M output channels by 32·N columns, summed over quads of (position, batch); as `parts` ranges of them. The
// columns are neighbours, or, `by_taps`, those of one tap: then over the positions from which it leads into the plane.
template <int M, int N>
__device__ inline void weight_tiles(
    const Geometry& g, const u32* bits, const float* x, int x_ld, const float* gy, int gy_ld, int batch, int by_taps,
    int parts, float beta, float* gw, float* partial) {
    constexpr int ROWS = 64 * M, COLS = 32 * N, THREADS = WARP * M * N;
    constexpr int DEPTH_QUADS = TILE_DEPTH / 4;
    constexpr int TILE_ROW = DEPTH_QUADS + 1;  // in quads: eight neighbouring rows then meet all banks
    constexpr int A_COPIES = ROWS * DEPTH_QUADS / THREADS, B_COPIES = COLS * DEPTH_QUADS / THREADS;
    __shared__ float4 a_tiles[2][ROWS * TILE_ROW];
    __shared__ float4 b_tiles[2][COLS * TILE_ROW];
    __shared__ Column columns[COLS];
    __shared__ int left, right, first_col, tile_row, tile_part;  // here, as registers are short

    const int thread = (int)threadIdx.x;
    const int batch_quads = (batch + 3) / 4;
    const int row_tiles = ceil_div32(g.out_channels, ROWS);
    const int tap_tiles = ceil_div32(g.in_channels, COLS);
    const int col_tiles = by_taps ? tap_tiles * g.kernel() : ceil_div32(g.cols(), COLS);
    const i64 blocks = (i64)row_tiles * col_tiles * parts;

    for (i64 block = blockIdx.x; block < blocks; block += gridDim.x) {
        Place by_rows = place(block, row_tiles);
        Place by_cols = place32(by_rows.row, col_tiles);
        const int part = by_cols.row;
        const int first_row = by_rows.at * ROWS;
        const Place by_tap = place32(by_cols.at, tap_tiles);
        int top = 0, bottom = g.out_height, from = 0, to = g.out_width;
        if (by_taps) {
            Point tap = point_of(by_tap.row, g.kernel_height, g.kernel_width);
            lines_met(g.out_height, g.in_height, g.stride, tap.y - g.padding, top, bottom);
            lines_met(g.out_width, g.in_width, g.stride, tap.x - g.padding, from, to);
        }
        const int quads = (bottom - top) * (to - from) * batch_quads;
        const int part_quads = ceil_div32(ceil_div32(quads, parts), DEPTH_QUADS) * DEPTH_QUADS;
        const int begin = part * part_quads < quads ? part * part_quads : quads;
        const int end = quads - begin < part_quads ? quads : begin + part_quads;
        __syncthreads();  // the block before is done with
        if (thread == 0) {
            left = from;
            right = to;
            tile_row = first_row;
            tile_part = part;
            first_col = by_taps ? by_tap.at * COLS * g.kernel() + by_tap.row : by_cols.at * COLS;
        }
        __syncthreads();
        for (int n = thread; n < COLS; n += THREADS) {
            int col = first_col + n * (by_taps ? g.kernel() : 1);
            Point tap = point_of(col < g.cols() ? col : 0, g.kernel_height, g.kernel_width);
            columns[n] = {(tap.channel * g.in_plane() + (tap.y - g.padding) * g.in_width + tap.x - g.padding) * x_ld,
                          col < g.cols() ? tap.y - g.padding : -(1 << 30), tap.x - g.padding};
        }
        __syncthreads();

        // What this thread copies: one quad of the depth, of several rows of A and B.
        int quads_left = end - begin - thread % DEPTH_QUADS;
        const Place of_position = place32(begin + thread % DEPTH_QUADS, batch_quads);
        const Place position = place32(of_position.row, to > from ? to - from : 1);
        int line = top + position.row, column = from + position.at, quad = of_position.at;
        const int first = thread / DEPTH_QUADS;
        constexpr int STRIDE = THREADS / DEPTH_QUADS;
        const u32 a_row = (u32)g.out_plane() * gy_ld;  // rows beyond the last may overflow, and are not read
        auto copy = [&](int to) {
            const int bytes = quads_left > 0 ? quad_bytes(quad, batch) : 0;
            float* a_tile = reinterpret_cast<float*>(a_tiles[to] + first * TILE_ROW + thread % DEPTH_QUADS);
            float* b_tile = reinterpret_cast<float*>(b_tiles[to] + first * TILE_ROW + thread % DEPTH_QUADS);
            const u32 a_from = (first_row + first) * a_row + (line * g.out_width + column) * gy_ld + 4 * quad;
            const int b_from = (line * g.in_width + column) * g.stride * x_ld + 4 * quad;
#pragma unroll
            for (int i = 0; i < A_COPIES; i++) {
                bool there = first_row + first + i * STRIDE < g.out_channels && bytes > 0;
                u32 from = there ? a_from + i * STRIDE * a_row : 0;
                copy_quad_async(a_tile + 4 * i * STRIDE * TILE_ROW, gy + from, there ? bytes : 0);
            }
#pragma unroll
            for (int i = 0; i < B_COPIES; i++) {
                const Column of = columns[first + i * STRIDE];
                bool there = (u32)(line * g.stride + of.y) < (u32)g.in_height &&
                             (u32)(column * g.stride + of.x) < (u32)g.in_width && bytes > 0;
                u32 from = there ? b_from + of.offset : 0;
                copy_quad_async(b_tile + 4 * i * STRIDE * TILE_ROW, x + from, there ? bytes : 0);
            }
            quads_left -= DEPTH_QUADS;
            quad += DEPTH_QUADS;
            while (quad >= batch_quads) {
                quad -= batch_quads;
                column++;
                if (column == right) {
                    column = left;
                    line++;
                }
            }
        };

        const int warp_row = warp_index() / N * 64 + lane_index() % 8;
        const int warp_col = warp_index() % N * 32 + lane_index() / 8;
        float sum[8][8];
#pragma unroll
        for (int i = 0; i < 8; i++) {
#pragma unroll
            for (int j = 0; j < 8; j++) {
                sum[i][j] = 0.0f;
            }
        }
        const int steps = ceil_div32(end - begin, DEPTH_QUADS);
        if (steps > 0) {
            copy(0);
        }
        for (int step = 0; step < steps; step++) {
            await_copies();
            __syncthreads();
            if (step + 1 < steps) {
                copy((step + 1) % 2);
            }
            const float4* a_tile = a_tiles[step % 2] + warp_row * TILE_ROW;
            const float4* b_tile = b_tiles[step % 2] + warp_col * TILE_ROW;
#pragma unroll 2
            for (int k = 0; k < DEPTH_QUADS; k++) {
                float4 a[8];
#pragma unroll
                for (int i = 0; i < 8; i++) {
                    a[i] = a_tile[8 * i * TILE_ROW + k];
                }
#pragma unroll
                for (int j = 0; j < 8; j++) {
                    float4 b = b_tile[4 * j * TILE_ROW + k];
#pragma unroll
                    for (int i = 0; i < 8; i++) {
                        sum[i][j] = fmaf(a[i].x, b.x, sum[i][j]);
                        sum[i][j] = fmaf(a[i].y, b.y, sum[i][j]);
                        sum[i][j] = fmaf(a[i].z, b.z, sum[i][j]);
                        sum[i][j] = fmaf(a[i].w, b.w, sum[i][j]);
                    }
                }
            }
        }
#pragma unroll
        for (int i = 0; i < 8; i++) {
#pragma unroll
            for (int j = 0; j < 8; j++) {
                int row = tile_row + warp_row + 8 * i;
                int col = first_col + (warp_col + 4 * j) * (by_taps ? g.kernel() : 1);
                if (row >= g.out_channels || col >= g.cols()) {
                    continue;
                }
                i64 p = (i64)row * g.cols() + col;
                if (parts > 1) {
                    partial[(i64)tile_part * g.out_channels * g.cols() + p] = sum[i][j];
                } else if (has_bit(bits, p)) {
                    gw[p] = beta == 0 ? sum[i][j] : fmaf(beta, gw[p], sum[i][j]);
                }
            }
        }
    }
}

// Warps of a multiprocessor among which registers are dealt: where they would spill, fewer.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ != 800 && __CUDA_ARCH__ != 900
constexpr int TILE_WARPS = 12;
#else
constexpr int TILE_WARPS = 16;
#endif
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 1000
constexpr int WEIGHT_WARPS = 8;
#else
constexpr int WEIGHT_WARPS = 12;
#endif

// 128 channels by 64 columns of (position, batch), or 64 by 64 where there are no more channels, or 16 by 32.

extern "C" __global__ void __launch_bounds__(128, TILE_WARPS / 4) convolution_tall_forward(
    Geometry g, const float* w, const float* x, int x_ld, Output y, Ending ending, int parts, float* partial) {
    await_previous();
    convolve_tiles<2, 2, false>(g, w, x, x_ld, y, ending, parts, partial);
}

extern "C" __global__ void __launch_bounds__(128, TILE_WARPS / 4) convolution_tall_input_gradient(
    Geometry g, const float* w, const float* gy, int gy_ld, Output gx, int parts, float* partial) {
    await_previous();
    convolve_tiles<2, 2, true>(g, w, gy, gy_ld, gx, {nullptr, 0}, parts, partial);
}

extern "C" __global__ void __launch_bounds__(64, TILE_WARPS / 2) convolution_square_forward(
    Geometry g, const float* w, const float* x, int x_ld, Output y, Ending ending, int parts, float* partial) {
    await_previous();
    convolve_tiles<1, 2, false>(g, w, x, x_ld, y, ending, parts, partial);
}

extern "C" __global__ void __launch_bounds__(64, TILE_WARPS / 2) convolution_square_input_gradient(
    Geometry g, const float* w, const float* gy, int gy_ld, Output gx, int parts, float* partial) {
    await_previous();
    convolve_tiles<1, 2, true>(g, w, gy, gy_ld, gx, {nullptr, 0}, parts, partial);
}

extern "C" __global__ void __launch_bounds__(128) convolution_narrow_forward(
    Geometry g, const float* w, const float* x, int x_ld, Output y, Ending ending, int parts, float* partial) {
    await_previous();
    convolve_columns<false>(g, w, x, x_ld, y, ending, parts, partial);
}

extern "C" __global__ void __launch_bounds__(128) convolution_narrow_input_gradient(
    Geometry g, const float* w, const float* gy, int gy_ld, Output gx, int parts, float* partial) {
    await_previous();
    convolve_columns<true>(g, w, gy, gy_ld, gx, {nullptr, 0}, parts, partial);
}

extern "C" __global__ void __launch_bounds__(128, WEIGHT_WARPS / 4) convolution_tall_weight_gradient(
    Geometry g, const u32* bits, const float* x, int x_ld, const float* gy, int gy_ld, int batch, int by_taps,
    int parts, float beta, float* gw, float* partial) {
    await_previous();
    weight_tiles<2, 2>(g, bits, x, x_ld, gy, gy_ld, batch, by_taps, parts, beta, gw, partial);
}

extern "C" __global__ void __launch_bounds__(64, WEIGHT_WARPS / 2) convolution_square_weight_gradient(
    Geometry g, const u32* bits, const float* x, int x_ld, const float* gy, int gy_ld, int batch, int by_taps,
    int parts, float beta, float* gw, float* partial) {
    await_previous();
    weight_tiles<1, 2>(g, bits, x, x_ld, gy, gy_ld, batch, by_taps, parts, beta, gw, partial);
}

// y = mask ⊙ the ending of the sum of the parts, in order; each has channels of `plane` rows of quads, and the first beta·y.
extern "C" __global__ void convolution_add_parts(
    int channels, int plane, int parts, const float* partial, Output y, Ending ending) {
    await_previous();
    int quads = (y.batch + 3) / 4;
    i64 count = (i64)channels * plane * quads;
    FOR_EACH_INDEX(i, count) {
        Place at = place(i, quads);
        const float4* part = reinterpret_cast<const float4*>(partial) + i;
        float4 sum = *part;
        for (int n = 1; n < parts; n++) {
            sum = plus(sum, part[n * count]);
        }
        put_quad(y, at.row, at.at, ending.of(sum, at.row / plane));
    }
}

// gw[p] = the sum of p's parts, in order, + beta·gw[p].
extern "C" __global__ void convolution_add_weight_parts(
    const float* partial, int parts, i64 count, const u32* bits, float beta, float* gw) {
    await_previous();
    FOR_EACH_INDEX(p, count) {
        float sum = partial[p];
        for (int n = 1; n < parts; n++) {
            sum += partial[n * count + p];
        }
        if (has_bit(bits, p)) {
            gw[p] = beta == 0 ? sum : fmaf(beta, gw[p], sum);
        }
    }
}
