package dev.gossamer.fl.codec;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The numbers that values travel as. Rounding is to nearest, ties to even, subnormal numbers included; what rounds to an
 * infinity, and NaN, is refused by the types that round.
 */
public enum ValueType {
    /** The values themselves, bit by bit. */
    F32(0, Float.BYTES, "float32") {
        @Override
        public float nearest(float value) {
            return value;
        }

        @Override
        void put(float[] values, ByteBuffer out, String where) {
            out.asFloatBuffer().put(values);
            out.position(out.position() + values.length * Float.BYTES);
        }

        @Override
        float[] get(int count, ByteBuffer in) {
            float[] values = new float[count];
            in.asFloatBuffer().get(values);
            return values;
        }
    },

    /** IEEE 754 binary16: 11 significant bits, up to 65,504. */
    F16(1, Short.BYTES, "float16") {
        @Override
        public float nearest(float value) {
            return Float.float16ToFloat(Float.floatToFloat16(value));
        }

        @Override
        void put(float[] values, ByteBuffer out, String where) {
            short[] halves = new short[values.length];
            for (int i = 0; i < halves.length; i++) {
                halves[i] = Float.floatToFloat16(values[i]);
            }
            putShorts(halves, 0x7C00, values, out, where);
        }

        @Override
        float[] get(int count, ByteBuffer in) {
            short[] halves = shorts(count, in);
            float[] values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = Float.float16ToFloat(halves[i]);
            }
            return values;
        }
    },

    /** The upper half of an f32: 8 significant bits, as far as f32 reaches. */
    BF16(2, Short.BYTES, "bfloat16") {
        @Override
        public float nearest(float value) {
            return Float.intBitsToFloat(upper(value) << Short.SIZE);
        }

        @Override
        void put(float[] values, ByteBuffer out, String where) {
            short[] halves = new short[values.length];
            for (int i = 0; i < halves.length; i++) {
                halves[i] = (short) upper(values[i]);
            }
            putShorts(halves, 0x7F80, values, out, where);
        }

        @Override
        float[] get(int count, ByteBuffer in) {
            short[] halves = shorts(count, in);
            float[] values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = Float.intBitsToFloat(halves[i] << Short.SIZE);
            }
            return values;
        }

        /** The carry of the rounding runs into the exponent, which is right: the next number up. */
        private int upper(float value) {
            int bits = Float.floatToIntBits(value);
            return Float.isNaN(value)
                    ? bits >>> Short.SIZE
                    : (bits + 0x7FFF + (bits >>> Short.SIZE & 1)) >>> Short.SIZE;
        }
    };

    private final int code;
    private final int sizeBytes;
    private final String key;

    ValueType(int code, int sizeBytes, String key) {
        this.code = code;
        this.sizeBytes = sizeBytes;
        this.key = key;
    }

    /** The name that people choose it by. */
    public String key() {
        return key;
    }

    /** The names that {@link #of} knows. */
    public static List<String> keys() {
        return Arrays.stream(values()).map(ValueType::key).toList();
    }

    /** The one of a name. */
    public static ValueType of(String key) {
        return Arrays.stream(values())
                .filter(type -> type.key.equals(key))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("Unknown type of values '" + key + "'. Known: " + keys()));
    }

    static ValueType ofCode(int code) {
        for (ValueType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        throw new CodecException("The message's type of values is " + code + ", which is unknown to this version");
    }

    int code() {
        return code;
    }

    /** Bytes of one value. */
    public int sizeBytes() {
        return sizeBytes;
    }

    /** The nearest number of this type. */
    public abstract float nearest(float value);

    /**
     * Rounds and writes at the buffer's position.
     *
     * @throws CodecException naming the first value that this type cannot hold
     */
    abstract void put(float[] values, ByteBuffer out, String where);

    /** Reads that many values at the buffer's position, which stays. */
    abstract float[] get(int count, ByteBuffer in);

    /** An exponent of all ones is NaN or an infinity. */
    final void putShorts(short[] halves, int exponent, float[] values, ByteBuffer out, String where) {
        for (int i = 0; i < halves.length; i++) {
            if ((halves[i] & exponent) == exponent) {
                throw new CodecException(where + ": value " + i + " of " + values.length + " is " + values[i]
                        + ", which " + this + " cannot hold; send it as F32");
            }
        }
        out.asShortBuffer().put(halves);
        out.position(out.position() + halves.length * Short.BYTES);
    }

    static short[] shorts(int count, ByteBuffer in) {
        short[] shorts = new short[count];
        in.asShortBuffer().get(shorts);
        return shorts;
    }
}
