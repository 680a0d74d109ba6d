package dev.gossamer.fl.codec;

import dev.gossamer.engine.sparse.SparsityPattern;
import org.jspecify.annotations.Nullable;

/**
 * How a tensor's pattern is written. The sender takes the smallest, the first of those where several are; the receiver
 * accepts no other, so that a model has one encoding only.
 */
enum MaskKind {
    /** No pattern: all values are there. */
    DENSE(0),
    /** A bit for each element: bit {@code i & 7} of byte {@code i >> 3} is set if element i has a value. */
    BITS(1),
    /** The elements that have values, as gaps. Byte-aligned, the smallest above 7/8 sparsity. */
    GAPS(2),
    /** The elements that have none, as gaps: the smallest below 1/8 sparsity, nothing at all for a full pattern. */
    ABSENT_GAPS(3);

    private final int code;

    MaskKind(int code) {
        this.code = code;
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

    /** The kind to send a tensor with. */
    static MaskKind choose(@Nullable SparsityPattern pattern) {
        if (pattern == null) {
            return DENSE;
        }
        MaskKind best = BITS;
        long bestBytes = Masks.sizeBytes(BITS, pattern);
        for (MaskKind kind : new MaskKind[] {GAPS, ABSENT_GAPS}) {
            // A gap takes a byte or more: most patterns need no pass over their entries to tell.
            long atLeast = kind == GAPS ? pattern.nnz() : pattern.size() - pattern.nnz();
            if (atLeast < bestBytes) {
                long bytes = Masks.sizeBytes(kind, pattern);
                if (bytes < bestBytes) {
                    best = kind;
                    bestBytes = bytes;
                }
            }
        }
        return best;
    }
}
