// Convolutions by packed or selected weights: a warp has one channel and a patch of 32·QUADS quads of (position, batch), and
// walks through the channel's entries. Where rows are not of whole quads, as those of one image, it has single columns instead. The warps of a block, and blocks that follow each other, have other channels of the same
// patch: they meet in L1 what the others have brought there, and a patch is near a square so that its rim is small. Bound: four
// wavefronts of L1 for sixteen products a lane, a quarter of the machine's.
#include "ConvolutionTaps.cuh"
#include "common.cuh"

// What is done to a quad of columns, and to a single one.

template <typename V>
constexpr int COLUMNS = sizeof(V) / sizeof(float);

// beta·old.
template <typename V>
__device__ inline V old_of(const Output& y, int row, int at) {
    if constexpr (COLUMNS<V> == 4) {
        return old_quad(y, row, at);
    } else {
        return old_number(y, row, at);
    }
}

__device__ inline void put(const Output& y, int row, int quad, float4 v) {
    put_quad(y, row, quad, v);
}

__device__ inline void put(const Output& y, int row, int column, float v) {
    put_number(y, row, column, v);
}

// Loads where `there`, else leaves what it likes. Volatile, or it might come before await_previous; not .nc, which may give what
// was there before the kernel began.
template <typename V>
__device__ inline V load_where(bool there, const float* from) {
#if defined(__CUDA_ARCH__)
    V v;
    if constexpr (COLUMNS<V> == 4) {
        asm volatile(
            "{\n\t.reg .pred there;\n\tsetp.ne.s32 there, %5, 0;\n\t"
            "@there ld.global.v4.f32 {%0, %1, %2, %3}, [%4];\n\t}"
            : "=f"(v.x), "=f"(v.y), "=f"(v.z), "=f"(v.w)
            : "l"(from), "r"((int)there));
    } else {
        asm volatile(
            "{\n\t.reg .pred there;\n\tsetp.ne.s32 there, %2, 0;\n\t@there ld.global.f32 %0, [%1];\n\t}"
            : "=f"(v)
            : "l"(from), "r"((int)there));
    }
    return v;
#else
    return there ? *reinterpret_cast<const V*>(from) : V{};
#endif
}

struct alignas(16) Entry {
    i64 offset;  // in bytes, from where tap 0 of channel 0 lies
    u32 tap;     // its bit
    float weight;
};

// A patch has 2^quad_bits quads of the batch and 2^width_bits columns, and as many lines as there is room for.
struct Patch {
    int quad_bits, width_bits;

    // Where slot `slot` of patch `index` of the target lies; patches go through columns, lines and batch.
    struct Slot {
        int line, column, quad;
    };
    __device__ int columns(int width) const { return ((width - 1) >> width_bits) + 1; }
    __device__ int lines(int height, int slots) const {
        int bits = quad_bits + width_bits;
        return ceil_div32(height, slots >> bits);
    }
    __device__ int batches(int batch_quads) const { return ((batch_quads - 1) >> quad_bits) + 1; }
    __device__ Slot at(Point patch, int slot, int slots) const {
        int position = slot >> quad_bits;
        return {patch.y * (slots >> (quad_bits + width_bits)) + (position >> width_bits),
                (patch.x << width_bits) + (position & ((1 << width_bits) - 1)),
                (patch.channel << quad_bits) + (slot & ((1 << quad_bits) - 1))};
    }
};

// The first of positions from..end-1 whose channel is at least `channel`; they ascend by it.
template <typename F>
__device__ inline int first_of_channel(int from, int end, int channel, F channel_of) {
    while (from < end) {
        int middle = from + (end - from) / 2;
        if (channel_of(middle) < channel) {
            from = middle + 1;
        } else {
            end = middle;
        }
    }
    return from;
}

// Packed weights as the targets meet them: those of target channel c are ptr[c] .. ptr[c+1]-1, backward through `entries`.
struct Packed {
    const int* ptr;
    const int* entries;
    const int* row_idx;
    const int* col_idx;
    const float* w;
};

// V: float4, or float where a lane has single columns; all that is said of quads is then said of these.
template <typename V, int WARPS, int QUADS, int UNROLL, bool BACK>
__device__ inline void convolve_entries(
    const Geometry& g, const Packed& w, Patch patch, const float* x, int x_ld, const Output& y, const Ending& ending,
    int parts) {
    constexpr int SLOTS = WARP * QUADS;
    __shared__ Entry staged[WARPS][WARP];
    __shared__ V sums[WARPS][WARP];
    __shared__ Taps taps;  // here, as registers are short
    const int warp = warp_index(), lane = lane_index();
    const int batch_quads = ceil_div32(y.batch, COLUMNS<V>);
    const int classes = BACK ? g.stride * g.stride : 1;
    const int group = WARPS / parts;
    const int groups = ceil_div32(BACK ? g.in_channels : g.out_channels, group);
    const int columns = patch.columns(BACK ? ceil_div32(g.in_width, g.stride) : g.out_width);
    const int lines = patch.lines(BACK ? ceil_div32(g.in_height, g.stride) : g.out_height, SLOTS);
    const int patches = columns * lines * patch.batches(batch_quads);
    const int part = warp % parts;
    const int part_channels = ceil_div32(BACK ? g.out_channels : g.in_channels, parts);
    const i64 blocks = (i64)groups * patches * classes;

    for (i64 block = blockIdx.x; block < blocks; block += gridDim.x) {
        const Place by_group = place(block, groups);
        const Place by_patch = place32(by_group.row, patches);
        __syncthreads();  // the block before is done with
        if (threadIdx.x == 0) {
            taps = taps_of<BACK>(g, by_patch.row);
        }
        __syncthreads();
        const Point of_patch = point_of(by_patch.at, lines, columns);
        const int channel = by_group.at * group + warp / parts;
        const bool has_channel = channel < taps.targets;
        // f(i, row, quad, slot) for the quads of this lane that are of the output.
        auto for_each_slot = [&](auto f) {
#pragma unroll
            for (int i = 0; i < QUADS; i++) {
                Patch::Slot at = patch.at(of_patch, i * WARP + lane, SLOTS);
                if (has_channel && at.line < taps.y.targets && at.column < taps.x.targets && at.quad < batch_quads) {
                    f(i, channel * taps.target_plane + taps.target_row(at.line, at.column), at);
                }
            }
        };

        const float* from[QUADS];
        u32 met[QUADS];
        V sum[QUADS];
#pragma unroll
        for (int i = 0; i < QUADS; i++) {
            from[i] = x;
            met[i] = 0;
            sum[i] = {};
        }
        for_each_slot([&](int i, int row, Patch::Slot at) {
            met[i] = taps.met(at.line, at.column);
            from[i] = x + (i64)taps.source_row(at.line, at.column) * x_ld + COLUMNS<V> * at.quad;
            if (part == 0) {
                sum[i] = old_of<V>(y, row, at.quad);
            }
        });

        int begin = has_channel ? w.ptr[channel] : 0;
        int end = has_channel ? w.ptr[channel + 1] : 0;
        auto source_of = [&](int n) { return BACK ? w.row_idx[w.entries[n]] : w.col_idx[n] / g.kernel(); };
        if (parts > 1) {
            int all_begin = begin, all_end = end;
            begin = first_of_channel(all_begin, all_end, part * part_channels, source_of);
            end = first_of_channel(begin, all_end, (part + 1) * part_channels, source_of);
        }
        for (int first = begin; first < end; first += WARP) {
            const int n = first + lane;
            bool has = n < end;
            Entry mine = {0, 0, 0.0f};
            if (has) {
                int p = BACK ? w.entries[n] : n;
                Point tap = point_of(w.col_idx[p], g.kernel_height, g.kernel_width);
                int source = BACK ? w.row_idx[p] : tap.channel;
                int line = tap.y - taps.y.tap_first, column = tap.x - taps.x.tap_first;
                if (BACK && g.stride > 1) {
                    has = line >= 0 && column >= 0 && line % g.stride == 0 && column % g.stride == 0;
                    line /= g.stride;
                    column /= g.stride;
                }
                mine.offset = (i64)(source * taps.source_plane + taps.y.sign * (line * taps.x.sources + column)) * x_ld * 4;
                mine.tap = has ? 1u << (line * taps.x.taps + column) : 0;
                mine.weight = w.w[p];
            }
            const u32 votes = __ballot_sync(ALL_LANES, has);
            const int count = __popc(votes);
            __syncwarp();
            if (has) {
                staged[warp][__popc(votes & ((1u << lane) - 1))] = mine;
            } else {
                staged[warp][count + __popc(~votes & ((1u << lane) - 1))] = {0, 0, 0.0f};
            }
            __syncwarp();
            for (int e = 0; e < count; e += UNROLL) {
                V v[UNROLL][QUADS];
                Entry entry[UNROLL];
#pragma unroll
                for (int u = 0; u < UNROLL; u++) {
                    entry[u] = staged[warp][e + u];
#pragma unroll
                    for (int i = 0; i < QUADS; i++) {
                        const char* at = reinterpret_cast<const char*>(from[i]) + entry[u].offset;
                        v[u][i] = load_where<V>((met[i] & entry[u].tap) != 0, reinterpret_cast<const float*>(at));
                    }
                }
#pragma unroll
                for (int u = 0; u < UNROLL; u++) {
#pragma unroll
                    for (int i = 0; i < QUADS; i++) {
                        if ((met[i] & entry[u].tap) != 0) {
                            sum[i] = fused(entry[u].weight, v[u][i], sum[i]);
                        }
                    }
                }
            }
        }

        if (parts > 1) {
#pragma unroll
            for (int i = 0; i < QUADS; i++) {
                __syncthreads();
                sums[warp][lane] = sum[i];
                __syncthreads();
                for (int other = 1; other < parts && part == 0; other++) {
                    V more = sums[warp + other][lane];
                    sum[i] = plus(sum[i], more);
                }
            }
        }
        for_each_slot([&](int i, int row, Patch::Slot at) {
            if (part == 0) {
                put(y, row, at.quad, ending.of(sum[i], channel));
            }
        });
    }
}

// Eight sums over the warp at once: lane l has, as the result, that of number l / 4.
__device__ inline float warp_sums(float (&sum)[8]) {
    const int lane = lane_index();
#pragma unroll
    for (int half = 4; half > 0; half /= 2) {
        const bool upper = (lane & (4 * half)) != 0;
#pragma unroll
        for (int r = 0; r < half; r++) {
            float give = upper ? sum[r] : sum[r + half];
            float keep = upper ? sum[r + half] : sum[r];
            sum[r] = keep + __shfl_xor_sync(ALL_LANES, give, 4 * half);
        }
    }
    float all = sum[0];
    all += __shfl_xor_sync(ALL_LANES, all, 2);
    return all + __shfl_xor_sync(ALL_LANES, all, 1);
}

// gw at packed entries: a warp has eight entries of a row, its lanes the quads of a part of all (position, batch). The warps of a
// block have neighbouring rows and entries of the same rank, so that they meet much the same rows of x in L1. Positions move on
// by steps: a division costs what three products do.
template <int WARPS>
__device__ inline void weight_entries(
    const Geometry& g, const int* row_ptr, const int* col_idx, int segments, i64 count, const float* x, int x_ld,
    const float* gy, int gy_ld, int batch, int parts, float beta, float* gw, float* partial) {
    constexpr int ENTRIES = 8;
    const int batch_quads = (batch + 3) / 4;
    const int groups = ceil_div32(g.out_channels, WARPS);
    const int quads = g.out_plane() * batch_quads;
    const int part_quads = ceil_div32(ceil_div32(quads, parts), WARP) * WARP;
    const int jump = WARP / batch_quads, jump_quads = WARP % batch_quads;
    const int jump_lines = jump / g.out_width, jump_columns = jump % g.out_width;
    const Taps taps = forward_taps(g);
    const i64 blocks = (i64)groups * segments * parts;

    for (i64 block = blockIdx.x; block < blocks; block += gridDim.x) {
        const Place by_group = place(block, groups);
        const Place by_segment = place32(by_group.row, segments);
        const int channel = by_group.at * WARPS + warp_index();
        if (channel >= g.out_channels) {
            continue;
        }
        const int first = row_ptr[channel] + by_segment.at * ENTRIES;
        const int left = row_ptr[channel + 1] - first;
        if (left <= 0) {
            continue;
        }
        int offset[ENTRIES];
        u32 bit[ENTRIES];
        float sum[ENTRIES];
#pragma unroll
        for (int r = 0; r < ENTRIES; r++) {
            Point tap = point_of(r < left ? col_idx[first + r] : 0, g.kernel_height, g.kernel_width);
            offset[r] = (tap.channel * g.in_plane() + tap.y * g.in_width + tap.x) * x_ld;
            bit[r] = r < left ? 1u << (tap.y * g.kernel_width + tap.x) : 0;
            sum[r] = 0.0f;
        }
        const int begin = by_segment.row * part_quads;
        const int end = quads - begin < part_quads ? quads : begin + part_quads;
        const Place at = place32(begin + lane_index(), batch_quads);
        const Place position = place32(at.row, g.out_width);
        int line = position.row, column = position.at, quad = at.at;
        for (int q = begin + lane_index(); q < end; q += WARP) {
            const u32 met = taps.met(line, column);
            const float* from = x + (i64)taps.source_row(line, column) * x_ld + 4 * quad;
            const i64 out = (i64)channel * g.out_plane() + line * g.out_width + column;
            float4 v[ENTRIES];
#pragma unroll
            for (int r = 0; r < ENTRIES; r++) {
                v[r] = load_where<float4>((met & bit[r]) != 0, from + offset[r]);
            }
            float4 a = load_where<float4>(true, gy + out * gy_ld + 4 * quad);
            if (4 * quad + 4 > batch) {
                u32 valid = (1u << (batch - 4 * quad)) - 1u;
                a = keep(valid, a);
#pragma unroll
                for (int r = 0; r < ENTRIES; r++) {
                    v[r] = keep(valid, v[r]);
                }
            }
#pragma unroll
            for (int r = 0; r < ENTRIES; r++) {
                if ((met & bit[r]) != 0) {
                    sum[r] = fmaf(a.x, v[r].x, sum[r]);
                    sum[r] = fmaf(a.y, v[r].y, sum[r]);
                    sum[r] = fmaf(a.z, v[r].z, sum[r]);
                    sum[r] = fmaf(a.w, v[r].w, sum[r]);
                }
            }
            quad += jump_quads;
            line += jump_lines;
            column += jump_columns;
            if (quad >= batch_quads) {
                quad -= batch_quads;
                column++;
            }
            if (column >= g.out_width) {
                column -= g.out_width;
                line++;
            }
        }
        const float all = warp_sums(sum);
        const int r = lane_index() / 4;
        if (lane_index() % 4 == 0 && r < left) {
            i64 p = first + r;
            if (parts > 1) {
                partial[by_segment.row * count + p] = all;
            } else {
                gw[p] = beta == 0 ? all : fmaf(beta, gw[p], all);
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(512) convolution_entries_by_four_forward(
    Geometry g, Packed w, Patch patch, const float* x, int x_ld, Output y, Ending ending) {
    await_previous();
    convolve_entries<float4, 16, 4, 2, false>(g, w, patch, x, x_ld, y, ending, 1);
}

extern "C" __global__ void __launch_bounds__(512) convolution_entries_by_four_input_gradient(
    Geometry g, Packed w, Patch patch, const float* gy, int gy_ld, Output gx) {
    await_previous();
    convolve_entries<float4, 16, 4, 2, true>(g, w, patch, gy, gy_ld, gx, {nullptr, 0}, 1);
}

extern "C" __global__ void __launch_bounds__(512) convolution_entries_by_two_forward(
    Geometry g, Packed w, Patch patch, const float* x, int x_ld, Output y, Ending ending) {
    await_previous();
    convolve_entries<float4, 16, 2, 4, false>(g, w, patch, x, x_ld, y, ending, 1);
}

extern "C" __global__ void __launch_bounds__(512) convolution_entries_by_two_input_gradient(
    Geometry g, Packed w, Patch patch, const float* gy, int gy_ld, Output gx) {
    await_previous();
    convolve_entries<float4, 16, 2, 4, true>(g, w, patch, gy, gy_ld, gx, {nullptr, 0}, 1);
}

extern "C" __global__ void __launch_bounds__(256, 2) convolution_entries_by_one_forward(
    Geometry g, Packed w, Patch patch, const float* x, int x_ld, Output y, Ending ending, int parts) {
    await_previous();
    convolve_entries<float4, 8, 1, 8, false>(g, w, patch, x, x_ld, y, ending, parts);
}

extern "C" __global__ void __launch_bounds__(256, 2) convolution_entries_by_one_input_gradient(
    Geometry g, Packed w, Patch patch, const float* gy, int gy_ld, Output gx, int parts) {
    await_previous();
    convolve_entries<float4, 8, 1, 8, true>(g, w, patch, gy, gy_ld, gx, {nullptr, 0}, parts);
}

extern "C" __global__ void __launch_bounds__(256, 2) convolution_entries_narrow_forward(
    Geometry g, Packed w, Patch patch, const float* x, int x_ld, Output y, Ending ending, int parts) {
    await_previous();
    convolve_entries<float, 8, 1, 8, false>(g, w, patch, x, x_ld, y, ending, parts);
}

extern "C" __global__ void __launch_bounds__(256, 2) convolution_entries_narrow_input_gradient(
    Geometry g, Packed w, Patch patch, const float* gy, int gy_ld, Output gx, int parts) {
    await_previous();
    convolve_entries<float, 8, 1, 8, true>(g, w, patch, gy, gy_ld, gx, {nullptr, 0}, parts);
}

extern "C" __global__ void __launch_bounds__(256) convolution_entries_weight_gradient(
    Geometry g, const int* row_ptr, const int* col_idx, int segments, i64 count, const float* x, int x_ld,
    const float* gy, int gy_ld, int batch, int parts, float beta, float* gw, float* partial) {
    await_previous();
    weight_entries<8>(g, row_ptr, col_idx, segments, count, x, x_ld, gy, gy_ld, batch, parts, beta, gw, partial);
}
