package dev.gossamer.fl.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ValueTypeTest {

    /** Significant bits, smallest exponent of a normal number, largest number. */
    private record Format(int bits, int minExponent, float largest) {

        static Format of(ValueType type) {
            return switch (type) {
                case F32 -> new Format(24, -126, Float.MAX_VALUE);
                case F16 -> new Format(11, -14, 65504);
                case BF16 -> new Format(8, -126, 0x1.FEp127f);
            };
        }

        /** Rounded to a multiple of the last place, ties to even, in double, where all of it is exact. */
        double nearest(float value) {
            int exponent = Math.max(value == 0 ? minExponent : Math.getExponent(value), minExponent);
            double place = Math.scalb(1.0, exponent - bits + 1);
            double rounded = Math.rint(value / place) * place;
            return Math.abs(rounded) > largest ? Math.copySign(Double.POSITIVE_INFINITY, value) : rounded;
        }
    }

    @ParameterizedTest
    @EnumSource
    void roundsToNearestTiesToEven(ValueType type) {
        Format format = Format.of(type);
        SplittableRandom random = new SplittableRandom(6);
        for (int i = 0; i < 2_000_000; i++) {
            check(type, format, Float.intBitsToFloat(random.nextInt()));
        }
        // All numbers of the type's exponents by halves, quarters and a bit more of their last places: ties and
        // neighbours.
        for (int exponent = Math.max(format.minExponent - format.bits - 2, -149); exponent < 128; exponent++) {
            for (int eighths = -40; eighths <= 40; eighths++) {
                float value = (float) Math.scalb(1 + eighths * Math.scalb(1.0, -format.bits - 2), exponent);
                check(type, format, value);
                check(type, format, -value);
                check(type, format, Math.nextUp(value));
                check(type, format, Math.nextDown(value));
            }
        }
        for (float value : new float[] {0, -0f, Float.MIN_VALUE, Float.MIN_NORMAL, Float.MAX_VALUE, format.largest}) {
            check(type, format, value);
            check(type, format, -value);
        }
        assertThat(type.nearest(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(type.nearest(Float.NaN)).isNaN();
    }

    private static void check(ValueType type, Format format, float value) {
        if (!Float.isFinite(value)) {
            return;
        }
        float found = type.nearest(value);
        double want = format.nearest(value);
        if (found != want || (1 / found < 0) != (1 / want < 0)) {
            throw new AssertionError(type + " of " + Float.toHexString(value) + ": got " + Float.toHexString(found)
                    + ", want " + Double.toHexString(want));
        }
    }

    @Test
    void theFormatIsTheOneThatWasPublished() {
        float[] values = {1, -2.5f, 0x1p-24f, 0x1.004p0f, 0x1.002p0f};
        assertThat(body(values, ValueType.F16)).isEqualTo("003c00c10100013c003c");
        assertThat(body(new float[] {1, -2.5f, 0x1p-133f, 0x1.03p0f, 0x1.01p0f}, ValueType.BF16))
                .isEqualTo("803f20c00100823f803f");
    }

    private static String body(float[] values, ValueType type) {
        byte[] message = WireCodec.encodeRounded(
                        Messages.update(TensorState.dense("w", new int[] {values.length}, values)), type, null)
                .message();
        assertThat(message[32]).isEqualTo((byte) type.code());
        int end = message.length - 4;
        return HexFormat.of().formatHex(message, end - values.length * type.sizeBytes(), end);
    }

    @ParameterizedTest
    @EnumSource
    void messagesOfEachTypeRoundTrip(ValueType type) {
        TensorState sparse = Messages.sparse("w", new int[] {40, 60}, 0.1, 1);
        SparseUpdate update = Messages.update(sparse, Messages.dense("b", new int[] {33}, 2));
        for (ModelState reference : Arrays.asList(null, update.model())) {
            byte[] message = WireCodec.encodeRounded(update, type, reference).message();
            SparseUpdate back = WireCodec.decode(message, DecodeOptions.DEFAULT, reference);
            TensorState tensor = back.model().tensor("w");
            assertThat(tensor.pattern()).isEqualTo(sparse.pattern());
            for (int i = 0; i < tensor.values().length; i++) {
                assertThat(tensor.values()[i]).isEqualTo(type.nearest(sparse.values()[i]));
            }
            assertThat(Messages.again(message, back, reference)).isEqualTo(message);
            long rounded = type == ValueType.F32
                    ? 0
                    : Messages.valueBytes(sparse)
                            + Messages.valueBytes(update.model().tensor("b"))
                            - (long) type.sizeBytes() * update.model().nnz();
            assertThat(message.length).isEqualTo(WireCodec.sizeBytes(update, reference) - rounded);
        }
        assertThat(WireCodec.encodeRounded(update, ValueType.F32, null).message())
                .isEqualTo(WireCodec.encode(update));
    }

    @Test
    void whatATypeCannotHoldIsRefusedOnBothSides() {
        SparsityPattern pattern = SparsityPattern.fromFlatIndices(1, 9, new int[] {1, 5});
        for (float bad : new float[] {65520, -1e9f, Float.NaN, Float.NEGATIVE_INFINITY}) {
            TensorState tensor = TensorState.sparse("w", new int[] {9}, pattern, new float[] {1, bad});
            refusedToSend(tensor, ValueType.F16, "'w'", "value 1 of 2 is " + bad, "F16 cannot hold");
        }
        for (float bad : new float[] {Float.MAX_VALUE, Float.NaN, Float.POSITIVE_INFINITY}) {
            refusedToSend(TensorState.dense("w", new int[] {1}, new float[] {bad}), ValueType.BF16, "'w'", "BF16");
        }
        TensorState good = TensorState.dense("w", new int[] {1}, new float[] {65519.996f});
        byte[] message = WireCodec.encodeRounded(Messages.update(good), ValueType.F16, null)
                .message();
        // No sender writes an infinity: it is refused also where those of f32 are not.
        byte[] forged = Messages.edited(message, b -> b.putShort(message.length - 6, (short) 0x7C00));
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> WireCodec.decode(forged, new DecodeOptions(false, 100)))
                .withMessageContaining("'w': value 0 of 1 is Infinity");
    }

    private static void refusedToSend(TensorState tensor, ValueType type, String... parts) {
        assertThatExceptionOfType(CodecException.class)
                .isThrownBy(() -> WireCodec.encodeRounded(Messages.update(tensor), type, null))
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }
}
