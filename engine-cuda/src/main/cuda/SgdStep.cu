// SGD over the storage of spaces, in one pass. Dense-masked storage needs no mask: zero entries with zero gradient and
// momentum stay zero. The rate is read when the kernel runs. Terms the rule lacks are skipped, not multiplied by 0: their
// operands may hold anything. Moves 12 bytes per entry, 8 more with momentum, 4 more with an anchor.
#include "common.cuh"

// g + decay·t + pull·(t - anchor)
__device__ inline float direction(float t, float g, float decay, float pull, float anchor) {
    float d = decay == 0 ? g : fmaf(decay, t, g);
    return pull == 0 ? d : fmaf(pull, t - anchor, d);
}

__device__ inline float4 direction(float4 t, float4 g, float decay, float pull, float4 anchor) {
    return {direction(t.x, g.x, decay, pull, anchor.x), direction(t.y, g.y, decay, pull, anchor.y),
            direction(t.z, g.z, decay, pull, anchor.z), direction(t.w, g.w, decay, pull, anchor.w)};
}

// Spaces of one launch: a model has few large ones and many small, whose launches would cost more than their work. Every
// thread takes its share of each. Fields in order are what SgdStep.java passes.
constexpr int SGD_MEMBERS = 8;

struct SgdMember {
    float* theta;
    const float* gradient;
    float* velocity;      // null without momentum
    const float* anchor;  // null where pull is 0
    i64 count;
};

struct SgdGroup {
    SgdMember member[SGD_MEMBERS];
};

// theta -= rate·d
extern "C" __global__ void sgd_plain(SgdGroup group, int members, const float* rate, float decay, float pull) {
    await_previous();
    float step = -*rate;
    for (int m = 0; m < members; m++) {
        float* theta = group.member[m].theta;
        const float* gradient = group.member[m].gradient;
        const float* anchor = group.member[m].anchor;
        i64 count = group.member[m].count;
        float4* theta4 = reinterpret_cast<float4*>(theta);
        const float4* gradient4 = reinterpret_cast<const float4*>(gradient);
        const float4* anchor4 = reinterpret_cast<const float4*>(anchor);
        FOR_EACH_INDEX(quad, count / 4) {
            float4 t = theta4[quad];
            float4 d = direction(t, gradient4[quad], decay, pull, pull == 0 ? t : anchor4[quad]);
            theta4[quad] = {fmaf(step, d.x, t.x), fmaf(step, d.y, t.y), fmaf(step, d.z, t.z), fmaf(step, d.w, t.w)};
        }
        FOR_EACH_INDEX(i, count % 4) {
            i64 p = count - 1 - i;
            float t = theta[p];
            theta[p] = fmaf(step, direction(t, gradient[p], decay, pull, pull == 0 ? t : anchor[p]), t);
        }
    }
}

// v = factor·v + d, then theta -= rate·v, or with Nesterov rate·(d + factor·v).
__device__ inline float moved(float t, float d, float v, float step, float factor, bool nesterov) {
    return fmaf(step, nesterov ? fmaf(factor, v, d) : v, t);
}

extern "C" __global__ void sgd_momentum(
    SgdGroup group, int members, const float* rate, float decay, float pull, float factor, int nesterov) {
    await_previous();
    float step = -*rate;
    bool ahead = nesterov != 0;
    for (int m = 0; m < members; m++) {
        float* theta = group.member[m].theta;
        const float* gradient = group.member[m].gradient;
        float* velocity = group.member[m].velocity;
        const float* anchor = group.member[m].anchor;
        i64 count = group.member[m].count;
        float4* theta4 = reinterpret_cast<float4*>(theta);
        float4* velocity4 = reinterpret_cast<float4*>(velocity);
        const float4* gradient4 = reinterpret_cast<const float4*>(gradient);
        const float4* anchor4 = reinterpret_cast<const float4*>(anchor);
        FOR_EACH_INDEX(quad, count / 4) {
            float4 t = theta4[quad];
            float4 v = velocity4[quad];
            float4 d = direction(t, gradient4[quad], decay, pull, pull == 0 ? t : anchor4[quad]);
            v = {fmaf(factor, v.x, d.x), fmaf(factor, v.y, d.y), fmaf(factor, v.z, d.z), fmaf(factor, v.w, d.w)};
            velocity4[quad] = v;
            theta4[quad] = {moved(t.x, d.x, v.x, step, factor, ahead), moved(t.y, d.y, v.y, step, factor, ahead),
                            moved(t.z, d.z, v.z, step, factor, ahead), moved(t.w, d.w, v.w, step, factor, ahead)};
        }
        FOR_EACH_INDEX(i, count % 4) {
            i64 p = count - 1 - i;
            float t = theta[p];
            float d = direction(t, gradient[p], decay, pull, pull == 0 ? t : anchor[p]);
            float v = fmaf(factor, velocity[p], d);
            velocity[p] = v;
            theta[p] = moved(t, d, v, step, factor, ahead);
        }
    }
}
