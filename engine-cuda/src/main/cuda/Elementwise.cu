// Elementwise ops over the storage of values, `count` floats. `bits` is the pattern of dense-masked values, or null: what lies
// outside it is +0.0 and stays so, whatever the numbers. Four at a time, then the up to three that are left.
#include "common.cuh"

__device__ inline float4 mul4(float4 x, float4 y) {
    return {x.x * y.x, x.y * y.y, x.z * y.z, x.w * y.w};
}

// x[p] = value. Writes 4 bytes per entry.
extern "C" __global__ void elementwise_fill(float* x, const u32* bits, i64 count, float value) {
    await_previous();
    float4* x4 = reinterpret_cast<float4*>(x);
    float4 all = {value, value, value, value};
    FOR_EACH_INDEX(quad, count / 4) {
        x4[quad] = keep(quad_bits(bits, quad), all);
    }
    FOR_EACH_INDEX(i, count % 4) {
        i64 p = count - 1 - i;
        x[p] = has_bit(bits, p) ? value : 0.0f;
    }
}

// to[p] = from[p]. Moves 8 bytes per entry.
extern "C" __global__ void elementwise_copy(const float* from, float* to, i64 count) {
    await_previous();
    const float4* from4 = reinterpret_cast<const float4*>(from);
    float4* to4 = reinterpret_cast<float4*>(to);
    FOR_EACH_INDEX(quad, count / 4) {
        to4[quad] = from4[quad];
    }
    FOR_EACH_INDEX(i, count % 4) {
        i64 p = count - 1 - i;
        to[p] = from[p];
    }
}

// y[p] = fma(alpha, x[p], y[p]). Moves 12 bytes per entry.
extern "C" __global__ void elementwise_axpy(float alpha, const float* x, float* y, const u32* bits, i64 count) {
    await_previous();
    const float4* x4 = reinterpret_cast<const float4*>(x);
    float4* y4 = reinterpret_cast<float4*>(y);
    FOR_EACH_INDEX(quad, count / 4) {
        y4[quad] = keep(quad_bits(bits, quad), fma4(alpha, x4[quad], y4[quad]));
    }
    FOR_EACH_INDEX(i, count % 4) {
        i64 p = count - 1 - i;
        y[p] = has_bit(bits, p) ? fmaf(alpha, x[p], y[p]) : 0.0f;
    }
}

// out[p] = x[p]·y[p]; out may be x or y; 0·0 keeps the outside at +0.0. Moves 12 bytes per entry.
extern "C" __global__ void elementwise_multiply(const float* x, const float* y, float* out, i64 count) {
    await_previous();
    const float4* x4 = reinterpret_cast<const float4*>(x);
    const float4* y4 = reinterpret_cast<const float4*>(y);
    float4* out4 = reinterpret_cast<float4*>(out);
    FOR_EACH_INDEX(quad, count / 4) {
        out4[quad] = mul4(x4[quad], y4[quad]);
    }
    FOR_EACH_INDEX(i, count % 4) {
        i64 p = count - 1 - i;
        out[p] = x[p] * y[p];
    }
}

// y[p] = fma(x[p], x[p], y[p]); 0·0 keeps the outside at +0.0. Moves 12 bytes per entry.
extern "C" __global__ void elementwise_add_square(const float* x, float* y, i64 count) {
    await_previous();
    FOR_EACH_INDEX(p, count) {
        y[p] = fmaf(x[p], x[p], y[p]);
    }
}

// Puts +0.0 back outside the pattern, for ops that compute all of dense-masked storage. Reads a bit per entry and writes 4
// bytes per entry outside.
extern "C" __global__ void elementwise_clear_outside(float* x, const u32* bits, i64 count) {
    await_previous();
    float4* x4 = reinterpret_cast<float4*>(x);
    FOR_EACH_INDEX(quad, count / 4) {
        u32 four = quad_bits(bits, quad);
        if (four == 0) {
            x4[quad] = {0.0f, 0.0f, 0.0f, 0.0f};
            continue;
        }
        if ((four & 1) == 0) x[4 * quad] = 0.0f;
        if ((four & 2) == 0) x[4 * quad + 1] = 0.0f;
        if ((four & 4) == 0) x[4 * quad + 2] = 0.0f;
        if ((four & 8) == 0) x[4 * quad + 3] = 0.0f;
    }
    FOR_EACH_INDEX(i, count % 4) {
        i64 p = count - 1 - i;
        if (!has_bit(bits, p)) x[p] = 0.0f;
    }
}

// Entries of which one block makes a partial sum, and its threads: both fix the order of the sum.
constexpr int DOT_CHUNK = 8192;
constexpr int DOT_THREADS = 256;

// partials[c] = sum of x[p]·y[p] over chunk c; a single chunk is the result and goes to `out`. Reads 8 bytes per entry.
extern "C" __global__ void elementwise_dot(const float* x, const float* y, i64 count, float* partials, float* out) {
    await_previous();
    i64 chunks = ceil_div(count, DOT_CHUNK);
    for (i64 chunk = blockIdx.x; chunk < chunks; chunk += gridDim.x) {
        float4 sum = {0.0f, 0.0f, 0.0f, 0.0f};
        for (int at = 4 * (int)threadIdx.x; at < DOT_CHUNK; at += 4 * DOT_THREADS) {
            i64 p = chunk * DOT_CHUNK + at;
            if (p + 4 <= count) {
                float4 a = *reinterpret_cast<const float4*>(x + p);
                float4 b = *reinterpret_cast<const float4*>(y + p);
                sum = {fmaf(a.x, b.x, sum.x), fmaf(a.y, b.y, sum.y), fmaf(a.z, b.z, sum.z), fmaf(a.w, b.w, sum.w)};
            } else {
                if (p < count) sum.x = fmaf(x[p], y[p], sum.x);
                if (p + 1 < count) sum.y = fmaf(x[p + 1], y[p + 1], sum.y);
                if (p + 2 < count) sum.z = fmaf(x[p + 2], y[p + 2], sum.z);
            }
        }
        float all = block_sum(total(sum));
        if (threadIdx.x == 0) {
            (chunks == 1 ? out : partials + chunk)[0] = all;
        }
    }
}

// out = the sum of the partials, by one block of DOT_THREADS; 0 where there are none.
extern "C" __global__ void elementwise_dot_total(const float* partials, i64 chunks, float* out) {
    await_previous();
    double sum = 0;
    for (i64 chunk = threadIdx.x; chunk < chunks; chunk += DOT_THREADS) {
        sum += partials[chunk];
    }
    double total = block_sum(sum);
    if (threadIdx.x == 0) {
        *out = (float)total;
    }
}
