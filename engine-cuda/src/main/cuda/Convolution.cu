// A convolution and its gradients without im2col: a thread for four samples of an output, a warp for a weight's gradient.
// Weights are packed (rows, cols and values in canonical order) or flat (rows·cols of them, all or those of `bits`); where
// they are flat, the pointers of the structure are null. Columns of the weights are (channel, ky, kx), kx fastest. In the
// forward pass and the input gradient each output is one chain of fmaf in ascending order for each of `parts` parts of the
// source's channels, and these are added in order, whatever the storage.
#include "ConvolutionTaps.cuh"
#include "common.cuh"

// Column `col` of the weights.
__device__ inline Point tap_of(const Geometry& g, int col) {
    return point_of(col, g.kernel_height, g.kernel_width);
}

// The row of the input that a tap meets at an output position, -1 in the padding.
__device__ inline int input_row(const Geometry& g, Point tap, int out_y, int out_x) {
    int y = out_y * g.stride + tap.y - g.padding;
    int x = out_x * g.stride + tap.x - g.padding;
    bool inside = y >= 0 && y < g.in_height && x >= 0 && x < g.in_width;
    return inside ? (tap.channel * g.in_height + y) * g.in_width + x : -1;
}

// The output line (or column) at which a tap's offset meets an input line (or column), -1 for none.
__device__ inline int output_line(int in, int offset, int padding, int stride, int lines) {
    int scaled = in + padding - offset;
    int line = scaled / stride;
    return scaled >= 0 && line < lines && line * stride == scaled ? line : -1;
}

// The row of output channel `channel` that the tap brings an input position to, -1 for none.
__device__ inline int output_row(const Geometry& g, int channel, int ky, int kx, int in_y, int in_x) {
    int y = output_line(in_y, ky, g.padding, g.stride, g.out_height);
    int x = output_line(in_x, kx, g.padding, g.stride, g.out_width);
    return y < 0 || x < 0 ? -1 : (channel * g.out_height + y) * g.out_width + x;
}

// The sum of parts that are done with and the one that grows.
struct Chain {
    float4 done, sum;
    int part, part_channels;

    // A term of this source's channel comes next; channels ascend.
    __device__ void at(int channel) {
        int next = channel / part_channels;
        if (next != part) {
            done = part == 0 ? sum : plus(done, sum);
            sum = {0.0f, 0.0f, 0.0f, 0.0f};
            part = next;
        }
    }
    __device__ float4 total() const { return part == 0 ? sum : plus(done, sum); }
};

__device__ inline Chain chain(float4 old, int channels, int parts) {
    return {old, old, 0, (int)ceil_div(channels, parts)};
}

// y = W·x + beta·y. Bound: per term 16 bytes of x, mostly from cache, and its indices for four products.
extern "C" __global__ void convolution_forward(
    Geometry g, const int* row_ptr, const int* col_idx, const u32* bits, const float* w, const float* x, int x_ld,
    Output y, int parts) {
    await_previous();
    bool aligned = x_ld % 4 == 0;
    int quads = (y.batch + 3) / 4;
    FOR_EACH_INDEX(i, (i64)g.out_channels * g.out_plane() * quads) {
        Place at = place(i, quads);
        Point out = point_of(at.row, g.out_height, g.out_width);
        i64 from = row_ptr == nullptr ? (i64)out.channel * g.cols() : row_ptr[out.channel];
        int terms = row_ptr == nullptr ? g.cols() : row_ptr[out.channel + 1] - (int)from;
        Chain sums = chain(old_quad(y, at.row, at.at), g.in_channels, parts);
        for (int n = 0; n < terms; n++) {
            i64 p = from + n;
            if (!has_bit(bits, p)) {
                continue;
            }
            Point tap = tap_of(g, col_idx == nullptr ? n : col_idx[p]);
            int row = input_row(g, tap, out.y, out.x);
            if (row >= 0) {
                sums.at(tap.channel);
                sums.sum = fma4(w[p], load_quad(x + (i64)row * x_ld, 4 * at.at, y.batch, aligned), sums.sum);
            }
        }
        put_quad(y, at.row, at.at, sums.total());
    }
}

// gx = mask ⊙ (Wᵀ·gy + beta·gx). Packed weights are met through `entries`, their positions in the order of (input channel,
// output channel, ky, kx), those of a channel from channel_ptr[channel] on. Bound: as forward; with a stride s only one of
// s² terms counts.
extern "C" __global__ void convolution_input_gradient(
    Geometry g, const int* channel_ptr, const int* entries, const int* row_idx, const int* col_idx, const u32* bits,
    const float* w, const float* gy, int gy_ld, Output gx, int parts) {
    await_previous();
    bool aligned = gy_ld % 4 == 0;
    int quads = (gx.batch + 3) / 4;
    FOR_EACH_INDEX(i, (i64)g.in_channels * g.in_height * g.in_width * quads) {
        Place at = place(i, quads);
        Point in = point_of(at.row, g.in_height, g.in_width);
        int from = channel_ptr == nullptr ? 0 : channel_ptr[in.channel];
        int terms = channel_ptr == nullptr ? g.out_channels * g.kernel() : channel_ptr[in.channel + 1] - from;
        Chain sums = chain(old_quad(gx, at.row, at.at), g.out_channels, parts);
        for (int n = 0; n < terms; n++) {
            i64 p;
            Point tap;  // of an output channel
            if (channel_ptr == nullptr) {
                tap = tap_of(g, n);
                p = (i64)tap.channel * g.cols() + in.channel * g.kernel() + tap.y * g.kernel_width + tap.x;
            } else {
                p = entries[from + n];
                tap = tap_of(g, col_idx[p]);
                tap.channel = row_idx[p];
            }
            int row = has_bit(bits, p) ? output_row(g, tap.channel, tap.y, tap.x, in.y, in.x) : -1;
            if (row >= 0) {
                sums.at(tap.channel);
                sums.sum = fma4(w[p], load_quad(gy + (i64)row * gy_ld, 4 * at.at, gx.batch, aligned), sums.sum);
            }
        }
        put_quad(gx, at.row, at.at, sums.total());
    }
}

// Which weight the storage's position p is: its row, an output channel, and its column.
__device__ inline Place weight_at(const Geometry& g, const int* row_idx, const int* col_idx, i64 p) {
    return row_idx == nullptr ? place(p, g.cols()) : Place{row_idx[p], col_idx[p]};
}

// gw[p] = sum + beta·gw[p], by the first lane of a warp that has the parts of the sum.
__device__ inline void put_weight(float part, float beta, float* gw, i64 p) {
    float sum = warp_sum(part);
    if (lane_index() == 0) {
        gw[p] = beta == 0 ? sum : fmaf(beta, gw[p], sum);
    }
}

// gw = (gy·xᵀ at the stored entries, summed over batch and output plane) + beta·gw. Lanes deal quads of samples of all output
// positions among them. Bound: 8 bytes read per product, from cache.
extern "C" __global__ void convolution_weight_gradient(
    Geometry g, const int* row_idx, const int* col_idx, const u32* bits, i64 count, const float* x, int x_ld,
    const float* gy, int gy_ld, int batch, float beta, float* gw) {
    await_previous();
    bool x_aligned = x_ld % 4 == 0;
    bool gy_aligned = gy_ld % 4 == 0;
    int quads = (batch + 3) / 4;
    i64 warps = thread_count() / WARP;
    for (i64 p = thread_index() / WARP; p < count; p += warps) {
        if (!has_bit(bits, p)) {
            continue;
        }
        Place weight = weight_at(g, row_idx, col_idx, p);
        Point tap = tap_of(g, weight.at);
        float4 sum = {0.0f, 0.0f, 0.0f, 0.0f};
        for (i64 i = lane_index(); i < (i64)g.out_plane() * quads; i += WARP) {
            Place at = place(i, quads);
            int out_y = at.row / g.out_width;
            int row = input_row(g, tap, out_y, at.row - out_y * g.out_width);
            if (row >= 0) {
                i64 out = (i64)weight.row * g.out_plane() + at.row;
                float4 a = load_quad(gy + out * gy_ld, 4 * at.at, batch, gy_aligned);
                float4 b = load_quad(x + (i64)row * x_ld, 4 * at.at, batch, x_aligned);
                add_products(sum, a, b, 4 * at.at, batch);
            }
        }
        put_weight(total(sum), beta, gw, p);
    }
}

// Where the lines (or columns) of the input begin and end that a tap's offset meets: end <= begin for none.
struct Lines {
    int begin, end;
};

__device__ inline Lines lines_of(int offset, int padding, int stride, int in_lines, int out_lines) {
    int first = offset - padding;
    int last = (out_lines - 1) * stride + offset - padding;
    return {first < 0 ? 0 : first, last < in_lines ? last + 1 : in_lines};
}

// The same from an input of which some elements are stored (Compression.cu). Lanes deal the elements between the first and the
// last row that the tap meets among them, and pass over those of rows that it does not. Bound: 12 bytes of elements and a
// sector of gy per product.
extern "C" __global__ void convolution_sparse_weight_gradient(
    Geometry g, const int* row_idx, const int* col_idx, const u32* bits, i64 count, const i64* x_row_ptr,
    const int* x_rows, const int* x_cols, const float* x_values, const float* gy, int gy_ld, float beta, float* gw) {
    await_previous();
    i64 warps = thread_count() / WARP;
    for (i64 p = thread_index() / WARP; p < count; p += warps) {
        if (!has_bit(bits, p)) {
            continue;
        }
        Place weight = weight_at(g, row_idx, col_idx, p);
        Point tap = tap_of(g, weight.at);
        Lines ys = lines_of(tap.y, g.padding, g.stride, g.in_height, g.out_height);
        Lines xs = lines_of(tap.x, g.padding, g.stride, g.in_width, g.out_width);
        float sum = 0.0f;
        if (ys.begin < ys.end && xs.begin < xs.end) {
            int first = tap.channel * g.in_height * g.in_width;
            i64 begin = x_row_ptr[first + ys.begin * g.in_width + xs.begin];
            i64 end = x_row_ptr[first + (ys.end - 1) * g.in_width + xs.end];
            for (i64 e = begin + lane_index(); e < end; e += WARP) {
                int y = (x_rows[e] - first) / g.in_width;
                int x = x_rows[e] - first - y * g.in_width;
                int row = output_row(g, weight.row, tap.y, tap.x, y, x);
                if (row >= 0) {
                    sum = fmaf(x_values[e], gy[(i64)row * gy_ld + x_cols[e]], sum);
                }
            }
        }
        put_weight(sum, beta, gw, p);
    }
}
