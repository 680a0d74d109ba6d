package dev.gossamer.fl.codec;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * The mask payloads. Elements are numbered in row-major order; a gap is the number of elements skipped since the one
 * before (since the start for the first), as LEB128: seven bits a byte, low bits first, the top bit set on all bytes but
 * the last, no superfluous bytes.
 */
final class Masks {

    private Masks() {}

    /** Exact length of a payload. */
    static long sizeBytes(MaskKind kind, SparsityPattern pattern) {
        return switch (kind) {
            case DENSE -> 0;
            case BITS -> bitBytes(pattern.size());
            case GAPS, ABSENT_GAPS -> {
                GapSizer sizer = new GapSizer();
                forEach(kind, pattern, sizer);
                yield sizer.bytes;
            }
        };
    }

    static void write(MaskKind kind, SparsityPattern pattern, ByteBuffer out) {
        switch (kind) {
            case DENSE -> {}
            case BITS -> writeBits(pattern, out);
            case GAPS, ABSENT_GAPS -> forEach(kind, pattern, new GapWriter(out));
        }
    }

    /** Reads a payload that {@code nnz} elements of {@code rows * cols} are in, all of them counted and bounded already. */
    static SparsityPattern read(MaskKind kind, int rows, int cols, int nnz, ByteBuffer in, String where) {
        long size = (long) rows * cols;
        return switch (kind) {
            case DENSE -> throw new IllegalArgumentException("A dense tensor has no mask");
            case BITS -> readBits(rows, cols, nnz, in, where);
            case GAPS -> {
                int[] rowPtr = new int[rows + 1];
                int[] colIdx = new int[nnz];
                GapReader gaps = new GapReader(in, size, where);
                for (int position = 0; position < nnz; position++) {
                    long element = gaps.next();
                    rowPtr[(int) (element / cols) + 1]++;
                    colIdx[position] = (int) (element % cols);
                }
                for (int row = 0; row < rows; row++) {
                    rowPtr[row + 1] += rowPtr[row];
                }
                yield SparsityPattern.of(rows, cols, rowPtr, colIdx);
            }
            case ABSENT_GAPS -> {
                long[] bits = allSet(size);
                GapReader gaps = new GapReader(in, size, where);
                for (long left = size - nnz; left > 0; left--) {
                    long element = gaps.next();
                    bits[(int) (element >>> 6)] &= ~(1L << element);
                }
                yield SparsityPattern.fromBits(rows, cols, bits);
            }
        };
    }

    // ---- bits
    // --------------------------------------------------------------------------------------------------------

    static long bitBytes(long size) {
        return (size >>> 3) + ((size & 7) == 0 ? 0 : 1);
    }

    private static void writeBits(SparsityPattern pattern, ByteBuffer out) {
        long[] words = pattern.toBits();
        int bytes = (int) bitBytes(pattern.size());
        for (int i = 0; i < bytes; i++) {
            out.put((byte) (words[i >>> 3] >>> (8 * (i & 7))));
        }
    }

    private static SparsityPattern readBits(int rows, int cols, int nnz, ByteBuffer in, String where) {
        long size = (long) rows * cols;
        long[] words = new long[wordCount(size)];
        int bytes = (int) bitBytes(size);
        for (int i = 0; i < bytes; i++) {
            words[i >>> 3] |= (in.get() & 0xFFL) << (8 * (i & 7));
        }
        long set = countBits(words);
        int spare = (int) (size & 63);
        if (spare != 0 && words[words.length - 1] >>> spare != 0) {
            throw new CodecException(where + ": the mask has bits beyond its last element");
        }
        if (set != nnz) {
            throw new CodecException(where + ": the mask has " + set + " elements, but " + nnz + " are announced");
        }
        return SparsityPattern.fromBits(rows, cols, words);
    }

    private static long countBits(long[] words) {
        long set = 0;
        for (long word : words) {
            set += Long.bitCount(word);
        }
        return set;
    }

    private static int wordCount(long size) {
        return Math.toIntExact((size + 63) >>> 6);
    }

    private static long[] allSet(long size) {
        long[] words = new long[wordCount(size)];
        Arrays.fill(words, -1L);
        int spare = (int) (size & 63);
        if (spare != 0) {
            words[words.length - 1] = (1L << spare) - 1;
        }
        return words;
    }

    // ---- gaps
    // --------------------------------------------------------------------------------------------------------

    /** Visits the elements that a kind writes gaps for, in ascending order. */
    private static void forEach(MaskKind kind, SparsityPattern pattern, LongConsumer visitor) {
        long next = 0;
        for (int row = 0; row < pattern.rows(); row++) {
            long rowStart = (long) row * pattern.cols();
            for (int position = pattern.rowStart(row); position < pattern.rowEnd(row); position++) {
                long element = rowStart + pattern.col(position);
                if (kind == MaskKind.GAPS) {
                    visitor.accept(element);
                } else {
                    visitRange(next, element, visitor);
                    next = element + 1;
                }
            }
        }
        if (kind == MaskKind.ABSENT_GAPS) {
            visitRange(next, pattern.size(), visitor);
        }
    }

    private static void visitRange(long from, long to, LongConsumer visitor) {
        for (long element = from; element < to; element++) {
            visitor.accept(element);
        }
    }

    private static final class GapSizer implements LongConsumer {
        private long next;
        private long bytes;

        @Override
        public void accept(long element) {
            long gap = element - next;
            bytes += gap == 0 ? 1 : (70 - Long.numberOfLeadingZeros(gap)) / 7;
            next = element + 1;
        }
    }

    private static final class GapWriter implements LongConsumer {
        private final ByteBuffer out;
        private long next;

        GapWriter(ByteBuffer out) {
            this.out = out;
        }

        @Override
        public void accept(long element) {
            long gap = element - next;
            while (gap >= 0x80) {
                out.put((byte) (gap | 0x80));
                gap >>>= 7;
            }
            out.put((byte) gap);
            next = element + 1;
        }
    }

    private static final class GapReader {
        private final ByteBuffer in;
        private final long size;
        private final String where;
        private long next;

        GapReader(ByteBuffer in, long size, String where) {
            this.in = in;
            this.size = size;
            this.where = where;
        }

        /** The next element, below {@code size} and above all before it. */
        long next() {
            long gap = 0;
            int shift = 0;
            byte last;
            do {
                if (!in.hasRemaining() || shift > 56) {
                    throw new CodecException(where + ": a gap of the mask does not end");
                }
                last = in.get();
                gap |= (last & 0x7FL) << shift;
                shift += 7;
            } while (last < 0);
            if (last == 0 && shift > 7) {
                throw new CodecException(where + ": a gap of the mask has superfluous bytes");
            }
            if (gap >= size - next) {
                throw new CodecException(
                        where + ": the mask reaches element " + (next + gap) + " of a tensor of " + size + " elements");
            }
            long element = next + gap;
            next = element + 1;
            return element;
        }
    }
}
