package dev.gossamer.engine.sparse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.gossamer.engine.sparse.CooMatrix.Duplicates;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HostMatrixTest {

    /** Quiet and signalling, of both signs, with payloads. */
    private static final int[] NAN_BITS = {0x7fc0_0000, 0xffc1_2345, 0x7f80_0001, 0xffbf_ffff};

    private static final float[] AWKWARD = {
        0f, -0f, 1f, -1.5f, Float.MIN_VALUE, -Float.MAX_VALUE, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY
    };

    /** Matrices of every pattern of {@link SparsityPatternTest} with awkward values. */
    static Stream<CsrMatrix> matrices() {
        return SparsityPatternTest.patterns().map(pattern -> {
            Random random = new Random(pattern.nnz());
            float[] values = new float[(int) pattern.nnz()];
            for (int p = 0; p < values.length; p++) {
                int choice = random.nextInt(16);
                values[p] = choice < 8
                        ? AWKWARD[choice]
                        : choice < 12 ? Float.intBitsToFloat(NAN_BITS[choice - 8]) : (float) random.nextGaussian();
            }
            return CsrMatrix.of(pattern, values);
        });
    }

    private static int bits(float value) {
        return Float.floatToRawIntBits(value);
    }

    private static void assertSameBits(float[] got, float[] want) {
        assertThat(IntStream.range(0, got.length).map(i -> bits(got[i])).toArray())
                .isEqualTo(
                        IntStream.range(0, want.length).map(i -> bits(want[i])).toArray());
    }

    @Nested
    class Conversions {

        @ParameterizedTest
        @MethodSource("dev.gossamer.engine.sparse.HostMatrixTest#matrices")
        void everyWayThroughTheSparseFormatsComesBackToTheSameBits(CsrMatrix csr) {
            List<HostMatrix> sources = List.of(csr, csr.toCsc(), csr.toCoo());
            for (HostMatrix source : sources) {
                for (HostMatrix via : List.of(source.toCsr(), source.toCsc(), source.toCoo())) {
                    assertThat(via.nnz()).isEqualTo(csr.nnz());
                    assertThat(via.toCsr()).isEqualTo(csr);
                    assertThat(via.toCsc()).isEqualTo(csr.toCsc());
                    assertThat(via.toCoo()).isEqualTo(csr.toCoo());
                    assertThat(via.toDense()).isEqualTo(csr.toDense());
                    assertSameBits(via.toCsr().copyValues(), csr.copyValues());
                }
            }
        }

        @ParameterizedTest
        @MethodSource("dev.gossamer.engine.sparse.HostMatrixTest#matrices")
        void elementsAgreeWithTheDefinition(CsrMatrix csr) {
            CscMatrix csc = csr.toCsc();
            CooMatrix coo = csr.toCoo();
            DenseMatrix dense = csr.toDense();
            for (int r = 0; r < csr.rows(); r++) {
                for (int c = 0; c < csr.cols(); c++) {
                    int p = csr.pattern().position(r, c);
                    int want = p < 0 ? 0 : bits(csr.value(p));
                    assertThat(bits(csr.get(r, c))).isEqualTo(want);
                    assertThat(bits(csc.get(r, c))).isEqualTo(want);
                    assertThat(bits(dense.get(r, c))).isEqualTo(want);
                }
            }
            csr.pattern().forEach((r, c, p) -> {
                assertThat(coo.row(p)).isEqualTo(r);
                assertThat(coo.col(p)).isEqualTo(c);
                assertThat(bits(coo.value(p))).isEqualTo(bits(csr.value(p)));
            });
        }

        @ParameterizedTest
        @MethodSource("dev.gossamer.engine.sparse.HostMatrixTest#matrices")
        void throughDenseThePatternBringsExplicitZerosBack(CsrMatrix csr) {
            DenseMatrix dense = csr.toDense();
            assertThat(dense.gather(csr.pattern())).isEqualTo(csr);
            for (HostMatrix sparse : List.of(dense.toCsr(), dense.toCsc(), dense.toCoo())) {
                assertThat(sparse.toDense()).isEqualTo(dense);
                for (float value : sparse.toCsr().copyValues()) {
                    assertThat(bits(value)).isNotZero();
                }
            }
        }

        @ParameterizedTest
        @MethodSource("dev.gossamer.engine.sparse.HostMatrixTest#matrices")
        void transposeSwapsRowsAndColumnsInEveryFormat(CsrMatrix csr) {
            DenseMatrix want = csr.toDense().transpose();
            for (int r = 0; r < csr.rows(); r++) {
                for (int c = 0; c < csr.cols(); c++) {
                    assertThat(bits(want.get(c, r))).isEqualTo(bits(csr.get(r, c)));
                }
            }
            for (HostMatrix matrix : List.of(csr, csr.toCsc(), csr.toCoo(), csr.toDense())) {
                HostMatrix transposed = matrix.transpose();
                assertThat(transposed).isInstanceOf(matrix.getClass());
                assertThat(transposed.toDense()).isEqualTo(want);
                assertThat(transposed.nnz()).isEqualTo(matrix.nnz());
                assertThat(transposed.transpose()).isEqualTo(matrix).hasSameHashCodeAs(matrix);
            }
        }

        @Test
        void arraysOfAKnownMatrix() {
            // 0 7 0
            // 5 0 6
            CsrMatrix csr = CsrMatrix.of(2, 3, new int[] {0, 1, 3}, new int[] {1, 0, 2}, new float[] {7, 5, 6});
            CscMatrix csc = csr.toCsc();
            assertThat(csc.copyColPtr()).containsExactly(0, 1, 2, 3);
            assertThat(csc.copyRowIdx()).containsExactly(1, 0, 1);
            assertThat(csc.copyValues()).containsExactly(5, 7, 6);
            assertThat(csc.colStart(2)).isEqualTo(2);
            assertThat(csc.colEnd(2)).isEqualTo(3);
            assertThat(csc.row(2)).isEqualTo(1);
            assertThat(csc.value(2)).isEqualTo(6);
            assertThat(CscMatrix.of(2, 3, csc.copyColPtr(), csc.copyRowIdx(), csc.copyValues()))
                    .isEqualTo(csc);
            assertThat(csr.toCoo().copyRowIdx()).containsExactly(0, 1, 1);
            assertThat(csr.toCoo().copyColIdx()).containsExactly(1, 0, 2);
            assertThat(csr.toCoo().pattern()).isEqualTo(csr.pattern());
            assertThat(csr.toDense().copyElements()).containsExactly(0, 7, 0, 5, 0, 6);
            assertThat(Stream.of(csr.valuesSegment(), csr.toCoo().valuesSegment()))
                    .allSatisfy(
                            s -> assertThat(s.toArray(ValueLayout.JAVA_FLOAT)).containsExactly(7, 5, 6))
                    .allSatisfy(s -> assertThat(s.isReadOnly()).isTrue());
            assertThat(csc.valuesSegment().toArray(ValueLayout.JAVA_FLOAT)).containsExactly(5, 7, 6);
            assertThat(csr.toDense().elementsSegment().isReadOnly()).isTrue();
            assertThat(List.of(csr, csc, csr.toCoo(), csr.toDense()))
                    .extracting(Object::toString)
                    .containsExactly("CSR 2x3 nnz=3 (sparsity 0.5000)", "CSC 2x3 nnz=3", "COO 2x3 nnz=3", "dense 2x3");
        }
    }

    @Nested
    class Coordinates {

        @ParameterizedTest
        @MethodSource("dev.gossamer.engine.sparse.HostMatrixTest#matrices")
        void shuffledEntriesAreSorted(CsrMatrix csr) {
            CooMatrix coo = csr.toCoo();
            int n = (int) coo.nnz();
            List<Integer> order = new ArrayList<>(IntStream.range(0, n).boxed().toList());
            Collections.shuffle(order, new Random(11));
            int[] rowIdx = order.stream().mapToInt(coo::row).toArray();
            int[] colIdx = order.stream().mapToInt(coo::col).toArray();
            float[] values = new float[n];
            for (int p = 0; p < n; p++) {
                values[p] = coo.value(order.get(p));
            }
            assertThat(CooMatrix.of(coo.rows(), coo.cols(), rowIdx, colIdx, values, Duplicates.REFUSE))
                    .isEqualTo(coo);
        }

        @Test
        void hypersparseMatricesOfAlmost62BitIndicesAreSorted() {
            int n = Integer.MAX_VALUE - 9;
            int[] rows = {n - 1, 0, n - 1, 5, 0};
            int[] cols = {n - 1, n - 1, 0, 7, 0};
            CooMatrix coo = CooMatrix.of(n, n, rows, cols, new float[] {1, 2, 3, 4, 5}, Duplicates.REFUSE);
            assertThat(coo.copyValues()).containsExactly(5, 2, 4, 3, 1);
            assertThat(coo.transpose().copyValues()).containsExactly(5, 3, 4, 2, 1);
        }

        @Test
        void duplicatesAreRefusedByTheOrderInWhichTheyWereGiven() {
            int[] rows = {2, 0, 1, 0};
            int[] cols = {0, 1, 1, 1};
            DuplicateEntryException e = catchThrowableOfType(
                    DuplicateEntryException.class,
                    () -> CooMatrix.of(3, 2, rows, cols, new float[4], Duplicates.REFUSE));
            assertThat(e).hasMessageContainingAll("entries 1 and 3", "(0, 1)", "summed");
            assertThat(new int[] {e.row(), e.col(), e.first(), e.second()}).containsExactly(0, 1, 1, 3);
            DuplicateEntryException sorted = catchThrowableOfType(
                    DuplicateEntryException.class,
                    () -> CooMatrix.of(1, 3, new int[3], new int[] {0, 2, 2}, new float[3], Duplicates.REFUSE));
            assertThat(new int[] {sorted.first(), sorted.second()}).containsExactly(1, 2);
        }

        @Test
        void duplicatesAreSummedInDoubleAndSingleEntriesKeepTheirBits() {
            float nan = Float.intBitsToFloat(0x7f80_0001);
            int[] rows = {1, 0, 1, 0, 1, 0};
            int[] cols = {1, 0, 1, 1, 1, 2};
            float[] values = {1e8f, -0f, 1f, nan, -1e8f, 3f};
            CooMatrix coo = CooMatrix.of(2, 3, rows, cols, values, Duplicates.SUM);
            assertThat(coo.copyRowIdx()).containsExactly(0, 0, 0, 1);
            assertThat(coo.copyColIdx()).containsExactly(0, 1, 2, 1);
            assertSameBits(coo.copyValues(), new float[] {-0f, nan, 3f, 1f});
        }

        @Test
        void entriesOutsideTheMatrixAreRefused() {
            for (int[] at : new int[][] {{2, 0}, {0, 3}, {-1, 0}, {0, -1}}) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> CooMatrix.of(
                                2, 3, new int[] {0, at[0]}, new int[] {0, at[1]}, new float[2], Duplicates.SUM))
                        .withMessageContainingAll("entry 1 at (" + at[0] + ", " + at[1] + ")", "2x3");
            }
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CooMatrix.of(2, 3, new int[1], new int[2], new float[2], Duplicates.SUM))
                    .withMessageContainingAll("1 rowIdx", "2 colIdx", "2 values");
        }
    }

    @Nested
    class Refusals {

        @Test
        void countsMustAgree() {
            SparsityPattern pattern = SparsityPattern.full(2, 2);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CsrMatrix.of(pattern, new float[3]))
                    .withMessageContainingAll("4 entries", "got 3");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DenseMatrix.of(2, 2, new float[5]))
                    .withMessageContainingAll("2x2", "4 elements, got 5");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DenseMatrix.of(2, 2, new float[4]).gather(SparsityPattern.full(4, 1)))
                    .withMessageContainingAll("4x1", "2x2");
        }

        @Test
        void compressedColumnsNameTheColumn() {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CscMatrix.of(3, 2, new int[] {0, 1, 2}, new int[] {0, 3}, new float[2]))
                    .withMessageContaining("rowIdx[1] = 3 in col 1 is outside 0..2");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CscMatrix.of(3, 2, new int[] {0, 2, 2}, new int[] {1, 0}, new float[2]))
                    .withMessageContaining("rowIdx[1] = 0 in col 0 follows 1");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CscMatrix.of(3, 2, new int[] {0, 2}, new int[] {0, 1}, new float[2]))
                    .withMessageContaining("colPtr has 2 offsets, 2 cols need 3");
        }

        @Test
        void denseFormsThatFitNoArrayAreRefused() {
            CooMatrix huge = CooMatrix.of(1 << 16, 1 << 16, new int[1], new int[1], new float[1], Duplicates.REFUSE);
            for (HostMatrix matrix : List.of(huge, huge.toCsr(), huge.toCsc())) {
                assertThatIllegalArgumentException().isThrownBy(matrix::toDense).withMessageContaining("4294967296");
            }
        }
    }

    @Nested
    class Equality {

        @Test
        void isOfBits() {
            SparsityPattern one = SparsityPattern.full(1, 1);
            CsrMatrix plus = CsrMatrix.of(one, new float[] {0f});
            CsrMatrix minus = CsrMatrix.of(one, new float[] {-0f});
            CsrMatrix nan = CsrMatrix.of(one, new float[] {Float.NaN});
            CsrMatrix otherNan = CsrMatrix.of(one, new float[] {Float.intBitsToFloat(0x7fc0_0001)});
            assertThat(plus).isNotEqualTo(minus).isNotEqualTo(null);
            assertThat(plus.toDense()).isNotEqualTo(minus.toDense());
            assertThat(plus.toCoo()).isNotEqualTo(minus.toCoo());
            assertThat(plus.toCsc()).isNotEqualTo(minus.toCsc());
            assertThat(nan)
                    .isEqualTo(CsrMatrix.of(one, new float[] {Float.NaN}))
                    .isNotEqualTo(otherNan);
            assertThat((Object) plus).isNotEqualTo(plus.toCsc());
        }

        @Test
        void givenArraysAreCopied() {
            float[] values = {1};
            int[] index = {0};
            HostMatrix csr = CsrMatrix.of(SparsityPattern.full(1, 1), values);
            HostMatrix csc = CscMatrix.of(1, 1, new int[] {0, 1}, index, values);
            HostMatrix coo = CooMatrix.of(1, 1, index, index, values, Duplicates.REFUSE);
            HostMatrix dense = DenseMatrix.of(1, 1, values);
            values[0] = 2;
            index[0] = 9;
            assertThat(List.of(csr, csc, coo, dense))
                    .allSatisfy(m -> assertThat(m.toDense().get(0, 0)).isEqualTo(1));
            assertThat(List.of(csr, csc, coo, dense))
                    .allSatisfy(m -> assertThat(m.toCoo().row(0)).isZero());
        }
    }
}
