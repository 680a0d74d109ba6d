// Where the taps of a convolution's kernel lead, forward and backward alike. A target is an output position forward, an input
// position backward; what it is summed from are sources. With a stride s the input falls into s² classes of positions, by
// line and column modulo s: those of a class meet the same taps, every s-th of the kernel, and step by one through the output.
#pragma once
#include "Relu.cu"
#include "common.cuh"

// As those of common.cuh for indices that are known to be of 32 bits: divisions of 64 bits are long code.

__device__ inline int ceil_div32(int a, int b) {
    return (a + b - 1) / b;
}

__device__ inline Place place32(int index, int width) {
    int row = index / width;
    return {row, index - row * width};
}

// Fields in order are what Convolution.java passes.
struct Geometry {
    int in_channels, in_height, in_width;
    int out_channels, out_height, out_width;
    int kernel_height, kernel_width, stride, padding;

    __device__ int kernel() const { return kernel_height * kernel_width; }
    __device__ int cols() const { return in_channels * kernel(); }
    __device__ int out_plane() const { return out_height * out_width; }
    __device__ int in_plane() const { return in_height * in_width; }
};

// Kernels of at most so many taps go by masks of bits.
constexpr int MAX_TAPS = 31;

// In one dimension: target position first + every·i meets, by tap j, source step·i + base + sign·j, which is the kernel's line
// tap_first + every·j.
struct Line {
    int targets, first, every;
    int sources, step, base, sign;
    int taps, tap_first;

    // The taps that meet a source at position i: bits begin .. end-1.
    __device__ void range(int i, int& begin, int& end) const {
        int at = step * i + base;
        begin = sign > 0 ? -at : at - sources + 1;
        end = sign > 0 ? sources - at : at + 1;
        begin = begin < 0 ? 0 : begin > taps ? taps : begin;
        end = end > taps ? taps : end < begin ? begin : end;
    }
};

__device__ inline Line forward_line(int out, int in, int kernel, int stride, int padding) {
    return {out, 0, 1, in, stride, -padding, 1, kernel, 0};
}

__device__ inline Line backward_line(int out, int in, int kernel, int stride, int padding, int rest) {
    int tap = (rest + padding) % stride;
    int taps = tap < kernel ? (kernel - tap + stride - 1) / stride : 0;
    return {(in - rest + stride - 1) / stride, rest, stride, out, 1, (rest + padding - tap) / stride, -1, taps, tap};
}

// Both dimensions, of one class.
struct Taps {
    Line y, x;
    int kernel_width;
    int target_plane, target_width, source_plane;
    int targets, sources;  // channels
    u32 first_column;      // the bits of the taps of column 0

    __device__ int count() const { return y.taps * x.taps; }
    __device__ int positions() const { return y.targets * x.targets; }

    // The row of the target's channel 0 at position (line, column).
    __device__ int target_row(int line, int column) const {
        return (y.first + y.every * line) * target_width + x.first + x.every * column;
    }
    // The row of the source's channel 0 that tap 0 meets there; it may lie outside of the plane.
    __device__ int source_row(int line, int column) const {
        return (y.step * line + y.base) * x.sources + x.step * column + x.base;
    }
    // What a tap adds to that.
    __device__ int offset(int tap) const {
        int line = tap / x.taps;
        return y.sign * (line * x.sources + tap - line * x.taps);
    }
    // The tap's column within the kernel.
    __device__ int kernel_at(int tap) const {
        int line = tap / x.taps;
        return (y.tap_first + y.every * line) * kernel_width + x.tap_first + x.every * (tap - line * x.taps);
    }
    // One bit for each tap that meets a source.
    __device__ u32 met(int line, int column) const {
        int top, bottom, left, right;
        y.range(line, top, bottom);
        x.range(column, left, right);
        u32 lines = (1u << (bottom * x.taps)) - (1u << (top * x.taps));
        return ((1u << right) - (1u << left)) * first_column & lines;
    }
};

__device__ inline u32 bits_of_first_column(int lines, int columns) {
    u32 bits = 0;
    for (int line = 0; line < lines; line++) {
        bits |= 1u << (line * columns);
    }
    return bits;
}

__device__ inline Taps forward_taps(const Geometry& g) {
    return {
        forward_line(g.out_height, g.in_height, g.kernel_height, g.stride, g.padding),
        forward_line(g.out_width, g.in_width, g.kernel_width, g.stride, g.padding),
        g.kernel_width, g.out_plane(), g.out_width, g.in_plane(), g.out_channels, g.in_channels,
        bits_of_first_column(g.kernel_height, g.kernel_width)};
}

__device__ inline Taps backward_taps(const Geometry& g, int of_class) {
    int rest_y = of_class / g.stride;
    Line y = backward_line(g.out_height, g.in_height, g.kernel_height, g.stride, g.padding, rest_y);
    Line x = backward_line(
        g.out_width, g.in_width, g.kernel_width, g.stride, g.padding, of_class - rest_y * g.stride);
    return {y, x, g.kernel_width, g.in_plane(), g.in_width, g.out_plane(), g.in_channels, g.out_channels,
            bits_of_first_column(y.taps, x.taps)};
}

template <bool BACK>
__device__ inline Taps taps_of(const Geometry& g, int of_class) {
    return BACK ? backward_taps(g, of_class) : forward_taps(g);
}

// What is done to an output of a channel before it is written, forward; fields in order are what ConvolutionEnding.java passes.
struct Ending {
    const float* bias;  // a number per channel, or null
    i64 rectify;

    __device__ bool any() const { return bias != nullptr || rectify != 0; }

    // A quad, or a number.
    template <typename V>
    __device__ V of(V v, int channel) const {
        v = bias == nullptr ? v : plus(v, bias[channel]);
        return rectify != 0 ? rectified(v) : v;
    }
};
