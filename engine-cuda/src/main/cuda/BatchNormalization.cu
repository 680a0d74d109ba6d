// Batch normalisation: a block sums a channel, which is `plane` rows, then all threads treat all numbers. Parts of sums are
// f32, added up in double; their order depends on plane and batch alone, which decide how many threads a block has. The
// variance is summed about the rounded mean and corrected by what that leaves (the corrected two-pass algorithm: "Algorithms
// for Computing the Sample Variance", Chan, Golub, LeVeque, The American Statistician 37, 1983).
#include "BiasGradient.cu"
#include "Relu.cu"
#include "common.cuh"

__device__ inline float weighted(float momentum, float running, double newest) {
    return (float)((1.0 - (double)momentum) * (double)running + (double)momentum * newest);
}

// Mean and inverse deviation of the batch, and the running statistics. Reads 8 bytes per number.
extern "C" __global__ void __launch_bounds__(CHANNEL_THREADS) batch_norm_statistics(
    const float* x, int ld, int channels, int plane, int batch, float epsilon, float momentum, float* mean,
    float* inverse_deviation, float* running_mean, float* running_variance) {
    await_previous();
    double count = (double)plane * batch;
    bool aligned = ld % 4 == 0;
    for (int channel = (int)blockIdx.x; channel < channels; channel += (int)gridDim.x) {
        const float* rows = x + (i64)channel * plane * ld;
        float part = quad_sums(rows, ld, plane, batch, (int)threadIdx.x, (int)blockDim.x);
        float about = (float)(block_sum((double)part) / count);
        float4 rests = {0.0f, 0.0f, 0.0f, 0.0f};
        float4 squares = {0.0f, 0.0f, 0.0f, 0.0f};
        for_each_quad(plane, batch, (int)threadIdx.x, (int)blockDim.x, [&](int row, int quad) {
            float4 rest = plus(load_quad(rows + (i64)row * ld, 4 * quad, batch, aligned), -about);
            add_quad(rests, rest, 4 * quad, batch);
            add_products(squares, rest, rest, 4 * quad, batch);
        });
        double rest = block_sum((double)total(rests));
        double variance = (block_sum((double)total(squares)) - rest * rest / count) / count;
        if (threadIdx.x == 0) {
            variance = variance < 0 ? 0 : variance;
            mean[channel] = (float)((double)about + rest / count);
            inverse_deviation[channel] = (float)(1 / sqrt(variance + (double)epsilon));
            running_mean[channel] = weighted(momentum, running_mean[channel], (double)about + rest / count);
            double unbiased = count > 1 ? variance * count / (count - 1) : variance;
            running_variance[channel] = weighted(momentum, running_variance[channel], unbiased);
        }
    }
}

__device__ inline float4 scaled(float4 v, float by) {
    return {v.x * by, v.y * by, v.z * by, v.w * by};
}

// y = activation(gamma·(x - mean)·inverse deviation + beta + residual), and the bits of what passed the ReLU. `spread` has the
// inverse deviations where epsilon is 0, else variances. residual and mask may be null; y may be x or the residual. Moves 8
// bytes per number, 4 more for the residual.
extern "C" __global__ void batch_norm_apply(
    const float* x, int x_ld, int features, int plane, int batch, const float* mean, const float* spread, float epsilon,
    const float* gamma, const float* beta, const float* residual, int residual_ld, int relu, u32* mask, int mask_words,
    float* y, int y_ld) {
    await_previous();
    note_quads(mask, mask_words, features, batch, [&](int row, int column) {
        int channel = row / plane;
        float inverse = epsilon == 0 ? spread[channel] : 1.0f / sqrtf(spread[channel] + epsilon);
        float4 v = load_quad(x + (i64)row * x_ld, column, batch, x_ld % 4 == 0);
        v = plus(scaled(scaled(plus(v, -mean[channel]), inverse), gamma[channel]), beta[channel]);
        if (residual != nullptr) {
            v = plus(v, load_quad(residual + (i64)row * residual_ld, column, batch, residual_ld % 4 == 0));
        }
        store_quad(y + (i64)row * y_ld, column, batch, y_ld % 4 == 0, relu != 0 ? rectified(v) : v);
        return above_zero(v);
    });
}

// gBeta = the sum of gy, gGamma = that of gy·x̂, on the entries of their patterns; and both divided by the count for all
// channels, averages[channel][2]. g_gamma and g_beta may be null. Reads 8 bytes per number.
extern "C" __global__ void __launch_bounds__(CHANNEL_THREADS) batch_norm_sums(
    const float* x, int x_ld, const float* gy, int gy_ld, int channels, int plane, int batch, const float* mean,
    const float* inverse_deviation, float* averages, float* g_gamma, const u32* gamma_bits, float* g_beta,
    const u32* beta_bits) {
    await_previous();
    double count = (double)plane * batch;
    for (int channel = (int)blockIdx.x; channel < channels; channel += (int)gridDim.x) {
        const float* x_rows = x + (i64)channel * plane * x_ld;
        const float* gy_rows = gy + (i64)channel * plane * gy_ld;
        float about = mean[channel];
        float4 sums = {0.0f, 0.0f, 0.0f, 0.0f};
        float4 products = {0.0f, 0.0f, 0.0f, 0.0f};
        for_each_quad(plane, batch, (int)threadIdx.x, (int)blockDim.x, [&](int row, int quad) {
            float4 g = load_quad(gy_rows + (i64)row * gy_ld, 4 * quad, batch, gy_ld % 4 == 0);
            float4 v = load_quad(x_rows + (i64)row * x_ld, 4 * quad, batch, x_ld % 4 == 0);
            add_quad(sums, g, 4 * quad, batch);
            add_products(products, g, plus(v, -about), 4 * quad, batch);
        });
        double sum = block_sum((double)total(sums));
        double product = block_sum((double)total(products)) * (double)inverse_deviation[channel];
        if (threadIdx.x == 0) {
            averages[2 * (i64)channel] = (float)(sum / count);
            averages[2 * (i64)channel + 1] = (float)(product / count);
            if (g_gamma != nullptr && has_bit(gamma_bits, channel)) {
                g_gamma[channel] = (float)product;
            }
            if (g_beta != nullptr && has_bit(beta_bits, channel)) {
                g_beta[channel] = (float)sum;
            }
        }
    }
}

// gx = mask ⊙ (gamma·inverse deviation·(gy - average of gy - x̂·average of gy·x̂) + beta·gx); gx may be gy where beta = 0. Moves
// 12 bytes per number, 4 more for beta.
extern "C" __global__ void batch_norm_gradient(
    const float* x, int x_ld, const float* gy, int gy_ld, int features, int plane, const float* mean,
    const float* inverse_deviation, const float* gamma, const float* averages, Output gx) {
    await_previous();
    int quads = (gx.batch + 3) / 4;
    FOR_EACH_INDEX(i, (i64)features * quads) {
        Place at = place(i, quads);
        int channel = at.row / plane;
        float inverse = inverse_deviation[channel];
        float4 v = load_quad(x + (i64)at.row * x_ld, 4 * at.at, gx.batch, x_ld % 4 == 0);
        float4 g = load_quad(gy + (i64)at.row * gy_ld, 4 * at.at, gx.batch, gy_ld % 4 == 0);
        float4 normal = scaled(plus(v, -mean[channel]), inverse);
        g = plus(g, -averages[2 * (i64)channel]);
        g = scaled(fma4(-averages[2 * (i64)channel + 1], normal, g), gamma[channel] * inverse);
        put_quad(gx, at.row, at.at, plus_old(gx, at.row, at.at, g));
    }
}

// yDot = mask ⊙ (gamma·x̂Dot + gammaDot·x̂ + betaDot + beta·yDot), x̂Dot being inverse deviation·(xDot - average of xDot -
// x̂·average of xDot·x̂). Moves 12 bytes per number, 4 more for beta.
extern "C" __global__ void batch_norm_tangent(
    const float* x, int x_ld, const float* x_dot, int dot_ld, int features, int plane, const float* mean,
    const float* inverse_deviation, const float* gamma, const float* averages, const float* gamma_dot,
    const float* beta_dot, Output y_dot) {
    await_previous();
    int quads = (y_dot.batch + 3) / 4;
    FOR_EACH_INDEX(i, (i64)features * quads) {
        Place at = place(i, quads);
        int channel = at.row / plane;
        float inverse = inverse_deviation[channel];
        float4 v = load_quad(x + (i64)at.row * x_ld, 4 * at.at, y_dot.batch, x_ld % 4 == 0);
        float4 d = load_quad(x_dot + (i64)at.row * dot_ld, 4 * at.at, y_dot.batch, dot_ld % 4 == 0);
        float4 normal = scaled(plus(v, -mean[channel]), inverse);
        d = plus(d, -averages[2 * (i64)channel]);
        d = scaled(fma4(-averages[2 * (i64)channel + 1], normal, d), gamma[channel] * inverse);
        d = plus(fma4(gamma_dot[channel], normal, d), beta_dot[channel]);
        put_quad(y_dot, at.row, at.at, plus_old(y_dot, at.row, at.at, d));
    }
}

// What batch_norm_gradient_tangent multiplies with, of a channel.
struct NormFactors {
    float of_gy, of_gy_dot, of_x_dot, of_x, shift;
};

// The factors, and the tangents of gGamma and gBeta on the entries of their patterns. x_averages, gy_averages and dot_averages
// are those of batch_norm_sums for xDot, gy and gyDot. Reads 8 bytes per number.
extern "C" __global__ void __launch_bounds__(CHANNEL_THREADS) batch_norm_factors(
    const float* x_dot, int dot_ld, const float* gy, int gy_ld, int channels, int plane, int batch,
    const float* inverse_deviation, const float* gamma, const float* gamma_dot, const float* x_averages,
    const float* gy_averages, const float* dot_averages, NormFactors* factors, float* g_gamma_dot,
    const u32* gamma_bits, float* g_beta_dot, const u32* beta_bits) {
    await_previous();
    double count = (double)plane * batch;
    for (int channel = (int)blockIdx.x; channel < channels; channel += (int)gridDim.x) {
        const float* dot_rows = x_dot + (i64)channel * plane * dot_ld;
        const float* gy_rows = gy + (i64)channel * plane * gy_ld;
        float about = x_averages[2 * (i64)channel];
        float4 products = {0.0f, 0.0f, 0.0f, 0.0f};
        for_each_quad(plane, batch, (int)threadIdx.x, (int)blockDim.x, [&](int row, int quad) {
            float4 g = load_quad(gy_rows + (i64)row * gy_ld, 4 * quad, batch, gy_ld % 4 == 0);
            float4 d = load_quad(dot_rows + (i64)row * dot_ld, 4 * quad, batch, dot_ld % 4 == 0);
            add_products(products, g, plus(d, -about), 4 * quad, batch);
        });
        double cross = block_sum((double)total(products)) / count;
        if (threadIdx.x == 0) {
            double inverse = inverse_deviation[channel];
            double product = x_averages[2 * (i64)channel + 1];
            double sum = gy_averages[2 * (i64)channel];
            double of_normal = gy_averages[2 * (i64)channel + 1];
            double sum_dot = dot_averages[2 * (i64)channel];
            double of_normal_dot =
                dot_averages[2 * (i64)channel + 1] + inverse * (cross - product * of_normal);
            double scale = gamma[channel] * inverse;
            double scale_dot = gamma_dot[channel] * inverse - scale * inverse * product;
            double of_x_dot = -scale * inverse * of_normal;
            double of_x = -inverse * (scale_dot * of_normal + scale * of_normal_dot + of_x_dot * product);
            double shift = -(scale_dot * sum + scale * sum_dot);
            factors[channel] = {(float)scale_dot, (float)scale, (float)of_x_dot, (float)of_x, (float)shift};
            if (has_bit(gamma_bits, channel)) {
                g_gamma_dot[channel] = (float)(of_normal_dot * count);
            }
            if (has_bit(beta_bits, channel)) {
                g_beta_dot[channel] = (float)(sum_dot * count);
            }
        }
    }
}

// gxDot = mask ⊙ (factors·(gy, gyDot, xDot - its average, x - mean, 1) + beta·gxDot). Moves 20 bytes per number, 4 more for
// beta.
extern "C" __global__ void batch_norm_gradient_tangent(
    const float* x, int x_ld, const float* x_dot, int dot_ld, const float* gy, int gy_ld, const float* gy_dot,
    int gy_dot_ld, int features, int plane, const float* mean, const float* x_averages, const NormFactors* factors,
    Output gx_dot) {
    await_previous();
    int quads = (gx_dot.batch + 3) / 4;
    FOR_EACH_INDEX(i, (i64)features * quads) {
        Place at = place(i, quads);
        int channel = at.row / plane;
        NormFactors f = factors[channel];
        float4 v = load_quad(x + (i64)at.row * x_ld, 4 * at.at, gx_dot.batch, x_ld % 4 == 0);
        float4 d = load_quad(x_dot + (i64)at.row * dot_ld, 4 * at.at, gx_dot.batch, dot_ld % 4 == 0);
        float4 g = load_quad(gy + (i64)at.row * gy_ld, 4 * at.at, gx_dot.batch, gy_ld % 4 == 0);
        float4 h = load_quad(gy_dot + (i64)at.row * gy_dot_ld, 4 * at.at, gx_dot.batch, gy_dot_ld % 4 == 0);
        float4 sum = plus(scaled(plus(v, -mean[channel]), f.of_x), f.shift);
        sum = fma4(f.of_x_dot, plus(d, -x_averages[2 * (i64)channel]), sum);
        sum = fma4(f.of_gy_dot, h, fma4(f.of_gy, g, sum));
        put_quad(gx_dot, at.row, at.at, plus_old(gx_dot, at.row, at.at, sum));
    }
}
