package dev.gossamer.fl.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SplitMix64Test {

    /** The JDK's generator of the same name starts from the seed itself; its mixing function is the same. */
    @Test
    void mixesAsTheReferenceDoes() {
        SplittableRandom reference = new SplittableRandom(1990);
        long first = reference.nextLong();
        // A stream without a path starts at the mixed seed, which is the reference's first number.
        SplittableRandom continued = new SplittableRandom(first);
        SplitMix64 own = SplitMix64.of(1990);
        for (int i = 0; i < 100; i++) {
            assertThat(own.nextLong()).isEqualTo(continued.nextLong());
        }
    }

    @Test
    void streamsOfCloseSeedsAndPathsDiffer() {
        Set<Long> firsts = new HashSet<>();
        for (int seed = 0; seed < 20; seed++) {
            firsts.add(SplitMix64.of(seed).nextLong());
            for (int a = 0; a < 20; a++) {
                firsts.add(SplitMix64.of(seed, a).nextLong());
                for (int b = 0; b < 20; b++) {
                    firsts.add(SplitMix64.of(seed, a, b).nextLong());
                }
            }
        }
        assertThat(firsts.size()).isEqualTo(20 * (1 + 20 + 400));
    }

    @Test
    void numbersAreUniform() {
        SplitMix64 random = SplitMix64.of(5);
        int[] counts = new int[7];
        double floats = 0;
        double doubles = 0;
        for (int i = 0; i < 70_000; i++) {
            counts[random.nextInt(7)]++;
            float f = random.nextFloat();
            double d = random.nextDouble();
            assertThat(f >= 0 && f < 1 && d >= 0 && d < 1).isTrue();
            floats += f;
            doubles += d;
        }
        // 10,000 expected in each, standard deviation 93; means have one of 0.0011.
        assertThat(Arrays.stream(counts)).allSatisfy(count -> assertThat(count).isBetween(9600, 10_400));
        assertThat(floats / 70_000).isCloseTo(0.5, within(0.005));
        assertThat(doubles / 70_000).isCloseTo(0.5, within(0.005));
        assertThat(random.nextInt(1)).isZero();
        assertThatIllegalArgumentException().isThrownBy(() -> random.nextInt(0)).withMessageContaining("bound is 0");
    }

    @Test
    void aShuffleIsAPermutationAndReachesEveryOrder() {
        SplitMix64 random = SplitMix64.of(9);
        int[] array = IntStream.range(0, 1000).toArray();
        random.shuffle(array);
        assertThat(array)
                .isNotEqualTo(IntStream.range(0, 1000).toArray())
                .containsExactlyInAnyOrder(IntStream.range(0, 1000).toArray());
        Set<String> orders = new HashSet<>();
        for (int i = 0; i < 500; i++) {
            int[] small = {0, 1, 2, 3};
            random.shuffle(small);
            orders.add(Arrays.toString(small));
        }
        assertThat(orders).hasSize(24);
    }
}
