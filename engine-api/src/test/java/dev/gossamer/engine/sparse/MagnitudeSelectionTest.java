package dev.gossamer.engine.sparse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gossamer.engine.sparse.MagnitudeSelection.Threshold;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MagnitudeSelectionTest {

    static Stream<Arguments> groups() {
        Map<String, float[][]> groups = new LinkedHashMap<>();
        groups.put("no parts", new float[][] {});
        groups.put("empty parts", new float[][] {{}, {}});
        groups.put("one element", new float[][] {{-3}});
        groups.put("zeros of both signs", new float[][] {{0f, -0f, -0f, 0f}, {-0f}});
        groups.put("all equal", new float[][] {{1, -1, 1}, {}, {-1, 1}});
        groups.put("subnormals and infinities", new float[][] {
            {Float.MIN_VALUE, -Float.MIN_VALUE, 0, Float.NEGATIVE_INFINITY, Float.MIN_NORMAL},
            {Float.POSITIVE_INFINITY, -2 * Float.MIN_VALUE, Float.MAX_VALUE, -Float.MAX_VALUE, -0f}
        });
        groups.put("neighbours in each digit", new float[][] {neighbours(1 << 20), neighbours(1 << 9), neighbours(1)});
        groups.put("gaussian", new float[][] {gaussian(63), gaussian(64), gaussian(65)});
        groups.put("few distinct values", new float[][] {fewDistinct(129), fewDistinct(0), fewDistinct(200)});
        groups.put("any bits", new float[][] {anyBits(500), anyBits(33)});
        return groups.entrySet().stream().map(e -> Arguments.of(e.getKey(), e.getValue()));
    }

    private static float[] neighbours(int step) {
        float[] values = new float[40];
        for (int i = 0; i < values.length; i++) {
            values[i] =
                    Float.intBitsToFloat(Float.floatToRawIntBits(0.75f) + (i * 7 % 20) * step) * (i % 3 == 0 ? -1 : 1);
        }
        return values;
    }

    private static float[] gaussian(int n) {
        Random random = new Random(n);
        return floats(n, i -> (float) random.nextGaussian());
    }

    private static float[] fewDistinct(int n) {
        Random random = new Random(n);
        return floats(n, i -> (random.nextInt(7) - 3) * 0.125f);
    }

    private static float[] anyBits(int n) {
        Random random = new Random(n);
        return floats(n, i -> {
            float value = Float.intBitsToFloat(random.nextInt());
            return Float.isNaN(value) ? 0 : value;
        });
    }

    private interface IntToFloat {
        float at(int i);
    }

    private static float[] floats(int n, IntToFloat f) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = f.at(i);
        }
        return values;
    }

    private static List<MemorySegment> segments(float[]... parts) {
        return Stream.of(parts).map(MemorySegment::ofArray).toList();
    }

    /** The oracle: sort indices by falling |x| as Java compares floats, stably, and take the first k. */
    private static List<Integer> kept(float[][] parts, int k) {
        List<Float> all = new ArrayList<>();
        for (float[] part : parts) {
            for (float value : part) {
                all.add(Math.abs(value));
            }
        }
        return IntStream.range(0, all.size())
                .boxed()
                .sorted(Comparator.comparing(all::get, Comparator.reverseOrder()))
                .limit(k)
                .sorted()
                .toList();
    }

    private static List<Integer> indices(float[][] parts, List<long[]> masks) {
        List<Integer> indices = new ArrayList<>();
        int before = 0;
        assertThat(masks).hasSize(parts.length);
        for (int part = 0; part < parts.length; part++) {
            long[] mask = masks.get(part);
            assertThat(mask).hasSize((parts[part].length + 63) / 64);
            for (int i = 0; i < mask.length * 64; i++) {
                if ((mask[i / 64] >>> i & 1) != 0) {
                    assertThat(i).isLessThan(parts[part].length);
                    indices.add(before + i);
                }
            }
            before += parts[part].length;
        }
        return indices;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("groups")
    void agreesWithAStableSortForEveryK(String name, float[][] parts) {
        int n = Stream.of(parts).mapToInt(part -> part.length).sum();
        for (int k = 0; k <= n; k++) {
            List<MemorySegment> group = segments(parts);
            Threshold threshold = MagnitudeSelection.kthLargest(group, k);
            assertThat(indices(parts, MagnitudeSelection.keepTop(group, k)))
                    .as("k = %d", k)
                    .isEqualTo(kept(parts, k));
            assertThat(countAbove(parts, threshold.magnitudeBits()) + threshold.tiesKept())
                    .isEqualTo(k);
            assertThat(threshold.tiesKept() > 0).isEqualTo(k > 0);
        }
    }

    private static long countAbove(float[][] parts, int magnitudeBits) {
        long count = 0;
        for (float[] part : parts) {
            for (float value : part) {
                count += MagnitudeSelection.magnitudeBits(value) > magnitudeBits ? 1 : 0;
            }
        }
        return count;
    }

    @Test
    void thresholdOfAKnownCase() {
        List<MemorySegment> group = segments(new float[] {3, -1, 2}, new float[] {-2, 2, 0});
        assertThat(MagnitudeSelection.kthLargest(group, 3)).isEqualTo(new Threshold(Float.floatToRawIntBits(2f), 2));
        assertThat(MagnitudeSelection.kthLargest(group, 3).magnitude()).isEqualTo(2f);
        assertThat(MagnitudeSelection.keepTop(group, 3)).containsExactly(new long[] {0b101}, new long[] {0b01});
        assertThat(MagnitudeSelection.kthLargest(group, 0)).isEqualTo(new Threshold(0x7f800000, 0));
        assertThat(MagnitudeSelection.kthLargest(group, 6)).isEqualTo(new Threshold(0, 1));
    }

    @Test
    void kZeroKeepsNotEvenInfinity() {
        List<MemorySegment> group = segments(new float[] {Float.NEGATIVE_INFINITY, 1});
        assertThat(MagnitudeSelection.keepTop(group, 0)).containsExactly(new long[] {0});
    }

    @Test
    void nanIsRefusedWhereverItStandsAndWhateverKIs() {
        float negativeNanWithPayload = Float.intBitsToFloat(0xffa0_0001);
        List<MemorySegment> group = segments(new float[] {1, 2}, new float[] {3, 4, negativeNanWithPayload});
        for (int k : new int[] {0, 1, 5}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> MagnitudeSelection.kthLargest(group, k))
                    .withMessageContainingAll("NaN at element 2 of part 1", "index 4 of the group");
        }
    }

    @Test
    void kOutOfRangeAndBrokenFloatsAreRefused() {
        List<MemorySegment> group = segments(new float[3]);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MagnitudeSelection.kthLargest(group, 4))
                .withMessageContainingAll("0 to 3", "got 4");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MagnitudeSelection.kthLargest(group, -1))
                .withMessageContaining("got -1");
        List<MemorySegment> broken = List.of(MemorySegment.ofArray(new byte[6]));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MagnitudeSelection.kthLargest(broken, 1))
                .withMessageContaining("6 bytes");
    }

    @Test
    void nativeAndUnalignedSegmentsAreRead() {
        float[] values = gaussian(50);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment unaligned = arena.allocate(1 + 4L * values.length).asSlice(1);
            MemorySegment.copy(values, 0, unaligned, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values.length);
            assertThat(MagnitudeSelection.kthLargest(List.of(unaligned), 17))
                    .isEqualTo(MagnitudeSelection.kthLargest(segments(values), 17));
        }
    }
}
