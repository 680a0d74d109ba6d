package dev.gossamer.fl.codec;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How one pattern is written: the kind of fewest bytes, counted exactly.
 *
 * @param parameter of the Rice code, the best one; 0 for kinds without
 * @param payloadBytes without the fields before it
 */
record MaskPlan(MaskKind kind, int parameter, long payloadBytes) {

    /** Count, parameter and payload. */
    long sizeBytes() {
        return kind.fieldBytes() + payloadBytes;
    }

    /**
     * The plan for a pattern of less than 2^31 elements; a function of its arguments.
     *
     * @param pattern null: all values are there
     * @param reference pattern that the receiver has, or null
     */
    static MaskPlan of(@Nullable SparsityPattern pattern, @Nullable SparsityPattern reference) {
        if (pattern == null) {
            return new MaskPlan(MaskKind.DENSE, 0, 0);
        }
        return of(pattern, reference, null);
    }

    /**
     * The same.
     *
     * @param gaps of the pattern, or null where they are not at hand
     */
    static MaskPlan of(SparsityPattern pattern, @Nullable SparsityPattern reference, int @Nullable [] gaps) {
        return new Choice(pattern, reference, gaps).best();
    }

    /** A bound from below for what a pattern takes without a reference, without a pass over it. */
    static long absoluteAtLeast(SparsityPattern pattern) {
        return MaskKind.BITS.fieldBytes() + bitBytes(Math.min(pattern.nnz(), pattern.size() - pattern.nnz()));
    }

    static long bitBytes(long bits) {
        return (bits + 7) >>> 3;
    }

    /** Weighs the kinds against each other, and looks through the entries only for kinds that may win. */
    private static final class Choice {

        private final SparsityPattern pattern;
        private final @Nullable SparsityPattern reference;
        private int @Nullable [] present;
        private MaskPlan best;

        Choice(SparsityPattern pattern, @Nullable SparsityPattern reference, int @Nullable [] present) {
            this.pattern = pattern;
            this.reference = reference;
            this.present = present;
            this.best = new MaskPlan(MaskKind.BITS, 0, bitBytes(pattern.size()));
        }

        MaskPlan best() {
            boolean same = pattern.equals(reference);
            if (same) {
                offer(new MaskPlan(MaskKind.REFERENCE, 0, 0));
            }
            int nnz = (int) pattern.nnz();
            int size = (int) pattern.size();
            offerGaps(MaskKind.GAPS, MaskKind.RICE, nnz, this::present);
            offerGaps(MaskKind.ABSENT_GAPS, MaskKind.ABSENT_RICE, size - nnz, () -> Gaps.complement(present(), size));
            if (reference != null && !same && canWin(MaskKind.CHANGES, 1)) {
                offerRice(MaskKind.CHANGES, Gaps.ofChanges(pattern, reference));
            }
            return best;
        }

        private int[] present() {
            int[] gaps = present;
            if (gaps == null) {
                gaps = Gaps.of(pattern);
                present = gaps;
            }
            return gaps;
        }

        /** A gap takes a bit or more in one code, a byte or more in the other. */
        private void offerGaps(MaskKind bytes, MaskKind bits, int count, Supplier<int[]> gaps) {
            if (!canWin(bits, bitBytes(count)) && !canWin(bytes, count)) {
                return;
            }
            int[] all = gaps.get();
            offerRice(bits, all);
            if (canWin(bytes, count)) {
                offer(new MaskPlan(bytes, 0, Leb128.sizeBytes(all)));
            }
        }

        private void offerRice(MaskKind kind, int[] gaps) {
            int k = RiceCode.bestParameter(gaps);
            offer(new MaskPlan(kind, k, RiceCode.sizeBytes(gaps, k)));
        }

        private void offer(MaskPlan other) {
            if (canWin(other.kind, other.payloadBytes)) {
                best = other;
            }
        }

        private boolean canWin(MaskKind kind, long payloadAtLeast) {
            long bytes = kind.fieldBytes() + payloadAtLeast;
            return bytes < best.sizeBytes() || (bytes == best.sizeBytes() && kind.compareTo(best.kind) < 0);
        }
    }
}
