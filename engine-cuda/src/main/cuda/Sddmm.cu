// gw = alpha·(gy·xᵀ on the entries of a pattern) + beta·gw. A group of LANES lanes sums an octet, up to eight entries of one
// row, at once, four columns a lane: what it loads of gy serves eight products. Where octets are too few to fill the device,
// their columns are cut into parts, which sddmm_total adds in order; how they are cut depends on shapes and device alone.
// Bound: 4 bytes of x from L1 or L2 for each product. The groups of a block meet in L1 what the others have brought there.
#pragma once
#include "BiasGradient.cu"
#include "common.cuh"

constexpr int OCTET = 8;  // as RowPieces.OCTET

// What a group needs to know, by one trip to memory; columns beyond the count are the first.
struct alignas(16) SddmmOctet {
    int row, first, count, unused;
    int4 low, high;  // columns
};

// Fields in order are what Sddmm.java passes.
struct SddmmPattern {
    const int* col_idx;
    const int* row_idx;
    const SddmmOctet* octets;
    i64 nnz;
    i64 count;  // of octets
};

// Factors, and where the sums go: to gw, or with several parts to partial[part·nnz + entry].
struct SddmmTerms {
    const float* gy;
    const float* x;
    float* gw;
    float* partial;
    int gy_ld, x_ld;
    int batch, width;  // columns in all, and of a part
    int parts, unused;
    float alpha, beta;
};

// Sums of the rows of gy, which go along: gb as BiasGradient.cu has it, with beta of the other product; no channels for none.
struct SddmmBias {
    float* gb;
    const u32* bits;
    i64 channels;
};

// Columns of a part: whole quads up to `whole`, single ones up to `to`.
struct SddmmColumns {
    int from, whole, to;
};

__device__ inline SddmmColumns sddmm_columns(const SddmmTerms& t, int part) {
    int from = part * t.width;
    int to = from + t.width < t.batch ? from + t.width : t.batch;
    return {from, to / 4 * 4, to};
}

__device__ inline float4 sddmm_load(const float* row, int column) {
    return *reinterpret_cast<const float4*>(row + column);
}

__device__ inline float dot(float4 a, float4 b, float sum) {
    return fmaf(a.w, b.w, fmaf(a.z, b.z, fmaf(a.y, b.y, fmaf(a.x, b.x, sum))));
}

__device__ inline void sddmm_put(const SddmmTerms& t, i64 entry, float sum) {
    t.gw[entry] = t.beta == 0 ? t.alpha * sum : fmaf(t.beta, t.gw[entry], t.alpha * sum);
}

// The sums of a lane, of rows that begin so many floats into gy and x. Loads are under way while those before are summed.
template <int LANES>
__device__ inline void sddmm_sum_ahead(
    const SddmmTerms& t, int& column, int whole, u32 gy_row, const u32 (&x_rows)[OCTET], float (&sum)[OCTET]) {
    float4 gy = {0.0f, 0.0f, 0.0f, 0.0f};
    float4 x[OCTET] = {};
    if (column < whole) {
        gy = sddmm_load(t.gy + gy_row, column);
#pragma unroll
        for (int k = 0; k < OCTET; k++) {
            x[k] = sddmm_load(t.x + x_rows[k], column);
        }
    }
#pragma unroll 1
    while (column < whole) {
        column += LANES * 4;
        bool more = column < whole;
        float4 now = gy;
        if (more) {
            gy = sddmm_load(t.gy + gy_row, column);
        }
#pragma unroll
        for (int k = 0; k < OCTET; k++) {
            sum[k] = dot(now, x[k], sum[k]);
            if (more) {
                x[k] = sddmm_load(t.x + x_rows[k], column);
            }
        }
    }
}

// The same by fewer registers: other warps compute meanwhile.
template <int LANES>
__device__ inline void sddmm_sum_in_turn(
    const SddmmTerms& t, int& column, int whole, u32 gy_row, const u32 (&x_rows)[OCTET], float (&sum)[OCTET]) {
#pragma unroll 1
    for (; column < whole; column += LANES * 4) {
        float4 gy = sddmm_load(t.gy + gy_row, column);
        float4 x[OCTET];
#pragma unroll
        for (int k = 0; k < OCTET; k++) {
            x[k] = sddmm_load(t.x + x_rows[k], column);
        }
#pragma unroll
        for (int k = 0; k < OCTET; k++) {
            sum[k] = dot(gy, x[k], sum[k]);
        }
    }
}

template <int LANES, bool AHEAD>
__device__ inline void sddmm_sum(
    const SddmmTerms& t, const SddmmColumns& columns, u32 gy_row, const u32 (&x_rows)[OCTET], float (&sum)[OCTET]) {
    int column = columns.from + lane_index() % LANES * 4;
    if constexpr (AHEAD) {
        sddmm_sum_ahead<LANES>(t, column, columns.whole, gy_row, x_rows, sum);
    } else {
        sddmm_sum_in_turn<LANES>(t, column, columns.whole, gy_row, x_rows, sum);
    }
    // What is left of a last quad, one column a lane.
    if (column = columns.whole + lane_index() % LANES; column < columns.to) {
#pragma unroll
        for (int k = 0; k < OCTET; k++) {
            sum[k] = fmaf(t.gy[gy_row + column], t.x[x_rows[k] + column], sum[k]);
        }
    }
}

// Adds each of eight numbers over the lanes of a group, halving what a lane holds as long as it holds several. Returns which
// of them this lane then has in sum[0].
template <int LANES>
__device__ inline int sddmm_add_lanes(float (&sum)[OCTET]) {
    static_assert(LANES >= OCTET, "a lane would hold several");
    int number = 0;
#pragma unroll
    for (int apart = 1, held = OCTET / 2; apart < OCTET; apart *= 2, held /= 2) {
        bool upper = (lane_index() & apart) != 0;
#pragma unroll
        for (int i = 0; i < held; i++) {
            float own = upper ? sum[i + held] : sum[i];
            float other = upper ? sum[i] : sum[i + held];
            sum[i] = own + __shfl_xor_sync(ALL_LANES, other, apart);
        }
        number += upper ? held : 0;
    }
#pragma unroll
    for (int apart = OCTET; apart < LANES; apart *= 2) {
        sum[0] += __shfl_xor_sync(ALL_LANES, sum[0], apart);
    }
    return number;
}

// A warp per channel, the last of the blocks first: they have the fewest entries, or none. Bits are those of bias_gradient_warps.
__device__ inline void sddmm_bias(const SddmmTerms& t, const SddmmBias& bias, const Blocks& blocks) {
    i64 warps = thread_count(blocks) / WARP;
    for (i64 channel = warps - 1 - thread_index(blocks) / WARP; channel < bias.channels; channel += warps) {
        float sum = warp_sum(quad_sums(t.gy + channel * t.gy_ld, t.gy_ld, 1, t.batch, lane_index(), WARP));
        if (lane_index() == 0) {
            put_sum(sum, t.beta, bias.gb, bias.bits, (int)channel);
        }
    }
}

template <int LANES, bool AHEAD>
__device__ inline void sddmm(const SddmmPattern& c, const SddmmTerms& t, const Blocks& blocks) {
    const u32 items = (u32)c.count * (u32)t.parts;
    // All lanes of a warp go the same rounds, as they shuffle.
    for (u32 first = 0; first < items; first += (u32)(thread_count(blocks) / LANES)) {
        u32 item = first + (u32)(thread_index(blocks) / LANES);
        if (first + (u32)(thread_index(blocks) / WARP * (WARP / LANES)) >= items) {
            break;  // this warp has none
        }
        Place at = {0, (int)(item < items ? item : items - 1)};
        if (t.parts > 1) {
            at = place(at.at, (int)c.count);
        }
        const SddmmOctet octet = c.octets[at.at];
        const int cols[OCTET] = {octet.low.x,  octet.low.y,  octet.low.z,  octet.low.w,
                                 octet.high.x, octet.high.y, octet.high.z, octet.high.w};
        u32 x_rows[OCTET];
#pragma unroll
        for (int k = 0; k < OCTET; k++) {
            x_rows[k] = (u32)cols[k] * (u32)t.x_ld;
        }
        float sum[OCTET] = {};
        sddmm_sum<LANES, AHEAD>(t, sddmm_columns(t, at.row), (u32)octet.row * (u32)t.gy_ld, x_rows, sum);
        int number = sddmm_add_lanes<LANES>(sum);
        if (item >= items || lane_index() % LANES >= OCTET || number >= octet.count) {
            continue;
        }
        i64 entry = octet.first + number;
        if (t.parts > 1) {
            t.partial[at.row * c.nnz + entry] = sum[0];
        } else {
            sddmm_put(t, entry, sum[0]);
        }
    }
}

// Blocks of sddmm_large_32 of a multiprocessor among which registers are dealt: where they would spill one, and it is not used.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ == 900
constexpr int LARGE_BLOCKS = 2;
#else
constexpr int LARGE_BLOCKS = 1;
#endif

// Columns up to 32, 64 and 128 at a time.

extern "C" __global__ void __launch_bounds__(512, LARGE_BLOCKS) sddmm_large_32(
    SddmmPattern c, SddmmTerms t, SddmmBias bias) {
    await_previous();
    sddmm<8, false>(c, t, all_blocks());
    sddmm_bias(t, bias, all_blocks());
}

extern "C" __global__ void __launch_bounds__(128) sddmm_32(SddmmPattern c, SddmmTerms t, SddmmBias bias) {
    await_previous();
    sddmm<8, true>(c, t, all_blocks());
    sddmm_bias(t, bias, all_blocks());
}

extern "C" __global__ void __launch_bounds__(256) sddmm_64(SddmmPattern c, SddmmTerms t, SddmmBias bias) {
    await_previous();
    sddmm<16, true>(c, t, all_blocks());
    sddmm_bias(t, bias, all_blocks());
}

extern "C" __global__ void __launch_bounds__(256) sddmm_128(SddmmPattern c, SddmmTerms t, SddmmBias bias) {
    await_previous();
    sddmm<32, true>(c, t, all_blocks());
    sddmm_bias(t, bias, all_blocks());
}

// Few columns, whatever their alignment: a thread per entry.
extern "C" __global__ void __launch_bounds__(128) sddmm_few(SddmmPattern c, SddmmTerms t) {
    await_previous();
    FOR_EACH_INDEX(entry, c.nnz) {
        const float* gy_row = t.gy + (i64)c.row_idx[entry] * t.gy_ld;
        const float* x_row = t.x + (i64)c.col_idx[entry] * t.x_ld;
        float sum = 0.0f;
        for (int column = 0; column < t.batch; column++) {
            sum = fmaf(gy_row[column], x_row[column], sum);
        }
        sddmm_put(t, entry, sum);
    }
}

// Adds up the parts. Reads 4 bytes per part and entry.
extern "C" __global__ void sddmm_total(SddmmPattern c, SddmmTerms t) {
    await_previous();
    FOR_EACH_INDEX(entry, c.nnz) {
        float sum = 0.0f;
        for (int part = 0; part < t.parts; part++) {
            sum += t.partial[part * c.nnz + entry];
        }
        sddmm_put(t, entry, sum);
    }
}
