package dev.gossamer.fl.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ComparisonFormTest {

    /** Entries (0,1) (0,3) (0,4) (2,0): rows of 3, 0 and 1. */
    private static final TensorState TENSOR = Messages.at("w", new int[] {3, 5}, 1, 3, 4, 10);

    @Test
    void sizesAreThoseOfTheFormulas() {
        assertThat(ComparisonForm.DENSE.sizeBytes(TENSOR)).isEqualTo(4 * 15);
        assertThat(ComparisonForm.CSR.sizeBytes(TENSOR)).isEqualTo(8 * 4 + 4 * 4);
        assertThat(ComparisonForm.CSC.sizeBytes(TENSOR)).isEqualTo(8 * 4 + 4 * 6);
        assertThat(ComparisonForm.COO_INT64.sizeBytes(TENSOR)).isEqualTo(20 * 4);
        assertThat(ComparisonForm.FLAT_COO_INT64.sizeBytes(TENSOR)).isEqualTo(12 * 4);
        assertThat(ComparisonForm.ELL.sizeBytes(TENSOR)).isEqualTo(8 * 3 * 3);
        assertThat(ComparisonForm.BITMASK.sizeBytes(TENSOR)).isEqualTo(2 + 4 * 4);
        TensorState dense = Messages.dense("b", new int[] {7}, 1);
        for (ComparisonForm form : ComparisonForm.values()) {
            assertThat(form.sizeBytes(dense)).isEqualTo(28);
            assertThat(form.sizeBytes(new ModelState(List.of(TENSOR, dense)))).isEqualTo(form.sizeBytes(TENSOR) + 28);
        }
    }

    @Test
    void theBoundIsShannons() {
        assertThat(ComparisonForm.entropyBits(0)).isZero();
        assertThat(ComparisonForm.entropyBits(1)).isZero();
        assertThat(ComparisonForm.entropyBits(0.5)).isEqualTo(1);
        // METHODS: bytes for each entry at these sparsities.
        assertThat(ComparisonForm.entropyBits(0.2) / 0.2 / 8).isCloseTo(0.451, within(5e-4));
        assertThat(ComparisonForm.entropyBits(0.1) / 0.1 / 8).isCloseTo(0.586, within(5e-4));
        assertThat(ComparisonForm.entropyBits(0.001) / 0.001 / 8).isCloseTo(1.426, within(5e-4));
        assertThat(ComparisonForm.entropyBytes(TENSOR.pattern()))
                .isCloseTo(15 * ComparisonForm.entropyBits(4.0 / 15) / 8, within(1e-12));
    }

    @ParameterizedTest
    @EnumSource(names = {"CSR", "COO_INT64", "FLAT_COO_INT64"})
    void whatIsWrittenHasTheSizeOfTheFormulaAndRoundTrips(ComparisonForm form) {
        for (int[] shape : new int[][] {{3, 5}, {1}, {0}, {4, 0}, {0, 4}, {33, 31}, {8, 3, 3, 3}}) {
            for (double density : new double[] {0, 0.1, 0.5, 1}) {
                TensorState tensor = Messages.sparse("w", shape, density, 3);
                byte[] bytes = form.encode(tensor);
                assertThat(bytes.length).isEqualTo((int) form.sizeBytes(tensor));
                assertThat(form.decode(bytes, "w", shape)).isEqualTo(tensor);
            }
        }
    }

    @Test
    void theArraysAreThoseOfTheFormats() {
        TensorState ones = TENSOR.with(TENSOR.pattern(), new float[4]);
        String zeros = "00000000".repeat(4);
        assertThat(HexFormat.of().formatHex(ComparisonForm.CSR.encode(ones)))
                .isEqualTo("00000000 03000000 03000000 04000000 01000000 03000000 04000000 00000000".replace(" ", "")
                        + zeros);
        assertThat(longs(ComparisonForm.COO_INT64.encode(ones), 8)).containsExactly(0, 0, 0, 2, 1, 3, 4, 0);
        assertThat(longs(ComparisonForm.FLAT_COO_INT64.encode(ones), 4)).containsExactly(1, 3, 4, 10);
    }

    private static long[] longs(byte[] bytes, int count) {
        long[] longs = new long[count];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(longs);
        return longs;
    }

    @Test
    void whatIsNoSuchArrayIsRefused() {
        for (ComparisonForm form :
                List.of(ComparisonForm.CSR, ComparisonForm.COO_INT64, ComparisonForm.FLAT_COO_INT64)) {
            byte[] bytes = form.encode(TENSOR);
            byte[] cut = java.util.Arrays.copyOf(bytes, bytes.length - 1);
            refused(() -> form.decode(cut, "w", 3, 5), "'w'", "cannot take");
            byte[] forged = bytes.clone();
            forged[3] = 1;
            refused(() -> form.decode(forged, "w", 3, 5), "'w'");
            refused(() -> form.encode(Messages.dense("b", new int[] {3}, 1)), "'b'", "no pattern");
        }
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> ComparisonForm.ELL.encode(TENSOR))
                .withMessageContaining("ELL");
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> ComparisonForm.DENSE.decode(new byte[60], "w", 3, 5));
    }

    private static void refused(Runnable action, String... parts) {
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(action::run)
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }
}
