// Kernels that show whether the emulator does what it says; EmulatorTest launches them.

extern "C" __constant__ float weights[4] = {1.0f, 2.0f, 3.0f, 4.0f};

// Sums each block's part of x by a tree with barriers.
extern "C" __global__ void __launch_bounds__(256) tree_sum(const float* x, float* sums, int n) {
    __shared__ float part[256];
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    part[threadIdx.x] = i < n ? x[i] : 0.0f;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) {
            part[threadIdx.x] += part[threadIdx.x + half];
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        sums[blockIdx.x] = part[0];
    }
}

// Reverses a block through shared memory, without the barrier that it needs.
extern "C" __global__ void reverse_without_barrier(const float* x, float* y) {
    __shared__ float copy[256];
    copy[threadIdx.x] = x[threadIdx.x];
    y[threadIdx.x] = copy[blockDim.x - 1 - threadIdx.x];
}

// Running sums within each warp.
template <typename T>
__device__ T warp_scan(T value) {
    for (unsigned apart = 1; apart < warpSize; apart *= 2) {
        T below = __shfl_up_sync(0xffffffffu, value, apart);
        if (threadIdx.x % warpSize >= apart) {
            value += below;
        }
    }
    return value;
}

extern "C" __global__ void scan(const int* x, int* y, unsigned long long* wide) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    y[i] = warp_scan(x[i]);
    wide[i] = warp_scan((unsigned long long)x[i] << 32);
}

// One word per warp with the signs, and the last lane's value by three other shuffles.
extern "C" __global__ void votes(const float* x, unsigned* words, float* last) {
    float value = x[threadIdx.x];
    unsigned word = __ballot_sync(0xffffffffu, value > 0.0f);
    float from_last = __shfl_sync(0xffffffffu, value, 31);
    float mirrored = __shfl_xor_sync(0xffffffffu, value, 31);
    float next = __shfl_down_sync(0xffffffffu, value, 1);
    int any = __any_sync(0xffffffffu, value > 0.0f);
    int all = __all_sync(0xffffffffu, value > 0.0f);
    int count = __syncthreads_count(value > 0.0f);
    if (threadIdx.x % warpSize == 0) {
        int warp = threadIdx.x / warpSize;
        words[4 * warp] = word;
        words[4 * warp + 1] = any;
        words[4 * warp + 2] = all;
        words[4 * warp + 3] = count;
        last[3 * warp] = from_last;
        last[3 * warp + 1] = mirrored;
        last[3 * warp + 2] = next;
    }
}

extern "C" __global__ void histogram(const int* x, int n, unsigned* counts, int* largest) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
        atomicAdd(&counts[x[i] & 3], 1u);
        atomicMax(largest, x[i]);
    }
}

extern "C" __global__ void scale(float* x, float by, long long n) {
    for (long long i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
        x[i] = fmaf(by, x[i], weights[i & 3]) - weights[i & 3];
    }
}

extern "C" __global__ void write_at(float* x, long long index) {
    x[index] = 1.0f;
}

extern "C" __global__ void read_quad(const float* x, float* y) {
    const float4 quad = *reinterpret_cast<const float4*>(x);
    y[0] = quad.x + quad.w;
}

extern "C" __global__ void shared_index(float* x, int shift) {
    __shared__ float part[32];
    part[threadIdx.x + shift] = 1.0f;
    __syncwarp();
    x[threadIdx.x] = part[threadIdx.x];
}

extern "C" __global__ void diverge(int* x) {
    if (threadIdx.x < 16) {
        __syncthreads();
        x[threadIdx.x] = 1;
    } else {
        __syncthreads();
        x[threadIdx.x] = 2;
    }
}

extern "C" __global__ void leave_early(int* x, int n) {
    if (threadIdx.x >= n) {
        return;
    }
    __syncthreads();
    x[threadIdx.x] = 1;
}

extern "C" __global__ void half_a_warp(int* x) {
    if (threadIdx.x < 16) {
        x[threadIdx.x] = __shfl_sync(0xffffffffu, x[threadIdx.x], 0);
    }
}

extern "C" __global__ void wait_for_each_other(int* x) {
    if (threadIdx.x < 32) {
        __syncthreads();
    } else if (threadIdx.x == 32) {
        __syncwarp();
    } else {
        __syncthreads();
    }
    x[threadIdx.x] = 1;
}

extern "C" __global__ void check(int value) {
    assert(value == 1);
}

template <typename T>
__device__ T* shared_of_template() {
    __shared__ T words[32];
    return words;
}

// Whether shared memory, of each kind that there is, holds garbage when a block begins.
extern "C" __global__ void fresh_shared(int* garbage) {
    __shared__ unsigned fixed[32];
    DYNAMIC_SHARED(unsigned, dynamic);
    unsigned* kinds[3] = {fixed, dynamic, shared_of_template<unsigned>()};
    for (unsigned* words : kinds) {
        if (words[threadIdx.x] == 0xffffffffu) {
            atomicAdd(garbage, 1);
        }
        words[threadIdx.x] = 0;
    }
}

#define FILL(name, type)                              \
    extern "C" __global__ void name(type* x, type value) { \
        x[threadIdx.x] = value;                       \
    }
FILL(fill_int, int)
