package dev.gossamer.fl.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The kind that is sent against all kinds counted one by one, from lists of elements. */
class MaskPlanTest {

    @Test
    void takesTheSmallestOfAllKindsOnRandomMasks() {
        SplittableRandom random = new SplittableRandom(5);
        Set<MaskKind> taken = EnumSet.noneOf(MaskKind.class);
        for (int trial = 0; trial < 4000; trial++) {
            int rows = random.nextInt(1, 12);
            int cols = random.nextInt(1, 60);
            double density = Math.pow(random.nextDouble(), random.nextInt(1, 5));
            SparsityPattern pattern = mask(rows, cols, random.nextBoolean() ? density : 1 - density, random);
            SparsityPattern reference = random.nextInt(3) == 0 ? null : near(pattern, random);
            taken.add(check(pattern, reference).kind());
        }
        assertThat(taken).containsExactlyInAnyOrderElementsOf(EnumSet.range(MaskKind.BITS, MaskKind.CHANGES));
    }

    @Test
    void takesTheSmallestOfAllKindsOnPatternsThatAreFarFromRandom() {
        List<SparsityPattern> patterns = new ArrayList<>(List.of(
                SparsityPattern.empty(0, 0),
                SparsityPattern.empty(3, 0),
                SparsityPattern.empty(100, 70),
                SparsityPattern.full(1, 1),
                SparsityPattern.full(100, 70),
                SparsityPattern.fromMask(100, 70, (row, col) -> row == 99 && col == 69),
                SparsityPattern.fromMask(100, 70, (row, col) -> row % 2 == 0),
                SparsityPattern.fromMask(100, 70, (row, col) -> row == 50),
                SparsityPattern.fromMask(100, 70, (row, col) -> row % 10 == 9 && col < 20),
                SparsityPattern.fromMask(100, 70, (row, col) -> (row + col) % 2 == 0),
                SparsityPattern.fromMask(100, 70, (row, col) -> row == col),
                SparsityPattern.fromMask(1, 100_000, (row, col) -> col % 5000 < 30),
                SparsityPattern.fromMask(1, 100_000, (row, col) -> Integer.bitCount(col) == 1)));
        for (SparsityPattern pattern : patterns) {
            check(pattern, null);
            check(pattern, pattern);
            check(pattern, SparsityPattern.full(pattern.rows(), pattern.cols()));
        }
    }

    private static MaskPlan check(SparsityPattern pattern, SparsityPattern reference) {
        MaskPlan plan = MaskPlan.of(pattern, reference);
        MaskPlan best = null;
        for (MaskPlan other : all(pattern, reference)) {
            best = best == null || other.sizeBytes() < best.sizeBytes() ? other : best;
        }
        assertThat(plan).as("%s, reference %s", pattern, reference).isEqualTo(best);
        TensorState tensor = TensorState.sparse(
                "w", new int[] {pattern.rows(), pattern.cols()}, pattern, Messages.values((int) pattern.nnz(), 1));
        byte[] message = WireCodec.encode(Messages.update(tensor));
        assertThat(WireCodec.decode(message).model().tensor("w")).isEqualTo(tensor);
        if (reference != null) {
            ModelState known = Messages.update(tensor.with(reference, new float[(int) reference.nnz()]))
                    .model();
            SparseUpdate update = Messages.update(tensor);
            byte[] relative = WireCodec.encode(update, known);
            assertThat(relative).hasSizeLessThanOrEqualTo(message.length);
            SparseUpdate back = WireCodec.decode(relative, DecodeOptions.DEFAULT, known);
            assertThat(back).isEqualTo(update);
            assertThat(Messages.again(relative, back, known)).isEqualTo(relative);
            assertThat(WireCodec.sizeBytes(update, known)).isEqualTo(relative.length);
        }
        return plan;
    }

    /** Every kind that can write the pattern, with its best parameter, in the order in which equals are preferred. */
    private static List<MaskPlan> all(SparsityPattern pattern, SparsityPattern reference) {
        int size = (int) pattern.size();
        int[] present = pattern.flatIndices().mapToInt(Math::toIntExact).toArray();
        Set<Integer> in = boxed(present);
        int[] absent = IntStream.range(0, size).filter(i -> !in.contains(i)).toArray();
        List<MaskPlan> plans = new ArrayList<>();
        plans.add(new MaskPlan(MaskKind.BITS, 0, (size + 7) / 8));
        plans.add(new MaskPlan(MaskKind.GAPS, 0, lebBytes(gaps(present))));
        plans.add(new MaskPlan(MaskKind.ABSENT_GAPS, 0, lebBytes(gaps(absent))));
        plans.add(rice(MaskKind.RICE, gaps(present)));
        plans.add(rice(MaskKind.ABSENT_RICE, gaps(absent)));
        if (reference != null) {
            Set<Integer> before =
                    boxed(reference.flatIndices().mapToInt(Math::toIntExact).toArray());
            int[] changed = IntStream.range(0, size)
                    .filter(i -> in.contains(i) != before.contains(i))
                    .toArray();
            if (changed.length == 0) {
                plans.add(new MaskPlan(MaskKind.REFERENCE, 0, 0));
            }
            plans.add(rice(MaskKind.CHANGES, gaps(changed)));
        }
        return plans;
    }

    private static Set<Integer> boxed(int[] elements) {
        return new java.util.HashSet<>(Arrays.stream(elements).boxed().toList());
    }

    private static int[] gaps(int[] elements) {
        int[] gaps = elements.clone();
        for (int i = gaps.length - 1; i > 0; i--) {
            gaps[i] -= gaps[i - 1] + 1;
        }
        return gaps;
    }

    private static long lebBytes(int[] gaps) {
        return Arrays.stream(gaps)
                .mapToLong(gap -> Math.max(1, (38 - Integer.numberOfLeadingZeros(gap)) / 7))
                .sum();
    }

    private static MaskPlan rice(MaskKind kind, int[] gaps) {
        long least = Long.MAX_VALUE;
        int best = 0;
        for (int k = 0; k <= 30; k++) {
            long bits = 0;
            for (int gap : gaps) {
                bits += k + 1 + (gap >> k);
            }
            if (bits < least) {
                least = bits;
                best = k;
            }
        }
        return new MaskPlan(kind, best, (least + 7) / 8);
    }

    private static SparsityPattern mask(int rows, int cols, double density, SplittableRandom random) {
        long[] bits = new long[(rows * cols + 63) / 64];
        for (int i = 0; i < rows * cols; i++) {
            if (random.nextDouble() < density) {
                bits[i >> 6] |= 1L << i;
            }
        }
        return SparsityPattern.fromBits(rows, cols, bits);
    }

    /** The pattern with none or a few of its elements turned over. */
    private static SparsityPattern near(SparsityPattern pattern, SplittableRandom random) {
        long[] bits = pattern.toBits();
        for (int changes = random.nextInt(4); changes > 0; changes--) {
            int element = random.nextInt((int) pattern.size());
            bits[element >> 6] ^= 1L << element;
        }
        return SparsityPattern.fromBits(pattern.rows(), pattern.cols(), bits);
    }
}
