package dev.gossamer.fl.codec;

/**
 * How a tensor's pattern is written. The sender takes the kind of fewest bytes, the first of those where several are
 * equal; the receiver accepts no other, so that a model has one encoding only.
 *
 * <p>A gap is the number of elements skipped since the one before (since the start for the first), elements being numbered
 * in row-major order.
 */
enum MaskKind {
    /** No pattern: all values are there. */
    DENSE(0, 0),
    /** A bit for each element: bit {@code i & 7} of byte {@code i >> 3} is set if element i has a value. */
    BITS(1, Integer.BYTES),
    /** The elements that have values, as gaps in whole bytes: {@link Leb128}. */
    GAPS(2, Integer.BYTES),
    /** The elements that have none, as gaps in whole bytes; nothing at all for a full pattern. */
    ABSENT_GAPS(3, Integer.BYTES),
    /** The elements that have values, as gaps in bits: {@link RiceCode}. */
    RICE(4, Integer.BYTES + 1),
    /** The elements that have none, as gaps in bits. */
    ABSENT_RICE(5, Integer.BYTES + 1),
    /** The reference's pattern, which the receiver has. */
    REFERENCE(6, 0),
    /** The elements in which the pattern differs from the reference's, as gaps in bits. */
    CHANGES(7, Integer.BYTES + 1);

    private final int code;
    private final int fieldBytes;

    MaskKind(int code, int fieldBytes) {
        this.code = code;
        this.fieldBytes = fieldBytes;
    }

    static MaskKind ofCode(int code, String where) {
        for (MaskKind kind : values()) {
            if (kind.code == code) {
                return kind;
            }
        }
        throw new CodecException(where + ": mask kind " + code + " is unknown to this version");
    }

    int code() {
        return code;
    }

    /** Bytes of the count and of the Rice parameter that the payload follows. */
    int fieldBytes() {
        return fieldBytes;
    }

    /** Whether a parameter precedes the payload. */
    boolean isRice() {
        return this == RICE || this == ABSENT_RICE || this == CHANGES;
    }

    /** Whether it can be read only beside the reference. */
    boolean isRelative() {
        return this == REFERENCE || this == CHANGES;
    }
}
