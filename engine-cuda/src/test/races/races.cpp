// Runs every kernel under ThreadSanitizer, on sizes with tails, in place where that is allowed. Results are the contracts'
// concern. With the argument "planted", runs a kernel that lacks a barrier instead. Exit status 66: a race.
//
// It shows races within a block. Blocks run one after the other, so that those between blocks stay unseen.
#include "thread_shim.h"

#include "all.cu"

#include <cstdio>
#include <cstdlib>
#include <sys/personality.h>
#include <unistd.h>

namespace {

// Memory as the device gives it: aligned, and filled with what depends on the index.
template <typename T>
struct Memory {
    explicit Memory(size_t count, size_t modulus = 7) : data(static_cast<T*>(aligned_alloc(256, bytes(count)))) {
        std::memset(static_cast<void*>(data), 0, bytes(count));
        if constexpr (std::is_arithmetic_v<T>) {
            for (size_t i = 0; i < count; i++) {
                data[i] = static_cast<T>(i * 5 % modulus);
            }
        }
    }
    ~Memory() { free(data); }
    Memory(const Memory&) = delete;
    operator T*() const { return data; }

    static size_t bytes(size_t count) { return (count * sizeof(T) / 256 + 1) * 256; }

    T* data;
};

using Floats = Memory<float>;
using Ints = Memory<int>;
using Words = Memory<u32>;

constexpr int ROWS = 5;
constexpr int BATCH = 37;
constexpr int LD = 40;
constexpr int COUNT = 331;

void elementwise() {
    Floats x(COUNT), y(COUNT);
    Words bits(COUNT / 32 + 1);
    races::launch(2, 64, [&] { elementwise_fill(x, bits, COUNT, 1.5f); });
    races::launch(2, 64, [&] { elementwise_copy(x, y, COUNT); });
    races::launch(2, 64, [&] { elementwise_axpy(0.5f, x, y, bits, COUNT); });
    races::launch(2, 64, [&] { elementwise_multiply(x, y, y, COUNT); });
    races::launch(2, 64, [&] { elementwise_add_square(x, y, COUNT); });
    races::launch(2, 64, [&] { elementwise_clear_outside(y, bits, COUNT); });
    races::launch(2, 64, [&] { scaling_values(y, bits, COUNT, 0.5f); });
    int many = 2 * DOT_CHUNK + 5;
    Floats a(many), b(many), partials(3), out(1);
    races::launch(2, DOT_THREADS, [&] { elementwise_dot(a, b, many, partials, out); });
    races::launch(1, DOT_THREADS, [&] { elementwise_dot_total(partials, 3, out); });
}

void tensors() {
    Floats x(ROWS * LD), values(ROWS * BATCH), bias(ROWS);
    Ints rows(ROWS, 3), cols(ROWS, 1000);  // distinct entries
    Words mask(ROWS * 2), bits(ROWS * BATCH / 32 + 1);
    races::launch(2, 64, [&] { scaling_tensor(x, ROWS, BATCH, LD, 0.5f); });
    races::launch(2, 64, [&] { relu_forward(x, LD, x, LD, mask, 2, ROWS, BATCH); });
    races::launch(2, 64, [&] { relu_gradient(mask, 2, x, LD, x, LD, ROWS, BATCH); });
    races::launch(2, 64, [&] { bias_relu_add(x, LD, bias, 1, ROWS, BATCH); });
    races::launch(2, 64, [&] { bias_relu_rectify(x, LD, bias, 1, ROWS, BATCH); });
    races::launch(2, 64, [&] { bias_relu_note(x, LD, bias, 1, mask, 2, ROWS, BATCH); });
    races::launch(2, 64, [&] { bias_gradient_warps(x, LD, ROWS, 1, BATCH, 0.5f, bias, bits); });
    races::launch(2, 256, [&] { bias_gradient_blocks(x, LD, 1, ROWS, BATCH, 0.5f, bias, bits); });
    races::launch(2, 64, [&] { gather_flat(x, LD, bits, ROWS, BATCH, values); });
    races::launch(2, 64, [&] { scatter_flat(values, ROWS, BATCH, x, LD); });
    races::launch(2, 64, [&] { gather_packed(x, LD, rows, cols, ROWS, values); });
    races::launch(2, 64, [&] { scatter_packed(values, rows, cols, ROWS, x, LD); });
}

void convolution() {
    constexpr Geometry g = {2, 4, 3, 3, 2, 2, 3, 3, 2, 1};
    constexpr int IN = 2 * 4 * 3;
    constexpr int OUT = 3 * 2 * 2;
    Floats x(IN * LD), gx(IN * LD), y(OUT * LD), w(3 * g.cols()), gw(3 * g.cols());
    Words mask(IN * 2), bits(3);
    Ints rows(3, 1), cols(3, 1000), entries(3, 1), ptr(4, 1);  // the first row has entries at 0, 5 and 10
    ptr[1] = ptr[2] = ptr[3] = 3;
    Output out = {y, nullptr, LD, 0, BATCH, 0.5f};
    Output back = {gx, mask, LD, 2, BATCH, 0};
    races::launch(2, 64, [&] { convolution_forward(g, nullptr, nullptr, bits, w, x, LD, out, 1); });
    races::launch(2, 64, [&] { convolution_forward(g, ptr, cols, nullptr, w, x, LD, out, 2); });
    races::launch(2, 64, [&] {
        convolution_input_gradient(g, nullptr, nullptr, nullptr, nullptr, bits, w, y, LD, back, 2);
    });
    races::launch(2, 64, [&] { convolution_input_gradient(g, ptr, entries, rows, cols, nullptr, w, y, LD, back, 1); });
    races::launch(2, 64, [&] {
        convolution_weight_gradient(g, nullptr, nullptr, bits, 3 * g.cols(), x, LD, y, LD, BATCH, 0.5f, gw);
    });
    races::launch(2, 64, [&] {
        convolution_weight_gradient(g, rows, cols, nullptr, 1, x, LD, y, LD, BATCH, 0.5f, gw);
    });
    Memory<i64> x_ptr(IN + 1, 1);
    races::launch(2, 64, [&] {
        convolution_sparse_weight_gradient(
            g, nullptr, nullptr, bits, 3 * g.cols(), x_ptr, rows, cols, x, y, LD, 0.5f, gw);
    });
}

// Blocks of several warps that share tiles and tables; two blocks' worth of positions, so that one follows another.
void convolution_tiles() {
    constexpr Geometry g = {5, 4, 3, 3, 2, 2, 3, 3, 2, 1};
    constexpr int IN = 5 * 4 * 3;
    constexpr int OUT = 3 * 2 * 2;
    Floats x(IN * LD), gx(IN * LD), y(OUT * LD), w(3 * g.cols()), gw(3 * g.cols());
    Floats partial(2 * IN * LD);
    Words mask(IN * 2), bits(5);
    Output out = {y, nullptr, LD, 0, BATCH, 0.5f};
    Output back = {gx, mask, LD, 2, BATCH, 0};
    Ending ending = {gw, 1};
    races::launch(1, 128, [&] { convolution_tall_forward(g, w, x, LD, out, ending, 1, partial); });
    races::launch(1, 128, [&] { convolution_tall_input_gradient(g, w, y, LD, back, 2, partial); });
    races::launch(2, 64, [&] { convolution_square_forward(g, w, x, LD, out, ending, 2, partial); });
    races::launch(2, 128, [&] { convolution_narrow_forward(g, w, x, LD, out, ending, 2, partial); });
    races::launch(2, 128, [&] { convolution_narrow_input_gradient(g, w, y, LD, back, 1, partial); });
    races::launch(2, 64, [&] { convolution_add_parts(3, OUT / 3, 2, partial, out, ending); });
    races::launch(2, 64, [&] { convolution_square_input_gradient(g, w, y, LD, back, 1, partial); });
    races::launch(1, 64, [&] {
        convolution_square_weight_gradient(g, bits, x, LD, y, LD, BATCH, 0, 2, 0.5f, gw, partial);
    });
    races::launch(1, 128, [&] {
        convolution_tall_weight_gradient(g, bits, x, LD, y, LD, BATCH, 1, 1, 0.5f, gw, partial);
    });
    races::launch(2, 64, [&] { convolution_add_weight_parts(partial, 2, 3 * g.cols(), bits, 0.5f, gw); });
}

void convolution_entries() {
    constexpr Geometry g = {2, 4, 3, 3, 2, 2, 3, 3, 2, 1};
    constexpr int IN = 2 * 4 * 3;
    constexpr int OUT = 3 * 2 * 2;
    Floats x(IN * LD), gx(IN * LD), y(OUT * LD), w(4), gw(4), partial(8);
    Words mask(IN * 2);
    Ints ptr(4, 1), by_input(3, 1), entries(4, 1), rows(4, 1), cols(4, 1);
    ptr[1] = 1, ptr[2] = 3, ptr[3] = 4;
    by_input[1] = 2, by_input[2] = 4;
    entries[1] = 1, entries[2] = 2, entries[3] = 3;
    rows[2] = 1, rows[3] = 2;
    cols[1] = 4, cols[2] = 9, cols[3] = 17;
    Packed forward = {ptr, nullptr, nullptr, cols, w};
    Packed backward = {by_input, entries, rows, cols, w};
    Patch patch = {3, 1};
    Output out = {y, nullptr, LD, 0, BATCH, 0.5f};
    Output back = {gx, mask, LD, 2, BATCH, 0};
    Ending ending = {w, 1};
    races::launch(1, 512, [&] { convolution_entries_by_four_forward(g, forward, patch, x, LD, out, ending); });
    races::launch(1, 512, [&] { convolution_entries_by_four_input_gradient(g, backward, patch, y, LD, back); });
    races::launch(1, 512, [&] { convolution_entries_by_two_forward(g, forward, patch, x, LD, out, ending); });
    races::launch(1, 512, [&] { convolution_entries_by_two_input_gradient(g, backward, patch, y, LD, back); });
    races::launch(1, 256, [&] { convolution_entries_narrow_forward(g, forward, patch, x, LD, out, ending, 2); });
    races::launch(1, 256, [&] { convolution_entries_narrow_input_gradient(g, backward, patch, y, LD, back, 2); });
    races::launch(1, 256, [&] { convolution_entries_by_one_forward(g, forward, patch, x, LD, out, ending, 2); });
    races::launch(1, 256, [&] { convolution_entries_by_one_input_gradient(g, backward, patch, y, LD, back, 2); });
    races::launch(1, 256, [&] {
        convolution_entries_weight_gradient(
            g, ptr, cols, 1, 4, x, LD, y, LD, BATCH, 2, 0.5f, gw, partial);
    });
}

void layers() {
    constexpr PoolWindow window = {4, 3, 2, 2, 3, 2, 2, 1};
    constexpr int PLANE = 4 * 3;
    constexpr int IN = 2 * PLANE;
    constexpr int OUT = 2 * 2 * 2;
    Floats x(IN * LD), gx(IN * LD), y(OUT * LD), mean(2), spread(2), gamma(2), beta(2), averages(4);
    Words mask(IN * 2), bits(1), chosen(OUT * LD / 4);
    Output out = {y, nullptr, LD, 0, BATCH, 0};
    Output back = {gx, mask, LD, 2, BATCH, 0.5f};
    races::launch(2, 64, [&] { pool_max(window, OUT, x, LD, out, chosen, LD / 4); });
    races::launch(2, 64, [&] { pool_max_gradient(window, IN, chosen, LD / 4, y, LD, back); });
    races::launch(2, 64, [&] { pool_max_tangent(window, OUT, chosen, LD / 4, x, LD, y, LD, BATCH); });
    races::launch(2, 64, [&] { pool_average(window, OUT, x, LD, out); });
    races::launch(2, 64, [&] { pool_average_gradient(window, IN, y, LD, back); });

    constexpr TileGrid whole = {1, 1, 4, 3};
    constexpr int RIMMED = 2 * (4 + 2) * (3 + 2);
    Floats rimmed(RIMMED * LD);
    races::launch(2, 64, [&] { retile_tiles(whole, whole, 1, RIMMED, x, LD, rimmed, LD, BATCH); });

    races::launch(1, 256, [&] {
        batch_norm_statistics(x, LD, 2, PLANE, BATCH, 0.1f, 0.1f, mean, spread, gamma, beta);
    });
    races::launch(2, 64, [&] {
        batch_norm_apply(x, LD, IN, PLANE, BATCH, mean, spread, 0, gamma, beta, gx, LD, 1, mask, 2, gx, LD);
    });
    races::launch(1, 256, [&] {
        batch_norm_sums(x, LD, gx, LD, 2, PLANE, BATCH, mean, spread, averages, gamma, bits, beta, bits);
    });
    Output in_place = {gx, mask, LD, 2, BATCH, 0};
    races::launch(2, 64, [&] {
        batch_norm_gradient(x, LD, gx, LD, IN, PLANE, mean, spread, gamma, averages, in_place);
    });

    Floats x_dot(IN * LD), gy_dot(IN * LD), x_averages(4), dot_averages(4), gamma_dot(2), beta_dot(2), out_dot(IN * LD);
    Memory<NormFactors> factors(2);
    Output dot = {out_dot, mask, LD, 2, BATCH, 0.5f};
    races::launch(2, 64, [&] {
        batch_norm_tangent(
            x, LD, x_dot, LD, IN, PLANE, mean, spread, gamma, averages, gamma_dot, beta_dot, dot);
    });
    races::launch(1, 256, [&] {
        batch_norm_factors(
            x_dot, LD, gx, LD, 2, PLANE, BATCH, spread, gamma, gamma_dot, x_averages, averages, dot_averages, factors,
            gamma, bits, beta, bits);
    });
    races::launch(2, 64, [&] {
        batch_norm_gradient_tangent(
            x, LD, x_dot, LD, gx, LD, gy_dot, LD, IN, PLANE, mean, x_averages, factors, dot);
    });

    Memory<RandomStream> stream(1);
    races::launch(2, 64, [&] { dropout_apply(gx, LD, IN, stream, 1, 1u << 31, 2, in_place); });
    races::launch(2, 64, [&] { dropout_add(x, LD, IN, back); });
    races::launch(1, 32, [&] { dropout_advance(stream); });
}

void patterns() {
    Floats from(COUNT), to(ROWS * BATCH);
    Ints rowPtr(2, 1000), rows(4, 1), cols(4, 1000);  // one row with four entries, at 0, 5, 10, 15
    rowPtr[1] = 4;
    Words bits(ROWS * BATCH / 32 + 1);
    races::launch(2, 64, [&] { relay_packed_to_flat(from, BATCH, rows, cols, 4, bits, to); });
    races::launch(2, 64, [&] { relay_packed_to_packed(from, rowPtr, cols, rows, cols, 4, to); });
    races::launch(2, 64, [&] { spmm_permute(from, cols, 4, to); });
}

// A row of 20 entries in two pieces, rows of 3 and 0, and blocks of all group sizes.
template <int GROUPS, typename Kernel>
void spmm_pieces(int threads, Kernel kernel) {
    Memory<int4> pieces(2 * GROUPS);
    for (int i = 0; i < 2 * GROUPS; i++) {
        pieces[i] = {-1, 0, 0, 0};
    }
    pieces[0] = {1, 0, 16, 2};
    pieces[1] = {1, 16, 20, 0};
    pieces[2] = {0, 20, 23, 1};
    pieces[3] = {2, 23, 23, 1};
    Ints cols(23, 5);
    Floats values(23), b(5 * LD), c(3 * LD), bias(3);
    Words noted(3 * 2), mask(3 * 2);
    SpmmMatrix a = {pieces, cols, values, cols, 2 * GROUPS, 2, 2, 0};
    Output out = {c, mask, LD, 2, BATCH, 0.5f};
    SpmmEnd end = {bias, noted, 2, 1, 1.5f, 0};
    races::launch(2, threads, [&] { kernel(a, b, out, end); });
}

void sparse_products() {
    spmm_pieces<16>(128, [](SpmmMatrix a, const float* b, Output c, SpmmEnd end) { spmm_32(a, b, LD, c, end); });
    spmm_pieces<8>(128, [](SpmmMatrix a, const float* b, Output c, SpmmEnd end) { spmm_64(a, b, LD, c, end); });
    spmm_pieces<4>(128, [](SpmmMatrix a, const float* b, Output c, SpmmEnd end) { spmm_128(a, b, LD, c, end); });
    spmm_pieces<8>(256, [](SpmmMatrix a, const float* b, Output c, SpmmEnd end) { spmm_long_128(a, b, LD, c, end); });
    spmm_pieces<16>(256, [](SpmmMatrix a, const float* b, Output c, SpmmEnd end) { spmm_whole_64(a, b, LD, c, end); });
    Ints ptr(4, 30), cols(23, 5), rows(23, 3);
    Floats values(23), gy(3 * LD), x(5 * LD), c(3 * LD), partial(2 * 23);
    Words noted(3);
    Output column = {c, nullptr, LD, 0, 1, 0};
    SpmmEnd end = {nullptr, noted, 1, 0, 1, 0};
    races::launch(2, 128, [&] { spmm_vector(ptr, cols, values, nullptr, 3, x, LD, column, end); });

    Memory<SddmmOctet> octets(4);
    for (int i = 0; i < 4; i++) {
        octets[i] = {i % 3, 6 * i, 5, 0, {0, 1, 2, 3}, {4, 0, 0, 0}};
    }
    SddmmPattern pattern = {cols, rows, octets, 23, 4};
    SddmmTerms whole = {gy, x, values, partial, LD, LD, BATCH, 128, 1, 0, 1.5f, 0.5f};
    SddmmTerms cut = {gy, x, values, partial, LD, LD, BATCH, 32, 2, 0, 1.5f, 0};
    Floats sums(3);
    SddmmBias bias = {sums, nullptr, 3};
    races::launch(2, 128, [&] { sddmm_32(pattern, cut, bias); });
    races::launch(1, 512, [&] { sddmm_large_32(pattern, whole, bias); });
    races::launch(2, 256, [&] { sddmm_64(pattern, whole, bias); });
    races::launch(1, 256, [&] { sddmm_128(pattern, whole, bias); });
    races::launch(2, 128, [&] { sddmm_few(pattern, whole); });
    races::launch(2, 64, [&] { sddmm_total(pattern, cut); });
    spmm_pieces<16>(128, [&](SpmmMatrix a, const float* b, Output gx, SpmmEnd none) {
        linear_backward_32(1, a, b, LD, gx, none, pattern, whole, bias);
    });
}

void training() {
    constexpr int CLASSES = 11;
    Floats logits(CLASSES * LD), loss(1), correct(1);
    Memory<double> losses(2);
    Ints labels(BATCH, CLASSES), rights(2), fault(1);
    races::launch(1, 256, [&] {
        softmax_cross_entropy(
            logits, LD, labels, logits, LD, CLASSES, BATCH, losses, rights, loss, correct, fault);
    });
    races::launch(1, 256, [&] { softmax_cross_entropy_total(losses, rights, 2, loss, correct); });
    Floats direction(CLASSES * LD), tangent(CLASSES * LD);
    races::launch(2, 64, [&] {
        softmax_cross_entropy_tangent(logits, LD, direction, LD, tangent, LD, CLASSES, BATCH);
    });

    Floats theta(COUNT), gradient(COUNT), velocity(COUNT), anchor(COUNT), small(5), small_velocity(5), rate(1);
    SgdGroup group = {};
    group.member[0] = {theta, gradient, velocity, anchor, COUNT, (COUNT + 3) / 4};
    group.member[1] = {small, gradient, small_velocity, anchor, 3, (COUNT + 3) / 4 + 1};
    races::launch(2, 64, [&] { sgd_plain(group, 2, rate, 0.1f, 0.2f); });
    races::launch(2, 64, [&] { sgd_momentum(group, 2, rate, 0.1f, 0.2f, 0.9f, 1); });
    PowerGroup powers = {};
    powers.member[0] = {theta, anchor, COUNT};
    powers.member[1] = {small, gradient, 3};
    races::launch(2, 64, [&] { signed_power(powers, 2, 0.25f, 1); });
    races::launch(2, 64, [&] { signed_power(powers, 2, 0.3f, -1); });
    races::launch(2, 64, [&] { signed_power_gradient(powers, 2, 0.25f, 1, 1.25f); });

    constexpr int PIXELS = 45;
    Memory<unsigned char> images(20 * PIXELS, 251), classes(20);
    Ints order(80, 20);
    Floats position(1), x(PIXELS * LD);
    Memory<RandomStream> stream(1);
    Augmentation how = {stream, 1, 2, 1, 3, 5};
    Words arrived(1);
    arrived[0] = 0;
    BatchEnd end = {classes, labels, arrived};
    races::launch(2, 256, [&] {
        batches_gather(
            images, 20, PIXELS, order, 80, position, x, LD, BATCH, 0, 3, PIXELS / 3, 1, 2, 3, 4, 5, 6, 7, 8, how, end,
            fault);
    });
}

void selection() {
    constexpr int MANY = 2 * SELECTION_CHUNK + 77;
    constexpr int CHUNKS = 3;
    Floats values(MANY, 101);
    Memory<SelectionState> state(1);
    Memory<u64> histogram(SELECTION_BUCKETS), ties(CHUNKS);
    Words bits(MANY / 32 + 1), kept(CHUNKS * SELECTION_CHUNK / 32);
    races::launch(1, 256, [&] { selection_begin(state, histogram, 500); });
    for (int digit = 0; digit < 3; digit++) {
        int shift = digit == 0 ? 20 : digit == 1 ? 10 : 0;
        int width = digit == 0 ? 11 : 10;
        races::launch(2, 256, [&] { selection_histogram(values, MANY, 0, shift, width, state, histogram); });
        races::launch(1, 256, [&] { selection_choose(state, histogram, shift, width); });
    }
    races::launch(1, 64, [&] { selection_count_ties(values, bits, MANY, state, ties); });
    races::launch(1, 256, [&] { selection_scan_ties(ties, CHUNKS); });
    races::launch(1, 64, [&] { selection_keep(values, bits, MANY, state, ties, kept); });
    Ints rows(MANY), cols(MANY);
    Memory<i64> ptr(MANY / 23 + 2);
    Floats stored(MANY);
    races::launch(1, 64, [&] { compression_count(kept, MANY, ties); });
    races::launch(1, 256, [&] { selection_scan_ties(ties, CHUNKS); });
    races::launch(1, 64, [&] { compression_store(values, MANY, 23, kept, ties, ptr, rows, cols, stored); });
    Words threshold(1);
    races::launch(1, 32, [&] { compression_note(state, threshold); });
    races::launch(1, 64, [&] { compression_count_again(values, MANY, threshold, ties); });
    races::launch(1, 256, [&] { compression_decide(ties, CHUNKS, MANY, state, threshold); });
    races::launch(1, 64, [&] { compression_keep_again(values, MANY, state, threshold, kept); });
    int lines = (MANY + 22) / 23;
    Ints starts(lines + 1), channels(8), entries(MANY);
    Memory<u64> counts(7);
    races::launch(1, 64, [&] { compression_row_starts(ptr, lines, starts); });
    races::launch(1, 64, [&] { compression_count_by_input(starts, cols, lines, 6, 4, counts); });
    races::launch(1, 256, [&] { selection_scan_ties(counts, 6); });
    races::launch(1, 64, [&] { compression_place_by_input(starts, cols, lines, 6, 4, counts, channels, entries); });
    races::launch(1, 64, [&] { sparsify_flags(values, MANY, 50.0f, state, kept); });
}

// Sums what all threads wrote, too early.
void planted(int* sums) {
    __shared__ int numbers[64];
    numbers[threadIdx.x] = static_cast<int>(threadIdx.x);
    sums[threadIdx.x] = numbers[(threadIdx.x + 1) % 64];
}

}  // namespace

int main(int count, char** arguments) {
    // ThreadSanitizer of some compilers does not find its place among randomised addresses.
    if ((personality(0xffffffff) & ADDR_NO_RANDOMIZE) == 0 && personality(ADDR_NO_RANDOMIZE) != -1) {
        execv("/proc/self/exe", arguments);
    }
    if (count > 1 && std::strcmp(arguments[1], "planted") == 0) {
        Ints sums(64);
        races::launch(1, 64, [&] { planted(sums); });
        return 0;
    }
    elementwise();
    tensors();
    convolution();
    convolution_tiles();
    convolution_entries();
    layers();
    patterns();
    sparse_products();
    training();
    selection();
    std::puts("no race seen");
}
