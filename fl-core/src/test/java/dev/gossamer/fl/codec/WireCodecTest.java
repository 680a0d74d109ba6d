package dev.gossamer.fl.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
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
                assertThat(WireCodec.sizeBytes(update)).isEqualTo(message.length);
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
        assertThat(WireCodec.encode(empty)).hasSize(32 + 2 + 4);
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
        int header = 32 + 2 + "m".length() + 4;
        int tensor = 2 + "w".length() + 1 + 2 * 4 + 1;
        int size = 128 * 784;
        assertThat(WireCodec.encode(update(dense("w", new int[] {128, 784}, 1))))
                .hasSize(header + tensor + 4 * size);

        // Half full: a bit for each element.
        TensorState half = sparse("w", new int[] {128, 784}, 0.5, 1);
        assertThat(WireCodec.encode(update(half))).hasSize((int) (header + tensor + 4 + size / 8 + 4 * half.nnz()));

        // 90 % sparse: a byte for each gap up to 127, which nearly all are, two above.
        TensorState sparse = sparse("w", new int[] {128, 784}, 0.1, 1);
        long gaps = gapBytes(sparse);
        assertThat(gaps).isBetween(sparse.nnz(), sparse.nnz() + 20);
        assertThat(WireCodec.encode(update(sparse))).hasSize((int) (header + tensor + 4 + gaps + 4 * sparse.nnz()));

        // Full, but with a pattern: no mask at all. One absent element: one gap.
        TensorState full = sparse("w", new int[] {128, 784}, 1, 1);
        assertThat(WireCodec.encode(update(full))).hasSize(header + tensor + 4 + 4 * size);
        SparsityPattern allButOne = SparsityPattern.fromMask(128, 784, (row, col) -> row > 0 || col != 100);
        TensorState almost = TensorState.sparse("w", new int[] {128, 784}, allButOne, new float[size - 1]);
        assertThat(WireCodec.encode(update(almost))).hasSize(header + tensor + 4 + 1 + 4 * (size - 1));
    }

    private static long gapBytes(TensorState tensor) {
        assertThat(tensor.pattern()).isNotNull();
        long[] flat = tensor.pattern().flatIndices().toArray();
        long bytes = 0;
        for (int i = 0; i < flat.length; i++) {
            long gap = i == 0 ? flat[0] : flat[i] - flat[i - 1] - 1;
            bytes += gap < 128 ? 1 : gap < 16384 ? 2 : 3;
        }
        return bytes;
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
                    assertThat(WireCodec.encode(other)).isEqualTo(forged);
                } catch (CodecException e) {
                    refused++;
                }
            }
        }
        assertThat(refused).isGreaterThan(1000);
    }

    @Test
    void randomForgeriesNeverEscapeTheCodec() {
        byte[] message = smallMessage();
        SplittableRandom random = new SplittableRandom(42);
        for (int i = 0; i < 20_000; i++) {
            int length = random.nextInt(36, message.length + 20);
            byte[] forged = Arrays.copyOf(message, length);
            for (int changes = random.nextInt(6); changes > 0; changes--) {
                forged[random.nextInt(12, length)] = (byte) random.nextInt(256);
            }
            seal(forged);
            try {
                SparseUpdate other = WireCodec.decode(forged, new DecodeOptions(false, 1 << 20));
                assertThat(WireCodec.encode(other)).isEqualTo(forged);
            } catch (CodecException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
    }

    @Test
    void refusalsSayWhatIsWrong() {
        byte[] message = smallMessage();
        refused(edited(message, b -> b.putInt(0, 0x04034b50)), "\"GSMU\"");
        refused(edited(message, b -> b.putInt(4, 9)), "version 9", "version 1", "same release");
        byte[] damaged = message.clone();
        damaged[60] ^= 1;
        refused(damaged, "damaged", "checksum");
        refused(edited(message, b -> b.putInt(12, -5)), "round is -5");
        refused(edited(message, b -> b.putInt(16, -2)), "sender is -2");
        refused(edited(message, b -> b.putInt(28, -1)), "announces 4294967295 tensors");
        refused(edited(message, b -> b.putInt(28, 1)), "bytes follow the last tensor");
        refused(edited(message, b -> b.putShort(32, (short) 0xFFFF)), "the method", "65535");
        refused(edited(message, b -> b.put(34, (byte) 0xFF)), "not valid UTF-8");
        // method "m" ends at 35; tensor: name length 35, "w" 37, rank 38, shape 39 and 43, kind 47, nnz 48, mask 52
        refused(edited(message, b -> b.put(38, (byte) 9)), "Tensor 0 'w'", "9 dimensions");
        refused(edited(message, b -> b.putInt(39, -3)), "Tensor 0 'w'", "impossible", "-3");
        refused(edited(message, b -> b.putInt(39, 1 << 30)), "Tensor 0 'w'", "elements", "accepted");
        refused(edited(message, b -> b.put(47, (byte) 4)), "Tensor 0 'w'", "mask kind 4");
        refused(edited(message, b -> b.putInt(48, 1000)), "Tensor 0 'w'", "1000 entries", "40 elements");
        refused(edited(message, b -> b.putInt(48, 40)), "Tensor 0 'w'", "values", "are left");
        refused(edited(message, b -> b.put(52, (byte) 60)), "Tensor 0 'w'", "reaches element 60");
    }

    @Test
    void aMaskThatIsNotTheSmallestOrNotInItsShortestFormIsRefused() {
        // 10 of 16 elements: a bit each. As gaps it would take 10 bytes.
        SparsityPattern pattern = SparsityPattern.fromMask(1, 16, (row, col) -> col < 10);
        byte[] bits = WireCodec.encode(update(TensorState.sparse("w", new int[] {1, 16}, pattern, new float[10])));
        byte[] gaps = spliced(bits, 47, 54, new byte[] {2, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        refused(gaps, "written as GAPS", "BITS is smaller");
        // Spare bits of the last byte.
        SparsityPattern nine = SparsityPattern.fromMask(1, 9, (row, col) -> col % 2 == 0);
        byte[] spare = WireCodec.encode(update(TensorState.sparse("w", new int[] {1, 9}, nine, new float[5])));
        refused(edited(spare, b -> b.put(53, (byte) (b.get(53) | 0x10))), "bits beyond its last element");
        refused(edited(spare, b -> b.put(52, (byte) 1)), "has 2 elements, but 5 are announced");
        // A gap with a byte too many.
        SparsityPattern one = SparsityPattern.fromFlatIndices(1, 1000, new int[] {3});
        byte[] single = WireCodec.encode(update(TensorState.sparse("w", new int[] {1, 1000}, one, new float[] {1})));
        refused(spliced(single, 52, 53, new byte[] {(byte) 0x83, 0}), "superfluous");
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

    // ---- helpers
    // -----------------------------------------------------------------------------------------------------

    /** Two tensors, one by gaps and one by bits, and a dense one. */
    private static byte[] smallMessage() {
        List<TensorState> tensors = new ArrayList<>();
        SparsityPattern gaps = SparsityPattern.fromFlatIndices(2, 20, new int[] {3, 21});
        tensors.add(TensorState.sparse("w", new int[] {2, 20}, gaps, new float[] {1.5f, -2}));
        SparsityPattern bits = SparsityPattern.fromFlatIndices(1, 12, new int[] {0, 2, 4, 6, 8, 11});
        tensors.add(TensorState.sparse("v", new int[] {12}, bits, new float[] {1, 2, 3, 4, 5, 6}));
        tensors.add(TensorState.dense("b", new int[] {2}, new float[] {0.25f, -0f}));
        return WireCodec.encode(new SparseUpdate(3, 1, 600, "m", new ModelState(tensors)));
    }

    private static SparseUpdate update(TensorState tensor) {
        return new SparseUpdate(3, 1, 600, "m", new ModelState(List.of(tensor)));
    }

    private static TensorState dense(String name, int[] shape, long seed) {
        return TensorState.dense(name, shape, values((int) TensorState.size(shape), seed));
    }

    private static TensorState sparse(String name, int[] shape, double density, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] flat = random.doubles(TensorState.size(shape))
                .mapToInt(u -> u < density ? 1 : 0)
                .toArray();
        int[] indices = java.util.stream.IntStream.range(0, flat.length)
                .filter(i -> flat[i] == 1)
                .toArray();
        SparsityPattern pattern =
                SparsityPattern.fromFlatIndices(TensorState.rows(shape), TensorState.cols(shape), indices);
        return TensorState.sparse(name, shape, pattern, values(indices.length, seed + 1));
    }

    private static float[] values(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }

    private static byte[] edited(byte[] message, Consumer<ByteBuffer> edit) {
        byte[] forged = message.clone();
        edit.accept(ByteBuffer.wrap(forged).order(ByteOrder.LITTLE_ENDIAN));
        seal(forged);
        return forged;
    }

    private static byte[] spliced(byte[] message, int from, int to, byte[] insert) {
        ByteBuffer out = ByteBuffer.allocate(message.length - (to - from) + insert.length);
        out.put(message, 0, from).put(insert).put(message, to, message.length - to);
        seal(out.array());
        return out.array();
    }

    private static void seal(byte[] message) {
        ByteBuffer buffer = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(8, message.length);
        CRC32C crc = new CRC32C();
        crc.update(message, 0, message.length - 4);
        buffer.putInt(message.length - 4, (int) crc.getValue());
    }

    private static void refused(byte[] message, String... parts) {
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> WireCodec.decode(message))
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }
}
