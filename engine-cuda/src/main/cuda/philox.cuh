// The counter-based generator Philox4x32-10 (engine-api, dev.gossamer.engine.random.Philox).
#pragma once
#include "common.cuh"

// In device memory; CudaWorkspace writes it.
struct RandomStream {
    u32 key_low;
    u32 key_high;
    u32 step;
    u32 unused;
};

struct RandomWords {
    u32 x, y, z, w;
};

// The four words of one counter.
__device__ inline RandomWords philox(RandomStream stream, u64 index, int site) {
    u32 c0 = (u32)index;
    u32 c1 = (u32)(index >> 32);
    u32 c2 = stream.step;
    u32 c3 = (u32)site;
    u32 k0 = stream.key_low;
    u32 k1 = stream.key_high;
    for (int round = 0; round < 10; round++) {
        u64 p0 = 0xD2511F53ull * c0;
        u64 p1 = 0xCD9E8D57ull * c2;
        c0 = (u32)(p1 >> 32) ^ c1 ^ k0;
        c1 = (u32)p1;
        c2 = (u32)(p0 >> 32) ^ c3 ^ k1;
        c3 = (u32)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return {c0, c1, c2, c3};
}
