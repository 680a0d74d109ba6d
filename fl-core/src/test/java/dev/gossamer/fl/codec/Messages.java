package dev.gossamer.fl.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Tensors and messages of tests, and ways to forge them. */
final class Messages {

    /** Bytes before the text of the method. */
    static final int HEADER_BYTES = 34;

    private Messages() {}

    /** Two tensors, one by gaps and one by bits, and a dense one. */
    static byte[] smallMessage() {
        List<TensorState> tensors = new ArrayList<>();
        SparsityPattern gaps = SparsityPattern.fromFlatIndices(2, 20, new int[] {3, 21});
        tensors.add(TensorState.sparse("w", new int[] {2, 20}, gaps, new float[] {1.5f, -2}));
        SparsityPattern bits = SparsityPattern.fromFlatIndices(1, 12, new int[] {0, 2, 4, 6, 8, 11});
        tensors.add(TensorState.sparse("v", new int[] {12}, bits, new float[] {1, 2, 3, 4, 5, 6}));
        tensors.add(TensorState.dense("b", new int[] {2}, new float[] {0.25f, -0f}));
        return WireCodec.encode(new SparseUpdate(3, 1, 600, "m", new ModelState(tensors)));
    }

    static SparseUpdate update(TensorState... tensors) {
        return new SparseUpdate(3, 1, 600, "m", new ModelState(List.of(tensors)));
    }

    static TensorState dense(String name, int[] shape, long seed) {
        return TensorState.dense(name, shape, values((int) TensorState.size(shape), seed));
    }

    static TensorState sparse(String name, int[] shape, double density, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] flat = random.doubles(TensorState.size(shape))
                .mapToInt(u -> u < density ? 1 : 0)
                .toArray();
        int[] indices =
                IntStream.range(0, flat.length).filter(i -> flat[i] == 1).toArray();
        SparsityPattern pattern =
                SparsityPattern.fromFlatIndices(TensorState.rows(shape), TensorState.cols(shape), indices);
        return TensorState.sparse(name, shape, pattern, values(indices.length, seed + 1));
    }

    static float[] values(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }

    /** What f32 values take in a message, the mark for coded exponents included. */
    static long valueBytes(TensorState tensor) {
        ExponentCode code = ExponentCode.of(tensor.values());
        return 1 + (code == null ? 4L * tensor.nnz() : code.sizeBytes());
    }

    /** The pattern with these elements, which ascend. */
    static TensorState at(String name, int[] shape, int... elements) {
        SparsityPattern pattern =
                SparsityPattern.fromFlatIndices(TensorState.rows(shape), TensorState.cols(shape), elements);
        return TensorState.sparse(name, shape, pattern, values(elements.length, 5));
    }

    static ValueType type(byte[] message) {
        return ValueType.ofCode(message[32]);
    }

    static boolean isRelative(byte[] message) {
        return message[33] == 1;
    }

    /** Encodes what was decoded as the message was encoded: if it was canonical, the same bytes. */
    static byte[] again(byte[] message, SparseUpdate decoded, @Nullable ModelState reference) {
        return WireCodec.encodeRounded(decoded, type(message), isRelative(message) ? reference : null)
                .message();
    }

    /** Kind of the mask of a message's only tensor, whose name has one letter. */
    static MaskKind kind(byte[] message) {
        int name = HEADER_BYTES + (isRelative(message) ? Reference.DIGEST_BYTES : 0) + 2 + 1;
        int rank = message[name + 3];
        return MaskKind.ofCode(message[name + 4 + 4 * rank], "test");
    }

    static byte[] edited(byte[] message, Consumer<ByteBuffer> edit) {
        byte[] forged = message.clone();
        edit.accept(ByteBuffer.wrap(forged).order(ByteOrder.LITTLE_ENDIAN));
        seal(forged);
        return forged;
    }

    static byte[] spliced(byte[] message, int from, int to, byte[] insert) {
        ByteBuffer out = ByteBuffer.allocate(message.length - (to - from) + insert.length);
        out.put(message, 0, from).put(insert).put(message, to, message.length - to);
        seal(out.array());
        return out.array();
    }

    static void seal(byte[] message) {
        ByteBuffer buffer = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(8, message.length);
        CRC32C crc = new CRC32C();
        crc.update(message, 0, message.length - 4);
        buffer.putInt(message.length - 4, (int) crc.getValue());
    }

    static void refused(byte[] message, String... parts) {
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> WireCodec.decode(message))
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }
}
