// Max and average pools and their gradients, four samples of an element to a thread. A max pool notes a byte per output, which
// element of its window it took: chosen[row][quad], four samples to a word. Gradients are gathered, windows in ascending order.
#include "common.cuh"

// Fields in order are what Pool.java passes.
struct PoolWindow {
    int in_height, in_width, out_height, out_width;
    int height, width, stride, padding;

    // The row of the input that is element (ky, kx) of the window of an output, -1 in the padding.
    __device__ int input_row(Point out, int ky, int kx) const {
        int y = out.y * stride + ky - padding;
        int x = out.x * stride + kx - padding;
        bool inside = y >= 0 && y < in_height && x >= 0 && x < in_width;
        return inside ? (out.channel * in_height + y) * in_width + x : -1;
    }

    // The first and the last of `windows` along one side that an input line is in, window `size` long; none if first > last.
    __device__ int first(int line, int size) const {
        int at = line + padding;
        return at < size ? 0 : (at - size) / stride + 1;
    }

    __device__ int last(int line, int windows) const {
        int at = (line + padding) / stride;
        return at < windows ? at : windows - 1;
    }
};

// f(row of the output, number of the element in its window) for the windows that an input position is in.
template <typename F>
__device__ inline void for_each_window(const PoolWindow& w, Point in, F f) {
    for (int y = w.first(in.y, w.height); y <= w.last(in.y, w.out_height); y++) {
        for (int x = w.first(in.x, w.width); x <= w.last(in.x, w.out_width); x++) {
            int ky = in.y + w.padding - y * w.stride;
            int kx = in.x + w.padding - x * w.stride;
            f((in.channel * w.out_height + y) * w.out_width + x, ky * w.width + kx);
        }
    }
}

// f(row of the input, number of the element) for the elements of an output's window, without padding.
template <typename F>
__device__ inline void for_each_element(const PoolWindow& w, Point out, F f) {
    for (int ky = 0; ky < w.height; ky++) {
        for (int kx = 0; kx < w.width; kx++) {
            int row = w.input_row(out, ky, kx);
            if (row >= 0) {
                f(row, ky * w.width + kx);
            }
        }
    }
}

constexpr u32 NONE_CHOSEN = 255;

// Takes the number k of a window if it is its first or larger than what was found, NaN being largest. `shift` is the place of
// its byte in the word of choices.
__device__ inline void take_larger(float x, int k, int shift, float& best, u32& chosen) {
    bool first = ((chosen >> shift) & 255u) == NONE_CHOSEN;
    if (first || x > best || (x != x && best == best)) {
        best = x;
        chosen = (chosen & ~(255u << shift)) | (u32)k << shift;
    }
}

// Reads 4 bytes per element of a window, most from cache, writes 5 per output.
extern "C" __global__ void pool_max(
    PoolWindow w, int rows, const float* x, int x_ld, Output y, u32* chosen, int chosen_words) {
    await_previous();
    bool aligned = x_ld % 4 == 0;
    int quads = (y.batch + 3) / 4;
    FOR_EACH_INDEX(i, (i64)rows * quads) {
        Place at = place(i, quads);
        float4 best = {0.0f, 0.0f, 0.0f, 0.0f};
        u32 found = ~0u;
        for_each_element(w, point_of(at.row, w.out_height, w.out_width), [&](int row, int k) {
            float4 v = load_quad(x + (i64)row * x_ld, 4 * at.at, y.batch, aligned);
            take_larger(v.x, k, 0, best.x, found);
            take_larger(v.y, k, 8, best.y, found);
            take_larger(v.z, k, 16, best.z, found);
            take_larger(v.w, k, 24, best.w, found);
        });
        put_quad(y, at.row, at.at, best);
        if (chosen != nullptr) {
            chosen[(i64)at.row * chosen_words + at.at] = found;
        }
    }
}

// The numbers of xDot where each output was found. Reads 5 bytes per output, writes 4.
extern "C" __global__ void pool_max_tangent(
    PoolWindow w, int rows, const u32* chosen, int chosen_words, const float* x_dot, int x_ld, float* y_dot, int y_ld,
    int batch) {
    await_previous();
    FOR_EACH_INDEX(i, (i64)rows * batch) {
        Place at = place(i, batch);
        int k = (int)((chosen[(i64)at.row * chosen_words + at.at / 4] >> (at.at % 4 * 8)) & 255u);
        int row = w.input_row(point_of(at.row, w.out_height, w.out_width), k / w.width, k % w.width);
        y_dot[(i64)at.row * y_ld + at.at] = x_dot[(i64)row * x_ld + at.at];
    }
}

// Which bytes of the word are k.
__device__ inline u32 equal_bytes(u32 word, u32 k) {
    return ((word & 255u) == k ? 1u : 0u) | (((word >> 8) & 255u) == k ? 2u : 0u) |
           (((word >> 16) & 255u) == k ? 4u : 0u) | (word >> 24 == k ? 8u : 0u);
}

// Reads 5 bytes per window that an element is in, writes 4 per element.
extern "C" __global__ void pool_max_gradient(
    PoolWindow w, int rows, const u32* chosen, int chosen_words, const float* gy, int gy_ld, Output gx) {
    await_previous();
    bool aligned = gy_ld % 4 == 0;
    int quads = (gx.batch + 3) / 4;
    FOR_EACH_INDEX(i, (i64)rows * quads) {
        Place at = place(i, quads);
        float4 sum = {0.0f, 0.0f, 0.0f, 0.0f};
        for_each_window(w, point_of(at.row, w.in_height, w.in_width), [&](int row, int k) {
            u32 took = equal_bytes(chosen[(i64)row * chosen_words + at.at], (u32)k);
            float4 v = load_quad(gy + (i64)row * gy_ld, 4 * at.at, gx.batch, aligned);
            add_quad(sum, keep(took, v), 4 * at.at, gx.batch);
        });
        put_quad(gx, at.row, at.at, plus_old(gx, at.row, at.at, sum));
    }
}

__device__ inline float4 divided(float4 v, int by) {
    float d = (float)by;
    return {v.x / d, v.y / d, v.z / d, v.w / d};
}

// Padding counts as zeros. Reads 4 bytes per element of a window, writes 4 per output.
extern "C" __global__ void pool_average(PoolWindow w, int rows, const float* x, int x_ld, Output y) {
    await_previous();
    bool aligned = x_ld % 4 == 0;
    int quads = (y.batch + 3) / 4;
    FOR_EACH_INDEX(i, (i64)rows * quads) {
        Place at = place(i, quads);
        float4 sum = {0.0f, 0.0f, 0.0f, 0.0f};
        for_each_element(w, point_of(at.row, w.out_height, w.out_width), [&](int row, int) {
            add_quad(sum, load_quad(x + (i64)row * x_ld, 4 * at.at, y.batch, aligned), 4 * at.at, y.batch);
        });
        put_quad(y, at.row, at.at, divided(sum, w.height * w.width));
    }
}

// Reads 4 bytes per window that an element is in, writes 4 per element.
extern "C" __global__ void pool_average_gradient(PoolWindow w, int rows, const float* gy, int gy_ld, Output gx) {
    await_previous();
    bool aligned = gy_ld % 4 == 0;
    int quads = (gx.batch + 3) / 4;
    FOR_EACH_INDEX(i, (i64)rows * quads) {
        Place at = place(i, quads);
        float4 sum = {0.0f, 0.0f, 0.0f, 0.0f};
        for_each_window(w, point_of(at.row, w.in_height, w.in_width), [&](int row, int) {
            add_quad(sum, load_quad(gy + (i64)row * gy_ld, 4 * at.at, gx.batch, aligned), 4 * at.at, gx.batch);
        });
        put_quad(gx, at.row, at.at, plus_old(gx, at.row, at.at, divided(sum, w.height * w.width)));
    }
}
