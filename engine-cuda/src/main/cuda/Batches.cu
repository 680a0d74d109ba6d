// Batches from bytes: samples lie image by image, activations pixel by pixel. A block transposes tiles of 32 samples by 32
// pixels through shared memory. Reads a byte and writes 4 per pixel. The last block to be done also takes the classes and moves the
// position on.
#include "common.cuh"
#include "philox.cuh"

constexpr int TILE = 32;
// Nine words, odd: lanes that read one pixel of 32 samples meet 32 banks.
constexpr int TILE_STRIDE = 36;

// Where in the order the batch begins, or -1 and a fault if it is not wholly inside. Positions count in f32, exactly up to
// 2^24 samples.
__device__ inline i64 begin_of_batch(const float* position, int batch, int capacity, int* fault) {
    float at = *position;
    if (at >= 0 && (double)at + batch <= (double)capacity) {
        return (i64)at;
    }
    report_fault(fault, FAULT_POSITION);
    return -1;
}

// The sample in place `at` of the order, or -1 and a fault if there is no such sample.
__device__ inline i64 sample_at(const int* order, i64 at, i64 samples, int* fault) {
    int sample = order[at];
    if (sample >= 0 && sample < samples) {
        return sample;
    }
    report_fault(fault, FAULT_SAMPLE);
    return -1;
}

// Random crop and flip of the pixels; `stream` is null for none. Fields in order are what Batches.java passes.
struct Augmentation {
    const RandomStream* stream;
    int site;
    int padding;
    int flip;
    int height;
    int width;
};

// How one sample is cut and mirrored.
struct Crop {
    int down, right;
    bool mirrored;
};

__device__ inline int offset_of(u32 word, int padding) {
    return (int)((u64)word * (2 * (u64)padding + 1) >> 32) - padding;
}

__device__ inline Crop crop_of(const Augmentation& how, i64 position) {
    if (how.stream == nullptr) {
        return {0, 0, false};
    }
    RandomWords drawn = philox(*how.stream, (u64)position, how.site);
    return {offset_of(drawn.x, how.padding), offset_of(drawn.y, how.padding), how.flip != 0 && drawn.z >> 31 != 0};
}

// The pixel of a sample that is seen at pixel f, -1 for black.
__device__ inline int pixel_seen(const Augmentation& how, Crop crop, int f) {
    if (how.stream == nullptr) {
        return f;
    }
    Point at = point_of(f, how.height, how.width);
    i64 y = (i64)at.y + crop.down;
    i64 x = (i64)(crop.mirrored ? how.width - 1 - at.x : at.x) + crop.right;
    bool inside = y >= 0 && y < how.height && x >= 0 && x < how.width;
    return inside ? (at.channel * how.height + (int)y) * how.width + (int)x : -1;
}

// What comes after the last pixels of a batch. Fields in order are what Batches.java passes.
struct BatchEnd {
    const unsigned char* classes;
    int* labels;   // null where other launches of the batch follow
    u32* arrived;  // 0, and so again in the end
};

// Whether all other blocks have been here; every thread of the block gets the answer.
__device__ inline bool is_last_block(u32* arrived) {
    __shared__ bool last;
    __syncthreads();  // what this block reads is read
    if (threadIdx.x == 0) {
        last = atomicAdd(arrived, 1u) + 1 == gridDim.x;
        if (last) {
            *arrived = 0;
        }
    }
    __syncthreads();
    return last;
}

// x[f, j] = fma(pixel f of sample order[position + j], scale, shift), for the planes of up to four channels: features
// first .. first + channels·plane - 1. Four channels a launch, their numbers by value: a table on the device would need an
// upload, which a recorded step must not have.
extern "C" __global__ void batches_gather(
    const unsigned char* images, i64 samples, int pixels, const int* order, int capacity, float* position, float* x,
    int ld, int batch, int first, int channels, int plane, float scale0, float scale1, float scale2, float scale3,
    float shift0, float shift1, float shift2, float shift3, Augmentation how, BatchEnd end, int* fault) {
    await_previous();
    __shared__ unsigned char tile[TILE][TILE_STRIDE];
    i64 begin = begin_of_batch(position, batch, capacity, fault);
    if (begin < 0) {
        return;  // all blocks do
    }
    int lane = lane_index();
    int warps = (int)(blockDim.x / WARP);
    int here = channels * plane;
    int across = (batch + TILE - 1) / TILE;
    i64 tiles = (i64)across * ((here + TILE - 1) / TILE);
    for (i64 t = blockIdx.x; t < tiles; t += gridDim.x) {
        Place at = place(t, across);
        int row = at.row * TILE;
        int column = at.at * TILE;
        for (int j = warp_index(); j < TILE; j += warps) {
            if (column + j < batch && row + lane < here) {
                i64 position = begin + column + j;
                i64 sample = sample_at(order, position, samples, fault);
                int pixel = pixel_seen(how, crop_of(how, position), first + row + lane);
                tile[j][lane] = sample < 0 || pixel < 0 ? (unsigned char)0 : images[sample * pixels + pixel];
            }
        }
        __syncthreads();
        for (int i = warp_index(); i < TILE; i += warps) {
            if (column + lane < batch && row + i < here) {
                int channel = (row + i) / plane;
                float scale = channel < 2 ? (channel == 0 ? scale0 : scale1) : (channel == 2 ? scale2 : scale3);
                float shift = channel < 2 ? (channel == 0 ? shift0 : shift1) : (channel == 2 ? shift2 : shift3);
                x[(i64)(first + row + i) * ld + column + lane] = fmaf((float)tile[lane][i], scale, shift);
            }
        }
        __syncthreads();
    }
    if (end.labels != nullptr && is_last_block(end.arrived)) {
        for (int j = (int)threadIdx.x; j < batch; j += (int)blockDim.x) {
            i64 sample = sample_at(order, begin + j, samples, fault);
            end.labels[j] = sample < 0 ? 0 : (int)end.classes[sample];
        }
        if (threadIdx.x == 0) {
            *position = (float)(begin + batch);
        }
    }
}
