// Powerpropagation over the storage of spaces: weights theta·|theta|^(alpha-1), and gradients times the slope
// alpha·|theta|^(alpha-1). Zeros stay zeros of their sign, so that dense-masked storage needs no mask. The power is computed as
// the backend cpu-vector does it, operation for operation, so that both give the same bits: by products and square roots where
// the exponent is a few quarters, else in double, which costs GPUs with few units for double more than the memory accesses do.
#include "common.cuh"

// log2 of x >= 0 within 2^-44, relative. With x = 2^n·m and m around 1 it is n + 2·atanh(s)/ln 2, s = (m - 1)/(m + 1);
// atanh(s)/s by a minimax polynomial in s².
__device__ inline double log2_of(double x) {
    constexpr i64 one = 1023ll << 52;
    constexpr i64 sqrt_half = 0x3fe6a09e667f3bcdll;
    constexpr i64 exponent = 0x7ffll << 52;
    i64 bits = __double_as_longlong(x);
    i64 above = bits - (sqrt_half - one);
    double n = (double)((above >> 52) - 1023);
    double m = __longlong_as_double(bits - (above & exponent) + one);
    double s = (m - 1) / (m + 1);
    double z = s * s;
    double p = fma(z, 0.28290144368785247, 0.3199056118625326);
    p = fma(p, z, 0.412209254333981);
    p = fma(p, z, 0.5770779423466141);
    p = fma(p, z, 0.9617966941134019);
    p = fma(p, z, 2.88539008177785);
    return fma(s, p, n);
}

// 2^y within 2^-34, relative, far beyond the range of f32 too: y = n + r, 2^r by a minimax polynomial.
__device__ inline double exp2_of(double y) {
    constexpr double most = 1000;
    constexpr double shift = 6755399441055744.0;  // 1.5·2^52; adding it leaves a whole number in the low bits
    y = y < -most ? -most : y > most ? most : y;
    double shifted = y + shift;
    double r = y - (shifted - shift);
    i64 n = __double_as_longlong(shifted) - __double_as_longlong(shift);
    double scale = __longlong_as_double((i64)((u64)(n + 1023) << 52));
    double p = fma(r, 1.5201923227886917e-5, 1.5469291148894633e-4);
    p = fma(p, r, 0.0013333922556294352);
    p = fma(p, r, 0.00961802725364381);
    p = fma(p, r, 0.055504103534569235);
    p = fma(p, r, 0.2402265119815789);
    p = fma(p, r, 0.6931471807284446);
    p = fma(p, r, 0.9999999999616818);
    return p * scale;
}

// An exponent above 0, also as so many quarters, or -1 where it is to be computed through the logarithm.
struct Exponent {
    float value;
    int quarters;
};

__device__ inline float power(float theta, const Exponent& exponent) {
    float x = fabsf(theta);
    if (exponent.quarters < 0) {
        // Zero and infinity are powers of themselves; NaN stays as well.
        return x > 0 && x <= 3.402823466e38f ? (float)exp2_of(log2_of(x) * exponent.value) : x;
    }
    int rest = exponent.quarters % 4;
    int whole = exponent.quarters / 4;
    float p = rest == 0 ? x : sqrtf(x);
    if (rest == 1) {
        p = sqrtf(p);
    }
    for (int i = rest == 0 ? 1 : 0; i < whole; i++) {
        p = x * p;
    }
    return p;
}

// Spaces of one launch, as in SgdStep.cu. Fields in order are what SignedPower.java passes.
constexpr int POWER_MEMBERS = 8;

struct PowerMember {
    const float* theta;
    float* target;  // the weights, or the gradients
    i64 count;
};

struct PowerGroup {
    PowerMember member[POWER_MEMBERS];
};

// weight = theta·|theta|^exponent. Moves 8 bytes per entry.
extern "C" __global__ void signed_power(PowerGroup group, int members, float to, int quarters) {
    await_previous();
    Exponent exponent = {to, quarters};
    for (int m = 0; m < members; m++) {
        const float* theta = group.member[m].theta;
        float* weight = group.member[m].target;
        i64 count = group.member[m].count;
        const float4* theta4 = reinterpret_cast<const float4*>(theta);
        float4* weight4 = reinterpret_cast<float4*>(weight);
        FOR_EACH_INDEX(quad, count / 4) {
            float4 t = theta4[quad];
            weight4[quad] = {t.x * power(t.x, exponent), t.y * power(t.y, exponent), t.z * power(t.z, exponent),
                             t.w * power(t.w, exponent)};
        }
        FOR_EACH_INDEX(i, count % 4) {
            i64 p = count - 1 - i;
            weight[p] = theta[p] * power(theta[p], exponent);
        }
    }
}

__device__ inline float chained(float g, float theta, float alpha, const Exponent& exponent) {
    return alpha * power(theta, exponent) * g;
}

// gradient *= alpha·|theta|^exponent. Moves 12 bytes per entry.
extern "C" __global__ void signed_power_gradient(
    PowerGroup group, int members, float to, int quarters, float alpha) {
    await_previous();
    Exponent exponent = {to, quarters};
    for (int m = 0; m < members; m++) {
        const float* theta = group.member[m].theta;
        float* gradient = group.member[m].target;
        i64 count = group.member[m].count;
        const float4* theta4 = reinterpret_cast<const float4*>(theta);
        float4* gradient4 = reinterpret_cast<float4*>(gradient);
        FOR_EACH_INDEX(quad, count / 4) {
            float4 t = theta4[quad];
            float4 g = gradient4[quad];
            gradient4[quad] = {chained(g.x, t.x, alpha, exponent), chained(g.y, t.y, alpha, exponent),
                               chained(g.z, t.z, alpha, exponent), chained(g.w, t.w, alpha, exponent)};
        }
        FOR_EACH_INDEX(i, count % 4) {
            i64 p = count - 1 - i;
            gradient[p] = chained(gradient[p], theta[p], alpha, exponent);
        }
    }
}
