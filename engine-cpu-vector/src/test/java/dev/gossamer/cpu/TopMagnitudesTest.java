package dev.gossamer.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.cpu.TopMagnitudes.Bounds;
import dev.gossamer.cpu.TopMagnitudes.Part;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.BackendOptions;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.MagnitudeSelection.Threshold;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The selection against sorting, on data that a sample, bounds or vectors could stumble over. */
class TopMagnitudesTest {

    private static final int INFINITY = TopMagnitudes.INFINITY;

    /** Not a multiple of any vector, word or chunk, and large enough for the sample. */
    private static final int LARGE = 1_000_003;

    private Backend backend;
    private CpuWorkspace one;
    private CpuWorkspace three;

    @BeforeAll
    static void widthIsThere() {
        VectorWidth.assumeAvailable();
    }

    @BeforeEach
    void open() {
        backend = CpuBackend.open(new BackendOptions(3, new TuningTable(Map.of("parallel.flops", 0.0))));
        one = (CpuWorkspace) backend.workspace(1);
        three = (CpuWorkspace) backend.workspace(3);
    }

    @AfterEach
    void close() {
        one.close();
        three.close();
        backend.close();
    }

    /** Bits of numbers by index, signs included: distributions that differ in ties, order and exponents. */
    private static Map<String, IntUnaryOperator> distributions(int n) {
        SplittableRandom random = new SplittableRandom(n);
        Map<String, IntUnaryOperator> all = new LinkedHashMap<>();
        all.put("gaussian", i -> bits((float) random.nextGaussian()));
        all.put("any bits but NaN", i -> random.nextInt(INFINITY + 1) | (i << 31));
        all.put("equal", i -> bits(0.25f) | (i << 31));
        all.put("zeros of both signs", i -> i << 31);
        all.put("two values, clustered", i -> bits(i < n / 3 ? -2f : 3f));
        all.put("two values, mixed", i -> bits(random.nextInt(10) == 0 ? 2f : -1f));
        all.put("mostly zero", i -> random.nextInt(50) == 0 ? bits((float) random.nextGaussian()) : 0);
        all.put("ascending", i -> i);
        all.put("descending", i -> (INFINITY - i) | 0x8000_0000);
        all.put("subnormal", i -> random.nextInt(1 << 12));
        all.put("infinities", i -> random.nextInt(3) == 0 ? INFINITY | (i << 31) : bits(Float.MAX_VALUE));
        all.put("one large", i -> i == n - 1 ? bits(1e30f) : bits(1e-30f * (i % 7)));
        // What a sample of every n/2^13-th would see of it is one value.
        all.put("periodic", i -> bits(i % 122 == 5 ? 100f + i : 1f));
        all.put("few steps", i -> bits(0.125f * random.nextInt(8)));
        return all;
    }

    private static int bits(float x) {
        return Float.floatToRawIntBits(x);
    }

    private static float[] numbers(int n, IntUnaryOperator distribution) {
        float[] numbers = new float[n];
        for (int i = 0; i < n; i++) {
            numbers[i] = Float.intBitsToFloat(distribution.applyAsInt(i));
        }
        return numbers;
    }

    private static int[] sorted(float[] numbers) {
        int[] magnitudes = new int[numbers.length];
        for (int i = 0; i < magnitudes.length; i++) {
            magnitudes[i] = bits(numbers[i]) & Integer.MAX_VALUE;
        }
        Arrays.sort(magnitudes);
        return magnitudes;
    }

    private static Threshold expected(int[] ascending, int k) {
        int kth = ascending[ascending.length - k];
        int end = ascending.length - 1;
        while (ascending[end] > kth) {
            end--;
        }
        return new Threshold(kth, k - (ascending.length - 1 - end));
    }

    /** The numbers cut into as many spaces, dense. */
    private static List<Values> upload(CpuWorkspace workspace, float[] numbers, int parts) {
        List<Values> group = new ArrayList<>();
        for (int i = 0; i < parts; i++) {
            int from = (int) ((long) numbers.length * i / parts);
            float[] part = Arrays.copyOfRange(numbers, from, (int) ((long) numbers.length * (i + 1) / parts));
            if (part.length > 0) {
                Values values = workspace.values(workspace.space(part.length), Role.THETA);
                workspace.upload(MemorySegment.ofArray(part), values);
                group.add(values);
            }
        }
        return group;
    }

    private static List<Part> parts(List<Values> group) {
        return group.stream()
                .map(each -> new Part(((CpuValues) each).data, each.space().nnz()))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 129, 1000})
    void everyRankOfAFew(int n) {
        distributions(n).forEach((name, distribution) -> {
            float[] numbers = numbers(n, distribution);
            int[] ascending = sorted(numbers);
            List<Values> group = upload(one, numbers, Math.min(n, 3));
            for (int k = 1; k <= n; k += n < 100 ? 1 : 37) {
                assertThat(Selection.kthMagnitude(one, group, k))
                        .as("%s, k = %s", name, k)
                        .isEqualTo(expected(ascending, k));
            }
        });
    }

    @Test
    void ranksOfMany() {
        distributions(LARGE).forEach((name, distribution) -> {
            float[] numbers = numbers(LARGE, distribution);
            int[] ascending = sorted(numbers);
            List<Values> group = upload(one, numbers, 7);
            List<Values> again = upload(three, numbers, 1);
            for (int k : new int[] {1, 2, 10_000, LARGE / 10, LARGE / 2, LARGE - 1000, LARGE}) {
                Threshold want = expected(ascending, k);
                assertThat(Selection.kthMagnitude(one, group, k))
                        .as("%s, k = %s", name, k)
                        .isEqualTo(want);
                assertThat(Selection.kthMagnitude(three, again, k))
                        .as("%s, k = %s, three threads", name, k)
                        .isEqualTo(want);
            }
            release(group);
            release(again);
        });
    }

    /** Else the answer is as right, but takes many passes instead of one. */
    @Test
    void theSampleBoundsTheAnswerClosely() {
        distributions(LARGE).forEach((name, distribution) -> {
            float[] numbers = numbers(LARGE, distribution);
            int[] ascending = sorted(numbers);
            List<Values> group = upload(one, numbers, 7);
            TopMagnitudes top = new TopMagnitudes(one, parts(group));
            for (int k : new int[] {1, 2, 10_000, LARGE / 10, LARGE / 2, LARGE - 1000, LARGE}) {
                Bounds bounds = top.sampledBounds(k);
                assertThat(expected(ascending, k).magnitudeBits())
                        .as("%s, k = %s", name, k)
                        .isBetween(bounds.low(), bounds.high());
                assertThat(Arrays.stream(ascending)
                                .filter(each -> each > bounds.low() && each < bounds.high())
                                .count())
                        .as("collected of %s, k = %s", name, k)
                        .isLessThan(LARGE / 16);
            }
            release(group);
        });
    }

    /** Gives the memory back: a space that loses its entries keeps next to nothing. */
    private static void release(List<Values> group) {
        group.forEach(values -> {
            CpuSpace space = (CpuSpace) values.space();
            space.repattern(SparsityPattern.empty(space.rows(), space.cols()));
        });
    }

    /** With and without a sample where the guess misses. */
    @ParameterizedTest
    @ValueSource(ints = {1000, TopMagnitudes.SMALL + 77})
    void guessesDoNotChangeTheAnswer(int n) {
        distributions(n).forEach((name, distribution) -> {
            float[] numbers = numbers(n, distribution);
            int[] ascending = sorted(numbers);
            for (CpuWorkspace workspace : List.of(one, three)) {
                List<Values> group = upload(workspace, numbers, 1);
                TopMagnitudes top = new TopMagnitudes(workspace);
                for (int k : new int[] {1, n / 10, n / 2, n}) {
                    Threshold want = expected(ascending, k);
                    int at = want.magnitudeBits();
                    for (int guess : new int[] {
                        -1,
                        0,
                        1,
                        at,
                        at + 1,
                        at - 1,
                        at + (1 << 18),
                        at + (1 << 19),
                        at - (1 << 19),
                        at + (1 << 22),
                        bits(1f),
                        INFINITY - 1,
                        INFINITY,
                        Integer.MAX_VALUE
                    }) {
                        Part part = parts(group).getFirst();
                        assertThat(top.find(part.floats(), part.count(), k, guess))
                                .isTrue();
                        assertThat(new Threshold(top.magnitude(), top.ties()))
                                .as("%s, k = %s, guess %x", name, k, guess)
                                .isEqualTo(want);
                    }
                }
                release(group);
            }
        });
    }

    /** Bounds above, below, at and around the answer, with room for all between them and without. */
    @ParameterizedTest
    @ValueSource(ints = {1000, LARGE})
    void bothGoodAndMisleadingBoundsLeadToTheAnswer(int n) {
        SplittableRandom random = new SplittableRandom(1);
        float[] numbers = numbers(n, i -> bits((float) random.nextGaussian()));
        int[] ascending = sorted(numbers);
        for (CpuWorkspace workspace : List.of(one, three)) {
            TopMagnitudes top = new TopMagnitudes(workspace, parts(upload(workspace, numbers, 2)));
            for (int k : new int[] {1, n / 10, n}) {
                Threshold want = expected(ascending, k);
                int at = want.magnitudeBits();
                for (Bounds bounds : List.of(
                        new Bounds(-1, INFINITY + 1),
                        new Bounds(-1, 0),
                        new Bounds(INFINITY, INFINITY + 1),
                        new Bounds(at - 1, at + 1),
                        new Bounds(at, at + 1),
                        new Bounds(at - 1, at),
                        new Bounds(at, at),
                        new Bounds(at + 1, at + 1),
                        new Bounds(at - 1, at - 1),
                        new Bounds(at - 100, at + 100))) {
                    assertThat(top.kthLargest(k, bounds))
                            .as("k = %s, %s", k, bounds)
                            .isEqualTo(want);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 16, 4_096, 70_000, LARGE - 1})
    void nanIsRefusedWhereverItStands(int position) {
        SplittableRandom random = new SplittableRandom(position);
        float[] numbers = numbers(LARGE, i -> bits((float) random.nextGaussian()));
        for (int nan : new int[] {0x7f80_0001, 0xffff_ffff}) {
            numbers[position] = Float.intBitsToFloat(nan);
            List<Values> group = upload(three, numbers, 2);
            for (int k : new int[] {0, 1, LARGE / 10, LARGE}) {
                assertThatThrownBy(() -> Selection.kthMagnitude(three, group, k))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("index " + position + " ");
            }
            assertThat(new TopMagnitudes(three, parts(group)).kthLargest(1, new Bounds(-1, INFINITY + 1)))
                    .isNull();
            release(group);
        }
    }

    /** Zeros among the entries, outside the pattern and in the padding, in each storage: exactly the first are kept. */
    @ParameterizedTest
    @ValueSource(doubles = {0.05, 0.6, 1})
    void zerosOfAPatternAreNotThoseOutsideIt(double density) {
        SplittableRandom random = new SplittableRandom(3);
        SparsityPattern pattern =
                SparsityPattern.fromMask(61, 1001, (r, c) -> (r * 7919 + c * 31) % 1000 < 1000 * density);
        int nnz = (int) pattern.nnz();
        float[] numbers = numbers(nnz, i -> random.nextInt(4) == 0 ? bits((float) random.nextGaussian()) : i << 31);
        long larger = Arrays.stream(sorted(numbers)).filter(bits -> bits > 0).count();
        for (int keep : new int[] {nnz / 10, nnz / 2, nnz - 1}) {
            Space space = three.space(Geometry.matrix(61, 1001));
            three.repattern(space, density == 1 ? null : pattern);
            three.upload(MemorySegment.ofArray(numbers), three.values(space, Role.THETA));
            Selection.keepTop(three, List.of(space), Role.THETA, keep);
            assertThat(keep > larger).as("zeros have to be chosen among").isEqualTo(keep != nnz / 10);
            boolean[] kept = dev.gossamer.testkit.reference.Selection.keepTop(numbers, keep);
            assertThat(space.pattern()).isEqualTo(SparsityPattern.fromMask(61, 1001, (r, c) -> {
                int p = pattern.position(r, c);
                return p >= 0 && kept[p];
            }));
        }
    }
}
