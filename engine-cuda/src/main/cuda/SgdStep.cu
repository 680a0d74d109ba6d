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

// Spaces of one launch: a model has few large ones and many small, whose launches would cost more than their work. Their quads
// count as one sequence, of which every thread takes its share, so that small spaces fall to different blocks. Fields in order are
// what SgdStep.java passes.
constexpr int SGD_MEMBERS = 32;

struct SgdMember {
    float* theta;
    const float* gradient;
    float* velocity;      // null without momentum
    const float* anchor;  // null where pull is 0
    i64 count;
    i64 end;  // of its quads in the sequence; a last one may be cut off
};

struct SgdGroup {
    SgdMember member[SGD_MEMBERS];
};

// f(member, quad of it)
template <typename F>
__device__ inline void for_each_quad_of(const SgdGroup& group, int members, F f) {
    int m = 0;
    i64 begin = 0;
    for (i64 at = thread_index(); at < group.member[members - 1].end; at += thread_count()) {
        while (at >= group.member[m].end) {
            begin = group.member[m++].end;
        }
        f(group.member[m], at - begin);
    }
}

// theta -= rate·d
extern "C" __global__ void sgd_plain(SgdGroup group, int members, const float* rate, float decay, float pull) {
    await_previous();
    float step = -*rate;
    for_each_quad_of(group, members, [&](const SgdMember& space, i64 quad) {
        if (4 * quad + 4 <= space.count) {
            float4* theta = reinterpret_cast<float4*>(space.theta) + quad;
            float4 t = *theta;
            float4 anchor = pull == 0 ? t : reinterpret_cast<const float4*>(space.anchor)[quad];
            float4 d = direction(t, reinterpret_cast<const float4*>(space.gradient)[quad], decay, pull, anchor);
            *theta = {fmaf(step, d.x, t.x), fmaf(step, d.y, t.y), fmaf(step, d.z, t.z), fmaf(step, d.w, t.w)};
            return;
        }
        for (i64 p = 4 * quad; p < space.count; p++) {
            float t = space.theta[p];
            float d = direction(t, space.gradient[p], decay, pull, pull == 0 ? t : space.anchor[p]);
            space.theta[p] = fmaf(step, d, t);
        }
    });
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
    for_each_quad_of(group, members, [&](const SgdMember& space, i64 quad) {
        if (4 * quad + 4 <= space.count) {
            float4* theta = reinterpret_cast<float4*>(space.theta) + quad;
            float4* velocity = reinterpret_cast<float4*>(space.velocity) + quad;
            float4 t = *theta;
            float4 v = *velocity;
            float4 anchor = pull == 0 ? t : reinterpret_cast<const float4*>(space.anchor)[quad];
            float4 d = direction(t, reinterpret_cast<const float4*>(space.gradient)[quad], decay, pull, anchor);
            v = fma4(factor, v, d);
            *velocity = v;
            *theta = {moved(t.x, d.x, v.x, step, factor, ahead), moved(t.y, d.y, v.y, step, factor, ahead),
                      moved(t.z, d.z, v.z, step, factor, ahead), moved(t.w, d.w, v.w, step, factor, ahead)};
            return;
        }
        for (i64 p = 4 * quad; p < space.count; p++) {
            float t = space.theta[p];
            float d = direction(t, space.gradient[p], decay, pull, pull == 0 ? t : space.anchor[p]);
            float v = fmaf(factor, space.velocity[p], d);
            space.velocity[p] = v;
            space.theta[p] = moved(t, d, v, step, factor, ahead);
        }
    });
}
