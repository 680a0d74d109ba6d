package dev.gossamer.engine.sparse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.sparse.SparsityPattern.Transposed;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SparsityPatternTest {

    /** Every awkward size, with empty and full rows, and a density each. */
    static Stream<SparsityPattern> patterns() {
        List<SparsityPattern> all = new ArrayList<>();
        int[] sizes = {0, 1, 2, 7, 8, 9, 33, 64, 65};
        Random random = new Random(7);
        for (int rows : sizes) {
            for (int cols : sizes) {
                for (double density : new double[] {0, 0.05, 0.5, 1}) {
                    all.add(random(rows, cols, density, random.nextLong()));
                }
            }
        }
        return all.stream();
    }

    static SparsityPattern random(int rows, int cols, double density, long seed) {
        boolean[] mask = new boolean[rows * cols];
        Random random = new Random(seed);
        for (int r = 0; r < rows; r++) {
            boolean emptyRow = random.nextInt(8) == 0;
            boolean fullRow = density > 0 && random.nextInt(8) == 0;
            for (int c = 0; c < cols; c++) {
                mask[r * cols + c] = density == 1 || fullRow || (!emptyRow && random.nextDouble() < density);
            }
        }
        return SparsityPattern.fromMask(rows, cols, (r, c) -> mask[r * cols + c]);
    }

    private static void checkStructure(SparsityPattern p) {
        assertThat(SparsityPattern.of(p.rows(), p.cols(), p.copyRowPtr(), p.copyColIdx()))
                .isEqualTo(p);
    }

    private static Set<Long> set(SparsityPattern p) {
        Set<Long> set = new TreeSet<>();
        p.flatIndices().forEach(set::add);
        return set;
    }

    @Nested
    class Validation {

        private void refused(int rows, int cols, int[] rowPtr, int[] colIdx, String... words) {
            assertThatThrownBy(() -> SparsityPattern.of(rows, cols, rowPtr, colIdx))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll(words);
        }

        @Test
        void namesWhatIsWrongAndWhere() {
            refused(-1, 2, new int[1], new int[0], "-1x2");
            refused(2, -3, new int[3], new int[0], "2x-3");
            refused(2, 3, new int[] {0, 0}, new int[0], "2 offsets", "need 3");
            refused(1, 3, new int[] {1, 1}, new int[0], "rowPtr[0] = 1");
            refused(2, 3, new int[] {0, 2, 1}, new int[] {0}, "falls from 2 to 1 at row 1");
            refused(2, 3, new int[] {0, 1, 2}, new int[] {0}, "ends at 2", "1 entries");
            refused(2, 3, new int[] {0, 1, 2}, new int[] {0, 3}, "colIdx[1] = 3 in row 1", "0..2");
            refused(2, 3, new int[] {0, 1, 2}, new int[] {0, -1}, "colIdx[1] = -1 in row 1");
            refused(2, 3, new int[] {0, 0, 2}, new int[] {1, 1}, "colIdx[1] = 1 in row 1", "repeats the one before");
            refused(2, 3, new int[] {0, 0, 2}, new int[] {2, 1}, "colIdx[1] = 1 in row 1", "follows 2");
        }

        @Test
        void offsetsBeyondTheEntriesAreRefusedBeforeAnyIndexIsRead() {
            refused(2, 3, new int[] {0, 9, 1}, new int[] {0}, "falls from 9 to 1 at row 1");
            refused(1, 3, new int[] {0, Integer.MAX_VALUE}, new int[] {0}, "ends at 2147483647");
            refused(1, 3, new int[] {0, -1}, new int[0], "falls from 0 to -1 at row 0");
        }

        @Test
        void flatIndicesAreChecked() {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SparsityPattern.fromFlatIndices(2, 3, new long[] {0, 6}))
                    .withMessageContainingAll("flat index 6 at position 1", "2x3");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SparsityPattern.fromFlatIndices(2, 3, new int[] {-1}))
                    .withMessageContaining("flat index -1 at position 0");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SparsityPattern.fromFlatIndices(2, 3, new int[] {4, 4}))
                    .withMessageContaining("flat index 4 at position 1 follows 4");
        }

        @Test
        void bitMasksAreChecked() {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SparsityPattern.fromBits(2, 3, new long[2]))
                    .withMessageContainingAll("6 elements", "1 words", "got 2");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SparsityPattern.fromBits(2, 3, new long[] {1L << 6}))
                    .withMessageContaining("beyond the last of its 6 elements");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SparsityPattern.full(2, 3).retain(new long[] {1L << 63}))
                    .withMessageContaining("beyond the last of its 6 positions");
        }

        @Test
        void moreEntriesThan32BitsHoldAreRefused() {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SparsityPattern.full(1 << 16, 1 << 16))
                    .withMessageContainingAll("4294967296", "at most " + SparsityPattern.MAX_NNZ);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SparsityPattern.empty(1 << 16, 1 << 16).complement())
                    .withMessageContaining("4294967296");
        }

        @Test
        void aMaskThatChangesItsMindIsRefused() {
            int[] asked = {0};
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SparsityPattern.fromMask(2, 2, (r, c) -> asked[0]++ < 1))
                    .withMessageContaining("row 0");
            int[] again = {0};
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> SparsityPattern.fromMask(2, 2, (r, c) -> again[0]++ >= 4))
                    .withMessageContaining("row 0");
        }

        @Test
        void callersArraysAreCopied() {
            int[] rowPtr = {0, 1};
            int[] colIdx = {1};
            SparsityPattern p = SparsityPattern.of(1, 2, rowPtr, colIdx);
            rowPtr[1] = 0;
            colIdx[0] = 0;
            p.copyColIdx()[0] = 0;
            p.copyRowPtr()[1] = 0;
            assertThat(p.nnz()).isEqualTo(1);
            assertThat(p.contains(0, 1)).isTrue();
            assertThat(p.contains(0, 0)).isFalse();
        }
    }

    @Nested
    class Access {

        /** 1 at (0,1), (0,3), (2,0); row 1 empty. */
        private final SparsityPattern p = SparsityPattern.of(3, 4, new int[] {0, 2, 2, 3}, new int[] {1, 3, 0});

        @Test
        void sizes() {
            assertThat(p.rows()).isEqualTo(3);
            assertThat(p.cols()).isEqualTo(4);
            assertThat(p.nnz()).isEqualTo(3);
            assertThat(p.size()).isEqualTo(12);
            assertThat(p.density()).isEqualTo(0.25);
            assertThat(p.sparsity()).isEqualTo(0.75);
            assertThat(p.sizeBytes()).isEqualTo(4 * (4 + 3));
            assertThat(p.isFull()).isFalse();
            assertThat(p).hasToString("3x4 nnz=3 (sparsity 0.7500)");
            assertThat(SparsityPattern.empty(0, 5).density()).isZero();
        }

        @Test
        void entries() {
            assertThat(p.rowStart(2)).isEqualTo(2);
            assertThat(p.rowEnd(1)).isEqualTo(2);
            assertThat(p.rowNnz(0)).isEqualTo(2);
            assertThat(p.col(1)).isEqualTo(3);
            assertThat(p.position(0, 3)).isEqualTo(1);
            assertThat(p.position(1, 3)).isEqualTo(-1);
            assertThat(IntStream.range(0, 3).map(p::rowOf)).containsExactly(0, 0, 2);
            assertThat(p.flatIndices()).containsExactly(1L, 3L, 8L);
            assertThatThrownBy(() -> p.contains(3, 0)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> p.contains(0, 4)).isInstanceOf(IndexOutOfBoundsException.class);
        }

        @Test
        void segmentsAreReadOnlyViews() {
            assertThat(p.rowPtrSegment().toArray(ValueLayout.JAVA_INT)).containsExactly(0, 2, 2, 3);
            assertThat(p.colIdxSegment().toArray(ValueLayout.JAVA_INT)).containsExactly(1, 3, 0);
            assertThat(p.colIdxSegment().isReadOnly()).isTrue();
            assertThat(p.colIdxSegment().heapBase()).isEmpty();
            assertThat(p.rowPtrSegment().isReadOnly()).isTrue();
        }

        @Test
        void flatIndicesGoBeyond31Bits() {
            long last = (1L << 40) - 1;
            SparsityPattern wide = SparsityPattern.fromFlatIndices(1 << 20, 1 << 20, new long[] {0, 1L << 33, last});
            assertThat(wide.flatIndices()).containsExactly(0L, 1L << 33, last);
            assertThat(wide.contains(1 << 13, 0)).isTrue();
            checkStructure(wide);
        }

        @ParameterizedTest
        @MethodSource("dev.gossamer.engine.sparse.SparsityPatternTest#patterns")
        void everyFactoryBuildsTheSamePattern(SparsityPattern p) {
            checkStructure(p);
            long[] flat = p.flatIndices().toArray();
            int[] narrow = p.flatIndices().mapToInt(Math::toIntExact).toArray();
            assertThat(flat).hasSize((int) p.nnz());
            assertThat(SparsityPattern.fromFlatIndices(p.rows(), p.cols(), flat))
                    .isEqualTo(p);
            assertThat(SparsityPattern.fromFlatIndices(p.rows(), p.cols(), narrow))
                    .isEqualTo(p);
            assertThat(SparsityPattern.fromBits(p.rows(), p.cols(), p.toBits())).isEqualTo(p);
            assertThat(SparsityPattern.fromMask(p.rows(), p.cols(), p::contains))
                    .isEqualTo(p);
            p.forEach((r, c, at) -> {
                assertThat(p.position(r, c)).isEqualTo(at);
                assertThat(p.rowOf(at)).isEqualTo(r);
                assertThat(flat[at]).isEqualTo((long) r * p.cols() + c);
            });
        }
    }

    @Nested
    class Algebra {

        @ParameterizedTest
        @MethodSource("dev.gossamer.engine.sparse.SparsityPatternTest#patterns")
        void transposeCarriesThePermutation(SparsityPattern p) {
            Transposed t = p.transpose();
            checkStructure(t.pattern());
            assertThat(t.pattern()).isEqualTo(SparsityPattern.fromMask(p.cols(), p.rows(), (r, c) -> p.contains(c, r)));
            t.pattern().forEach((r, c, at) -> assertThat(t.permutation()[at]).isEqualTo(p.position(c, r)));
            Transposed back = t.pattern().transpose();
            assertThat(back.pattern()).isEqualTo(p);
            int[] roundTrip = IntStream.of(back.permutation())
                    .map(q -> t.permutation()[q])
                    .toArray();
            assertThat(roundTrip)
                    .containsExactly(IntStream.range(0, (int) p.nnz()).toArray());
        }

        @ParameterizedTest
        @MethodSource("dev.gossamer.engine.sparse.SparsityPatternTest#patterns")
        void setOperationsAgreeWithSets(SparsityPattern p) {
            SparsityPattern q = random(p.rows(), p.cols(), 0.3, 99);
            check(p.union(q), set -> set.addAll(set(q)), p);
            check(p.intersect(q), set -> set.retainAll(set(q)), p);
            check(p.minus(q), set -> set.removeAll(set(q)), p);
            check(p.complement(), set -> set.removeAll(set(p)), SparsityPattern.full(p.rows(), p.cols()));
            assertThat(p.union(q).containsAll(p)).isTrue();
            assertThat(p.containsAll(q)).isEqualTo(set(p).containsAll(set(q)));
        }

        private void check(SparsityPattern got, Consumer<Set<Long>> operation, SparsityPattern start) {
            Set<Long> want = set(start);
            operation.accept(want);
            checkStructure(got);
            assertThat(set(got)).isEqualTo(want);
        }

        @ParameterizedTest
        @MethodSource("dev.gossamer.engine.sparse.SparsityPatternTest#patterns")
        void positionsInAnotherPattern(SparsityPattern p) {
            SparsityPattern q = random(p.rows(), p.cols(), 0.4, 5);
            int[] positions = p.positionsIn(q);
            p.forEach((r, c, at) -> assertThat(positions[at]).isEqualTo(q.position(r, c)));
        }

        @ParameterizedTest
        @MethodSource("dev.gossamer.engine.sparse.SparsityPatternTest#patterns")
        void retainKeepsTheChosenPositions(SparsityPattern p) {
            SparsityPattern kept = random(p.rows(), p.cols(), 0.5, 3);
            long[] positions = new long[(int) (p.nnz() + 63) >> 6];
            p.forEach((r, c, at) -> positions[at >> 6] |= kept.contains(r, c) ? 1L << at : 0);
            SparsityPattern got = p.retain(positions);
            checkStructure(got);
            assertThat(got).isEqualTo(p.intersect(kept));
        }

        @Test
        void shapesMustAgree() {
            SparsityPattern a = SparsityPattern.empty(2, 3);
            SparsityPattern b = SparsityPattern.empty(3, 2);
            assertThatIllegalArgumentException().isThrownBy(() -> a.union(b)).withMessageContainingAll("2x3", "3x2");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> a.positionsIn(b))
                    .withMessageContaining("3x2");
        }

        @Test
        void fullAndEmpty() {
            SparsityPattern full = SparsityPattern.full(3, 5);
            assertThat(full.isFull()).isTrue();
            assertThat(full.sparsity()).isZero();
            checkStructure(full);
            assertThat(full.complement()).isEqualTo(SparsityPattern.empty(3, 5));
        }
    }

    @Nested
    class Identity {

        @Test
        void digestIsFixedByStructureAndShape() {
            SparsityPattern p = SparsityPattern.of(2, 3, new int[] {0, 1, 2}, new int[] {2, 0});
            SparsityPattern same = SparsityPattern.fromFlatIndices(2, 3, new int[] {2, 3});
            assertThat(p.digest()).isEqualTo(same.digest()).hasSize(32).isEqualTo("89b24447892ee630b88a21ff562abb5c");
            assertThat(p)
                    .isEqualTo(same)
                    .hasSameHashCodeAs(same)
                    .isNotEqualTo("2x3")
                    .isNotEqualTo(null);
            SparsityPattern wider = SparsityPattern.of(2, 4, new int[] {0, 1, 2}, new int[] {2, 0});
            SparsityPattern moved = SparsityPattern.of(2, 3, new int[] {0, 2, 2}, new int[] {0, 2});
            assertThat(List.of(wider, moved)).allSatisfy(other -> {
                assertThat(other).isNotEqualTo(p);
                assertThat(other.digest()).isNotEqualTo(p.digest());
            });
        }

        @Test
        void digestCoversEveryIndexBeyondOneChunk() {
            int n = 10_000;
            SparsityPattern full = SparsityPattern.full(1, n);
            assertThat(IntStream.of(0, 4094, 4095, 4096, 8191, 9_998)
                            .mapToObj(hole -> SparsityPattern.fromMask(1, n, (r, c) -> c != hole)
                                    .digest()))
                    .doesNotHaveDuplicates()
                    .doesNotContain(full.digest());
        }
    }
}
