package dev.gossamer.fl.codec;

import static dev.gossamer.fl.codec.Messages.HEADER_BYTES;
import static dev.gossamer.fl.codec.Messages.again;
import static dev.gossamer.fl.codec.Messages.at;
import static dev.gossamer.fl.codec.Messages.dense;
import static dev.gossamer.fl.codec.Messages.edited;
import static dev.gossamer.fl.codec.Messages.kind;
import static dev.gossamer.fl.codec.Messages.refused;
import static dev.gossamer.fl.codec.Messages.seal;
import static dev.gossamer.fl.codec.Messages.smallMessage;
import static dev.gossamer.fl.codec.Messages.sparse;
import static dev.gossamer.fl.codec.Messages.spliced;
import static dev.gossamer.fl.codec.Messages.update;
import static dev.gossamer.fl.codec.Messages.valueBytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class WireCodecTest {

    private static final int[][] SHAPES = {
        {},
        {0},
        {1},
        {7},
        {8},
        {9},
        {63},
        {64},
        {65},
        {1, 1},
        {3, 0},
        {0, 3},
        {5, 13},
        {33, 31},
        {64, 3, 3, 3},
        {1, 5000},
        {5000, 1},
        {128, 784}
    };
    private static final double[] DENSITIES = {0, 0.001, 0.01, 0.1, 0.12, 0.13, 0.5, 0.87, 0.88, 0.97, 0.999, 1};

    @Test
    void roundTripsEveryShapeAtEveryDensity() {
        for (int[] shape : SHAPES) {
            for (double density : DENSITIES) {
                SparseUpdate update = update(sparse("w", shape, density, 7));
                byte[] message = WireCodec.encode(update);
                SparseUpdate back = WireCodec.decode(message);
                assertThat(back).isEqualTo(update);
                assertThat(WireCodec.encode(back)).isEqualTo(message);
                assertThat(WireCodec.sizeBytes(update, null)).isEqualTo(message.length);
            }
            SparseUpdate dense = update(dense("w", shape, 7));
            assertThat(WireCodec.decode(WireCodec.encode(dense))).isEqualTo(dense);
        }
    }

    @Test
    void carriesWhoSentWhatAndSeveralTensors() {
        SparseUpdate update = new SparseUpdate(
                17,
                SparseUpdate.SERVER,
                Long.MAX_VALUE,
                "fedsparsify-global",
                new ModelState(List.of(
                        sparse("fc1.weight", new int[] {16, 20}, 0.1, 1),
                        dense("fc1.bias", new int[] {16}, 2),
                        sparse("größe", new int[] {3, 16}, 0.95, 3))));
        assertThat(WireCodec.decode(WireCodec.encode(update))).isEqualTo(update);
        SparseUpdate empty = new SparseUpdate(0, 4, 0, "", new ModelState(List.of()));
        assertThat(WireCodec.decode(WireCodec.encode(empty))).isEqualTo(empty);
        assertThat(WireCodec.encode(empty)).hasSize(HEADER_BYTES + 2 + 4);
    }

    @Test
    void keepsStoredZerosNegativeZerosAndThePattern() {
        SparsityPattern pattern = SparsityPattern.fromFlatIndices(2, 3, new int[] {0, 4, 5});
        TensorState tensor = TensorState.sparse("w", new int[] {2, 3}, pattern, new float[] {0f, -0f, Float.MIN_VALUE});
        TensorState back =
                WireCodec.decode(WireCodec.encode(update(tensor))).model().tensor("w");
        assertThat(back).isEqualTo(tensor);
        assertThat(back.pattern()).isEqualTo(pattern);
        assertThat(Float.floatToRawIntBits(back.values()[1])).isEqualTo(0x80000000);
    }

    @Test
    void bytesAreCountedExactly() {
        int[] shape = {128, 784};
        int size = 128 * 784;
        int around = HEADER_BYTES + 2 + "m".length() + 2 + "w".length() + 1 + 2 * 4 + 1 + 4;
        TensorState dense = dense("w", shape, 1);
        assertThat(WireCodec.encode(update(dense))).hasSize((int) (around + valueBytes(dense)));

        // Half full: a bit for each element.
        TensorState half = sparse("w", shape, 0.5, 1);
        byte[] message = WireCodec.encode(update(half));
        assertThat(kind(message)).isEqualTo(MaskKind.BITS);
        assertThat(message).hasSize((int) (around + 4 + size / 8 + valueBytes(half)));

        // 90 % sparse: 3 low bits for each gap, a one, and a zero for each eight skipped.
        TensorState sparse = sparse("w", shape, 0.1, 1);
        message = WireCodec.encode(update(sparse));
        assertThat(kind(message)).isEqualTo(MaskKind.RICE);
        assertThat(message).hasSize((int) (around + 4 + 1 + (riceBits(sparse, 3) + 7) / 8 + valueBytes(sparse)));

        // Full, but with a pattern: no mask at all. One absent element: one gap of whole bytes.
        TensorState full = sparse("w", shape, 1, 1);
        assertThat(WireCodec.encode(update(full))).hasSize((int) (around + 4 + valueBytes(full)));
        SparsityPattern allButOne = SparsityPattern.fromMask(128, 784, (row, col) -> row > 0 || col != 100);
        TensorState almost = TensorState.sparse("w", shape, allButOne, new float[size - 1]);
        message = WireCodec.encode(update(almost));
        assertThat(kind(message)).isEqualTo(MaskKind.ABSENT_GAPS);
        assertThat(message).hasSize((int) (around + 4 + 1 + valueBytes(almost)));
    }

    private static long riceBits(TensorState tensor, int k) {
        assertThat(tensor.pattern()).isNotNull();
        long[] flat = tensor.pattern().flatIndices().toArray();
        long bits = 0;
        for (int i = 0; i < flat.length; i++) {
            long gap = i == 0 ? flat[0] : flat[i] - flat[i - 1] - 1;
            bits += k + 1 + (gap >> k);
        }
        return bits;
    }

    /** The bytes of one tensor in each form, so that a change of the format does not go unnoticed. */
    @Test
    void theFormatIsTheOneThatWasPublished() {
        golden(
                "dense",
                TensorState.dense("w", new int[] {2}, new float[] {1, -0f}),
                "010077 01 02000000 00 00 0000803f 00000080");
        // Elements 0, 2, 4 to 8: bits 1,0,1,0,1,1,1,1 and 1.
        golden(
                "bits",
                ones("w", new int[] {3, 3}, 0, 2, 4, 5, 6, 7, 8),
                "010077 02 0300000003000000 01 07000000 f501 01 7f7f" + "000000".repeat(7));
        // Gaps 3 and 17, a byte each.
        golden(
                "gaps",
                ones("w", new int[] {2, 20}, 3, 21),
                "010077 02 0200000014000000 02 02000000 0311 00" + "0000803f".repeat(2));
        // Element 1 of 12 is absent.
        golden(
                "absent",
                ones("w", new int[] {12}, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
                "010077 01 0c000000 03 0b000000 01 01 7f7f" + "000000".repeat(11));
        // Gaps 10, 0, 30, 5, 3, 8, 8, 8 with k = 3, in the order of the bits: 01 010, 1 000, 0001 011, 1 101,
        // 1 110, then 01 000 three times.
        golden(
                "rice",
                ones("w", new int[] {100}, 10, 11, 42, 48, 52, 61, 70, 79),
                "010077 01 64000000 04 08000000 03 2ad07b4208 01 7f7f" + "000000".repeat(8));
    }

    private static TensorState ones(String name, int[] shape, int... elements) {
        float[] values = new float[elements.length];
        Arrays.fill(values, 1);
        return at(name, shape, elements).with(at(name, shape, elements).pattern(), values);
    }

    private static void golden(String what, TensorState tensor, String hex) {
        byte[] message = WireCodec.encode(update(tensor));
        byte[] found = Arrays.copyOfRange(message, HEADER_BYTES + 3, message.length - 4);
        assertThat(HexFormat.of().formatHex(found)).as(what).isEqualTo(hex.replace(" ", ""));
    }

    @Test
    void aGapAtEachLengthOfItsCodeRoundTrips() {
        for (int gap : new int[] {0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152}) {
            SparsityPattern pattern = SparsityPattern.fromFlatIndices(1, gap + 1, new int[] {gap});
            TensorState tensor = TensorState.sparse("w", new int[] {gap + 1}, pattern, new float[] {1});
            byte[] message = WireCodec.encode(update(tensor));
            assertThat(WireCodec.decode(message).model().tensor("w")).isEqualTo(tensor);
        }
    }

    @Test
    void everyFlippedByteIsRefused() {
        byte[] message = smallMessage();
        for (int at = 0; at < message.length; at++) {
            for (int flip : new int[] {0x01, 0x80, 0xFF}) {
                byte[] damaged = message.clone();
                damaged[at] ^= (byte) flip;
                assertThatExceptionOfType(CodecException.class)
                        .as("byte %d xor %02x", at, flip)
                        .isThrownBy(() -> WireCodec.decode(damaged));
            }
        }
    }

    @Test
    void everyTruncationAndAnyTrailingByteIsRefused() {
        byte[] message = smallMessage();
        for (int length = 0; length < message.length; length++) {
            byte[] cut = Arrays.copyOf(message, length);
            assertThatExceptionOfType(CodecException.class)
                    .as("cut to %d", length)
                    .isThrownBy(() -> WireCodec.decode(cut));
        }
        refused(Arrays.copyOf(message, message.length + 1), "bytes", "arrived");
    }

    /** With length and checksum repaired, the checks behind them have to hold on their own. */
    @Test
    void aForgedByteIsRefusedOrReadsAsAnotherCanonicalMessage() {
        byte[] message = smallMessage();
        int refused = 0;
        for (int at = 12; at < message.length - 4; at++) {
            for (int flip = 1; flip < 256; flip++) {
                byte[] forged = message.clone();
                forged[at] ^= (byte) flip;
                seal(forged);
                try {
                    SparseUpdate other = WireCodec.decode(forged, new DecodeOptions(false, 1 << 20));
                    assertThat(again(forged, other, null)).isEqualTo(forged);
                } catch (CodecException e) {
                    refused++;
                }
            }
        }
        assertThat(refused).isGreaterThan(1000);
    }

    @Test
    void refusalsSayWhatIsWrong() {
        byte[] message = smallMessage();
        refused(edited(message, b -> b.putInt(0, 0x04034b50)), "\"GSMU\"");
        refused(edited(message, b -> b.putInt(4, 9)), "version 9", "version 3", "same release");
        byte[] damaged = message.clone();
        damaged[60] ^= 1;
        refused(damaged, "damaged", "checksum");
        refused(edited(message, b -> b.putInt(12, -5)), "round is -5");
        refused(edited(message, b -> b.putInt(16, -2)), "sender is -2");
        refused(edited(message, b -> b.putInt(28, -1)), "announces 4294967295 tensors");
        refused(edited(message, b -> b.putInt(28, 1)), "bytes follow the last tensor");
        refused(edited(message, b -> b.put(32, (byte) 7)), "type of values is 7");
        refused(edited(message, b -> b.put(33, (byte) 2)), "relative masks is 2");
        refused(edited(message, b -> b.putShort(34, (short) 0xFFFF)), "the method", "65535");
        refused(edited(message, b -> b.put(36, (byte) 0xFF)), "not valid UTF-8");
        // method "m" ends at 37; tensor: name length 37, "w" 39, rank 40, shape 41 and 45, kind 49, count 50, mask 54
        refused(edited(message, b -> b.put(40, (byte) 9)), "Tensor 0 'w'", "9 dimensions");
        refused(edited(message, b -> b.putInt(41, -3)), "Tensor 0 'w'", "impossible", "-3");
        refused(edited(message, b -> b.putInt(41, 1 << 30)), "Tensor 0 'w'", "elements", "accepted");
        refused(edited(message, b -> b.put(49, (byte) 8)), "Tensor 0 'w'", "mask kind 8");
        refused(edited(message, b -> b.putInt(50, 1000)), "Tensor 0 'w'", "1000 entries", "40 elements");
        refused(edited(message, b -> b.putInt(50, 40)), "Tensor 0 'w'", "values", "are left");
        refused(edited(message, b -> b.put(54, (byte) 60)), "Tensor 0 'w'", "reaches element 60");
    }

    @Test
    void moreElementsThanAnIntCountsAreRefusedOnBothSides() {
        SparsityPattern pattern = SparsityPattern.fromFlatIndices(65_536, 32_768, new long[] {(1L << 31) - 1});
        TensorState large = TensorState.sparse("w", new int[] {65_536, 32_768}, pattern, new float[] {1});
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> WireCodec.encode(update(large)))
                .withMessageContaining("'w' has 2147483648 elements")
                .withMessageContaining("at most 2147483639");
        byte[] forged = edited(smallMessage(), b -> b.putInt(41, 1 << 27));
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> WireCodec.decode(forged, new DecodeOptions(true, Long.MAX_VALUE)))
                .withMessageContaining("2684354560 elements")
                .withMessageContaining("at most 2147483639");
    }

    @Test
    void aMaskThatIsNotTheSmallestOrNotInItsShortestFormIsRefused() {
        // 10 of 16 elements: a bit each. As gaps it would take 10 bytes.
        SparsityPattern pattern = SparsityPattern.fromMask(1, 16, (row, col) -> col < 10);
        byte[] bits = WireCodec.encode(update(TensorState.sparse("w", new int[] {1, 16}, pattern, new float[10])));
        byte[] gaps = spliced(bits, 49, 56, new byte[] {2, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        refused(gaps, "written as GAPS", "BITS is smaller");
        // Spare bits of the last byte.
        byte[] spare = WireCodec.encode(update(at("w", new int[] {1, 9}, 0, 2, 4, 6, 8)));
        refused(edited(spare, b -> b.put(55, (byte) (b.get(55) | 0x10))), "bits beyond its last element");
        refused(edited(spare, b -> b.put(54, (byte) 1)), "has 2 elements, but 5 are announced");
        // A gap with a byte too many, one that is longer than any tensor, one without an end.
        byte[] single = WireCodec.encode(update(at("w", new int[] {1, 1000}, 3)));
        refused(spliced(single, 54, 55, new byte[] {(byte) 0x83, 0}), "superfluous");
        refused(spliced(single, 54, 55, new byte[] {-1, -1, -1, -1, 0x7F}), "longer than any tensor");
        refused(spliced(single, 54, 55, new byte[] {-1, -1, -1, -1, -1, 1}), "does not end");
    }

    @Test
    void aRiceCodeThatTheSenderWouldNotWriteIsRefused() {
        // 8 gaps of 10, 0, 30 …: the parameter 3 at byte 54, codes in the five bytes from 55 on.
        int[] elements = {10, 11, 42, 48, 52, 61, 70, 79};
        byte[] rice = WireCodec.encode(update(at("v", new int[] {1, 100}, elements)));
        assertThat(kind(rice)).isEqualTo(MaskKind.RICE);
        refused(edited(rice, b -> b.put(54, (byte) 31)), "parameter of the mask's code is 31");
        refused(edited(rice, b -> b.put(59, (byte) (b.get(59) | 0x80))), "bits after the last code");
        int[] gaps = {10, 0, 30, 5, 3, 8, 8, 8};
        for (int k = 0; k < 7; k++) {
            if (k != 3) {
                byte[] codes = RiceCode.write(gaps, k);
                byte[] other = new byte[codes.length + 1];
                other[0] = (byte) k;
                System.arraycopy(codes, 0, other, 1, codes.length);
                refused(spliced(rice, 54, 60, other), "parameter " + k, "but 3 is smaller");
            }
        }
    }

    @Test
    void nonFiniteValuesAreRefusedUnlessAskedFor() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            TensorState tensor = TensorState.dense("fc1.bias", new int[] {3}, new float[] {1, 2, bad});
            byte[] message = WireCodec.encode(update(tensor));
            refused(message, "'fc1.bias'", "value 2 of 3 is " + bad);
            SparseUpdate accepted = WireCodec.decode(message, new DecodeOptions(false, 10));
            assertThat(accepted.model().tensor("fc1.bias")).isEqualTo(tensor);
        }
    }

    @Test
    void aReceiverThatKnowsItsModelRefusesALargerOne() {
        ModelState known = update(dense("w", new int[] {5, 5}, 1)).model();
        byte[] larger = WireCodec.encode(update(sparse("w", new int[] {5, 6}, 0.1, 1)));
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> WireCodec.decode(larger, DecodeOptions.forModel(known)))
                .withMessageContaining("30 elements")
                .withMessageContaining("at most 26");
    }

    @Test
    void aNameThatUtf8CannotWriteIsRefusedBeforeSending() {
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> WireCodec.encode(update(dense("\ud800", new int[] {1}, 1))))
                .withMessageContaining("not valid Unicode");
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> WireCodec.encode(update(dense("x".repeat(70_000), new int[] {1}, 1))))
                .withMessageContaining("70000");
    }
}
