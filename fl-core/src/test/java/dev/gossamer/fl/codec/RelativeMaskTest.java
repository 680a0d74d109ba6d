package dev.gossamer.fl.codec;

import static dev.gossamer.fl.codec.Messages.HEADER_BYTES;
import static dev.gossamer.fl.codec.Messages.again;
import static dev.gossamer.fl.codec.Messages.at;
import static dev.gossamer.fl.codec.Messages.dense;
import static dev.gossamer.fl.codec.Messages.edited;
import static dev.gossamer.fl.codec.Messages.isRelative;
import static dev.gossamer.fl.codec.Messages.kind;
import static dev.gossamer.fl.codec.Messages.sparse;
import static dev.gossamer.fl.codec.Messages.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Masks relative to a model that both sides have. */
class RelativeMaskTest {

    private static final int[] SHAPE = {40, 50};
    private static final TensorState TENSOR = sparse("w", SHAPE, 0.1, 1);
    private static final SparseUpdate UPDATE = update(TENSOR);

    /** The same masks with other values, as the server's model has them. */
    private static final ModelState SAME =
            new ModelState(List.of(TENSOR.with(TENSOR.pattern(), new float[(int) TENSOR.nnz()])));

    @Test
    void equalMasksAreNotSent() {
        byte[] message = WireCodec.encode(UPDATE, SAME);

        assertThat(kind(message)).isEqualTo(MaskKind.REFERENCE);
        assertThat(message).hasSize((int) (HEADER_BYTES + 16 + 3 + 3 + 9 + 1 + Messages.valueBytes(TENSOR) + 4));
        assertThat(decode(message, SAME)).isEqualTo(UPDATE);
        assertThat(WireCodec.sizeBytes(UPDATE, SAME)).isEqualTo(message.length);
    }

    @Test
    void ofMasksThatDifferALittleTheDifferenceIsSent() {
        TensorState before = flipped(TENSOR, 100, 101, 1999);
        ModelState reference = update(before).model();
        byte[] message = WireCodec.encode(UPDATE, reference);

        assertThat(kind(message)).isEqualTo(MaskKind.CHANGES);
        // Gaps 100, 0, 1897 with k = 8: 9 + 9 + 16 bits.
        int mask = 4 + 1 + 5;
        assertThat(message).hasSize((int) (HEADER_BYTES + 16 + 3 + 3 + 9 + 1 + mask + Messages.valueBytes(TENSOR) + 4));
        assertThat(decode(message, reference)).isEqualTo(UPDATE);
    }

    @Test
    void aMaskThatIsAnotherIsSentAsItIs() {
        ModelState reference = update(sparse("w", SHAPE, 0.1, 2)).model();
        byte[] message = WireCodec.encode(UPDATE, reference);

        assertThat(isRelative(message)).isFalse();
        assertThat(message).isEqualTo(WireCodec.encode(UPDATE));
        assertThat(decode(message, reference)).isEqualTo(UPDATE);
        assertThat(decode(message, null)).isEqualTo(UPDATE);
    }

    @Test
    void aReferenceThatSavesLessThanItsDigestIsNotStated() {
        SparseUpdate small = update(at("w", new int[] {100}, 3, 7, 50, 51, 52, 53, 54, 80, 90));
        assertThat(WireCodec.encode(small, small.model())).isEqualTo(WireCodec.encode(small));
        // Twice as much is saved with two tensors: the sum counts.
        SparseUpdate two = update(
                at("w", new int[] {100}, 3, 7, 50, 51, 52, 53, 54, 80, 90),
                at("v", new int[] {100}, 3, 7, 50, 51, 52, 53, 54, 80, 90));
        byte[] message = WireCodec.encode(two, two.model());
        assertThat(isRelative(message)).isTrue();
        assertThat(message.length).isLessThan(WireCodec.encode(two).length);
        assertThat(decode(message, two.model())).isEqualTo(two);
        assertThat(again(message, decode(message, two.model()), two.model())).isEqualTo(message);
    }

    @Test
    void tensorsThatTheReferenceLacksOrHasInAnotherShapeAreSentAsTheyAre() {
        SparseUpdate update = update(
                TENSOR,
                sparse("new", SHAPE, 0.1, 3),
                sparse("other", new int[] {50, 40}, 0.1, 4),
                dense("b", SHAPE, 5));
        ModelState reference = update(
                        dense("b", SHAPE, 6),
                        TENSOR,
                        sparse("other", SHAPE, 0.1, 4),
                        sparse("whole", new int[] {3}, 1, 1))
                .model();
        byte[] message = WireCodec.encode(update, reference);

        assertThat(isRelative(message)).isTrue();
        assertThat(decode(message, reference)).isEqualTo(update);
        assertThat(again(message, update, reference)).isEqualTo(message);
    }

    @Test
    void aDenseTensorOfTheReferenceHasNoMaskToBeRelativeTo() {
        ModelState reference = update(dense("w", SHAPE, 6)).model();
        assertThat(WireCodec.encode(UPDATE, reference)).isEqualTo(WireCodec.encode(UPDATE));
        SparseUpdate whole = update(dense("w", SHAPE, 6));
        assertThat(WireCodec.encode(whole, SAME)).isEqualTo(WireCodec.encode(whole));
    }

    @Test
    void withoutTheReferenceItIsRefusedNamingTheTensor() {
        SparseUpdate two = update(dense("b", SHAPE, 5), TENSOR);
        byte[] message = WireCodec.encode(two, two.model());
        String digest = HexFormat.of().formatHex(message, HEADER_BYTES, HEADER_BYTES + 16);
        refused(message, null, "Tensor 1 'w'", "relative to the sender's reference", digest, "this side lacks");

        ModelState other = update(flipped(TENSOR, 7), dense("b", SHAPE, 5)).model();
        String its = HexFormat.of().formatHex(new Reference(other).digest());
        refused(message, other, "Tensor 1 'w'", digest, its, "decode with the model that the sender had");
        refused(message, new ModelState(List.of()), "Tensor 1 'w'");
    }

    @Test
    void theDigestIsOfNamesShapesAndPatternsInTheirOrder() {
        TensorState v = sparse("v", SHAPE, 0.1, 8);
        List<ModelState> models = List.of(
                SAME,
                update(flipped(TENSOR, 0)).model(),
                update(TensorState.sparse("u", SHAPE, TENSOR.pattern(), TENSOR.values()))
                        .model(),
                update(TensorState.sparse("w", new int[] {40, 25, 2}, TENSOR.pattern(), TENSOR.values()))
                        .model(),
                update(dense("w", SHAPE, 1)).model(),
                update(TENSOR, v).model(),
                update(v, TENSOR).model());
        assertThat(models.stream().map(model -> HexFormat.of().formatHex(new Reference(model).digest())))
                .doesNotHaveDuplicates();
        assertThat(new Reference(UPDATE.model()).digest()).isEqualTo(new Reference(SAME).digest());
    }

    @Test
    void forgedReferencesAreRefused() {
        byte[] message = WireCodec.encode(UPDATE, SAME);
        // Without the statement, the kind has nothing to be relative to.
        byte[] unstated = Messages.spliced(message, 33, HEADER_BYTES + 16, new byte[] {0});
        refused(unstated, SAME, "Tensor 0 'w'", "the message states none");
        // Stated, but of no use.
        byte[] plain = WireCodec.encode(UPDATE);
        byte[] stated = new byte[17];
        stated[0] = 1;
        System.arraycopy(new Reference(SAME).digest(), 0, stated, 1, 16);
        refused(Messages.spliced(plain, 33, 34, stated), SAME, "'w'", "RICE", "REFERENCE is smaller");
        refused(Messages.spliced(plain, 33, 34, stated), null, "states a reference", "smaller without");
        // For a tensor that the reference has not, and one that it has without a mask.
        int name = HEADER_BYTES + 16 + 3 + 2;
        refused(edited(message, b -> b.put(name, (byte) 'x')), SAME, "'x'", "no pattern for this name and shape");
        // The reference's mask as the change of nothing.
        int kind = name + 1 + 1 + 8;
        byte[] nothing = Messages.spliced(message, kind, kind + 1, new byte[] {7, 0, 0, 0, 0, 0});
        refused(nothing, SAME, "'w'", "CHANGES", "REFERENCE is smaller");
    }

    @Test
    void theFormatIsTheOneThatWasPublished() {
        int[] elements = IntStream.range(0, 100).map(i -> 3 + 7 * i).toArray();
        SparsityPattern pattern = SparsityPattern.fromFlatIndices(1, 700, elements);
        TensorState tensor = TensorState.sparse("w", new int[] {700}, pattern, new float[100]);
        ModelState reference = update(tensor).model();
        // Computed outside of the project, from the definitions of the two digests.
        String head = "01 737c2333d5d6cf40870f35e7f2643551 01006d 010077 01 bc020000 ";
        golden(update(tensor), reference, head + "06");
        // Elements 5 and 248: gaps 5 and 242 with k = 6, in the order of the bits: 1 101000, 0001 010011.
        golden(update(flipped(tensor, 5, 248)), reference, head + "07 02000000 06 0b9401");
    }

    private static void golden(SparseUpdate update, ModelState reference, String hex) {
        byte[] message = WireCodec.encode(update, reference);
        byte[] found = Arrays.copyOfRange(message, 33, message.length - 4);
        assertThat(HexFormat.of().formatHex(found)).isEqualTo(hex.replace(" ", "") + "010000" + "000000".repeat(100));
    }

    /** With some elements of the pattern turned over, and zeros for values. */
    private static TensorState flipped(TensorState tensor, int... elements) {
        assertThat(tensor.pattern()).isNotNull();
        long[] bits = tensor.pattern().toBits();
        for (int element : elements) {
            bits[element >> 6] ^= 1L << element;
        }
        SparsityPattern pattern = SparsityPattern.fromBits(tensor.rows(), tensor.cols(), bits);
        return tensor.with(pattern, new float[(int) pattern.nnz()]);
    }

    private static SparseUpdate decode(byte[] message, @Nullable ModelState reference) {
        return WireCodec.decode(message, DecodeOptions.DEFAULT, reference);
    }

    private static void refused(byte[] message, @Nullable ModelState reference, String... parts) {
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> decode(message, reference))
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }
}
