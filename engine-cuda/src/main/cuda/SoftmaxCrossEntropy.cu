// Softmax and cross-entropy. A block takes 32 samples, one per lane; its eight warps deal the classes among them, so that
// loads are coalesced along the batch and ten classes still keep eight warps busy. Reads the logits three times, from cache
// after the first; writes 4 bytes per logit.
#include "common.cuh"

constexpr int SLICES = 8;
constexpr int NO_CLASS = 0x7fffffff;

// The largest logit of one sample among some classes, and the first class that has it. NaN is larger than all.
struct Best {
    float logit;
    int at;
};

__device__ inline Best better(Best a, Best b) {
    if (a.at == NO_CLASS || b.at == NO_CLASS) {
        return a.at == NO_CLASS ? b : a;
    }
    bool second = b.logit > a.logit || (b.logit == a.logit && b.at < a.at) || b.logit != b.logit;
    return second ? b : a;
}

// A sample whose label is not a class raises a fault, and counts in nothing. losses and rights take a partial sum per block
// of samples; where there is one block only it adds to the cells itself.
extern "C" __global__ void softmax_cross_entropy(
    const float* logits, int logits_ld, const int* labels, float* gradient, int gradient_ld, int classes, int batch,
    double* losses, int* rights, float* loss_sum, float* correct, int* fault) {
    await_previous();
    __shared__ Best bests[SLICES][WARP];
    __shared__ float sums[SLICES][WARP];
    int lane = lane_index();
    int slice = warp_index();
    int groups = (batch + WARP - 1) / WARP;
    for (int group = (int)blockIdx.x; group < groups; group += (int)gridDim.x) {
        int column = group * WARP + lane;
        bool live = column < batch;
        int label = live ? labels[column] : -1;
        bool known = label >= 0 && label < classes;
        if (live && !known) {
            report_fault(fault, FAULT_LABEL);
        }

        const float* in = logits + column;
        // Read before the second barrier: after it, another warp may put the gradient there.
        float own = known ? in[(i64)label * logits_ld] : 0.0f;
        Best best = {0.0f, NO_CLASS};
        for (int c = slice; live && c < classes; c += SLICES) {
            best = better(best, {in[(i64)c * logits_ld], c});
        }
        bests[slice][lane] = best;
        __syncthreads();
        for (int s = 0; s < SLICES; s++) {
            best = s == 0 ? bests[0][lane] : better(best, bests[s][lane]);
        }

        float sum = 0.0f;
        for (int c = slice; live && c < classes; c += SLICES) {
            sum += expf(in[(i64)c * logits_ld] - best.logit);
        }
        sums[slice][lane] = sum;
        __syncthreads();
        sum = sums[0][lane];
        for (int s = 1; s < SLICES; s++) {
            sum += sums[s][lane];
        }

        if (slice == 0) {
            double loss = warp_sum(known ? log((double)sum) + ((double)best.logit - (double)own) : 0.0);
            int right = warp_sum(known && best.logit == best.logit && best.at == label ? 1 : 0);
            if (lane == 0 && groups == 1) {
                *loss_sum = (float)((double)*loss_sum + loss);
                *correct += (float)right;
            } else if (lane == 0) {
                losses[group] = loss;
                rights[group] = right;
            }
        }
        for (int c = slice; gradient != nullptr && live && c < classes; c += SLICES) {
            float softmax = expf(in[(i64)c * logits_ld] - best.logit) / sum;
            gradient[(i64)c * gradient_ld + column] = (softmax - (c == label ? 1.0f : 0.0f)) / (float)batch;
        }
    }
}

// Adds the partial sums to the cells, by one block of 256.
extern "C" __global__ void softmax_cross_entropy_total(
    const double* losses, const int* rights, int groups, float* loss_sum, float* correct) {
    await_previous();
    double loss = 0;
    int right = 0;
    for (int group = (int)threadIdx.x; group < groups; group += 256) {
        loss += losses[group];
        right += rights[group];
    }
    loss = block_sum(loss);
    right = block_sum(right);
    if (threadIdx.x == 0) {
        *loss_sum = (float)((double)*loss_sum + loss);
        *correct += (float)right;
    }
}

// gradientDot = p ⊙ (logitsDot - sum of p·logitsDot) / batch, a thread per sample. Reads 8 bytes per logit three times, from
// cache after the first; writes 4.
extern "C" __global__ void softmax_cross_entropy_tangent(
    const float* logits, int logits_ld, const float* logits_dot, int dot_ld, float* gradient_dot, int gradient_ld,
    int classes, int batch) {
    await_previous();
    FOR_EACH_INDEX(column, batch) {
        float best = logits[column];
        for (int c = 1; c < classes; c++) {
            best = fmaxf(best, logits[(i64)c * logits_ld + column]);
        }
        float sum = 0.0f;
        float mean = 0.0f;
        for (int c = 0; c < classes; c++) {
            float e = expf(logits[(i64)c * logits_ld + column] - best);
            sum += e;
            mean = fmaf(e, logits_dot[(i64)c * dot_ld + column], mean);
        }
        mean /= sum;
        for (int c = 0; c < classes; c++) {
            float softmax = expf(logits[(i64)c * logits_ld + column] - best) / sum;
            float centred = logits_dot[(i64)c * dot_ld + column] - mean;
            gradient_dot[(i64)c * gradient_ld + column] = softmax / (float)batch * centred;
        }
    }
}
