package dev.gossamer.engine.sparse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.MemorySegment;
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

class SignedSelectionTest {

    static Stream<Arguments> groups() {
        Map<String, float[][]> groups = new LinkedHashMap<>();
        groups.put("no parts", new float[][] {});
        groups.put("empty parts", new float[][] {{}, {}});
        groups.put("zeros of both signs among others", new float[][] {{0f, -0f, -1, -0f, 0f}, {-0f, 1, Float.MIN_VALUE}
        });
        groups.put("all equal and negative", new float[][] {{-2, -2}, {}, {-2, -2, -2}});
        groups.put("extremes", new float[][] {
            {Float.NEGATIVE_INFINITY, Float.MAX_VALUE, -Float.MAX_VALUE, -Float.MIN_VALUE, -0f},
            {Float.POSITIVE_INFINITY, Float.MIN_NORMAL, Float.NEGATIVE_INFINITY}
        });
        groups.put("neighbours", new float[][] {neighbours(1 << 16), neighbours(1)});
        groups.put("any bits", new float[][] {anyBits(63), anyBits(64), anyBits(300)});
        groups.put("few distinct values", new float[][] {fewDistinct(129), fewDistinct(200)});
        return groups.entrySet().stream().map(e -> Arguments.of(e.getKey(), e.getValue()));
    }

    private static float[] neighbours(int step) {
        return floats(
                40, i -> Float.intBitsToFloat(Float.floatToRawIntBits(0.75f) + (i * 7 % 20) * step) * (i % 3 - 1));
    }

    private static float[] anyBits(int n) {
        Random random = new Random(n);
        return floats(n, i -> {
            float value = Float.intBitsToFloat(random.nextInt());
            return Float.isNaN(value) ? 0 : value;
        });
    }

    private static float[] fewDistinct(int n) {
        Random random = new Random(n);
        return floats(n, i -> (random.nextInt(7) - 3) * 0.125f);
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

    /** The oracle: sort indices by falling number as doubles compare with {@code <}, stably, and take the first k. */
    private static List<Integer> largest(List<Float> all, int k) {
        Comparator<Integer> falling = (a, b) -> all.get(a) > all.get(b) ? -1 : all.get(a) < all.get(b) ? 1 : 0;
        return IntStream.range(0, all.size())
                .boxed()
                .sorted(falling)
                .limit(k)
                .sorted()
                .toList();
    }

    private static List<Integer> set(float[][] parts, List<long[]> masks) {
        List<Integer> indices = new ArrayList<>();
        int before = 0;
        for (int part = 0; part < parts.length; part++) {
            long[] mask = masks.get(part);
            assertThat(mask).hasSize((parts[part].length + 63) / 64);
            for (int i = 0; i < mask.length * 64; i++) {
                if ((mask[i / 64] >>> i & 1) != 0) {
                    indices.add(before + i);
                }
            }
            before += parts[part].length;
        }
        return indices;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("groups")
    void keepsTheLargestOfEveryCount(String name, float[][] parts) {
        List<Float> all = new ArrayList<>();
        for (float[] part : parts) {
            for (float value : part) {
                all.add(value);
            }
        }
        for (int k = 0; k <= all.size(); k++) {
            assertThat(set(parts, SignedSelection.keepTop(segments(parts), k)))
                    .as("the " + k + " largest of " + name)
                    .isEqualTo(largest(all, k));
        }
    }

    @Test
    void refusesWhatHasNoAnswer() {
        List<MemorySegment> two = segments(new float[] {1, 2});

        assertThatIllegalArgumentException().isThrownBy(() -> SignedSelection.keepTop(two, 3));
        assertThatIllegalArgumentException().isThrownBy(() -> SignedSelection.keepTop(two, -1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SignedSelection.keepTop(segments(new float[] {1}, new float[] {2, Float.NaN}), 0))
                .withMessageContaining("element 1 of part 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SignedSelection.keepTop(List.of(MemorySegment.ofArray(new byte[7])), 0));
    }
}
