package dev.gossamer.fl.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Bits of an array from any position on; they fill each byte from its lowest. */
final class BitWindow {

    /** Of a word shifted down to start at any bit, this many bits are surely from the array. */
    static final int BITS = 57;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private BitWindow() {}

    /** At least {@link #BITS} bits from a position on, zeros after the end of the array. */
    static long at(byte[] bytes, long position) {
        int index = (int) (position >>> 3);
        long word = index <= bytes.length - Long.BYTES ? (long) LONG.get(bytes, index) : tail(bytes, index);
        return word >>> (position & 7);
    }

    private static long tail(byte[] bytes, int index) {
        long word = 0;
        for (int i = index; i < bytes.length; i++) {
            word |= (bytes[i] & 0xFFL) << (Byte.SIZE * (i - index));
        }
        return word;
    }

    /** Sets eight bytes from an index on, the lowest first. */
    static void put(byte[] bytes, int index, long word) {
        LONG.set(bytes, index, word);
    }

    /**
     * The index after the last byte with bits before a position; its spare bits have to be 0.
     *
     * @throws CodecException if they are not
     */
    static int end(byte[] bytes, long position, String where) {
        int end = (int) ((position + 7) >>> 3);
        int used = (int) (position & 7);
        if (used != 0 && (bytes[end - 1] & 0xFF) >>> used != 0) {
            throw new CodecException(where + ": there are bits after the last code");
        }
        return end;
    }
}
