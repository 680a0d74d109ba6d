package dev.gossamer.fl.codec;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes the mask of one tensor as planned: count, parameter and payload. */
final class MaskWriter {

    private MaskWriter() {}

    static void write(MaskPlan plan, SparsityPattern pattern, @Nullable SparsityPattern reference, ByteBuffer out) {
        int nnz = (int) pattern.nnz();
        switch (plan.kind()) {
            case DENSE, REFERENCE -> {}
            case BITS -> writeBits(pattern, out.putInt(nnz));
            case GAPS, RICE -> writeGaps(plan, nnz, Gaps.of(pattern), out);
            case ABSENT_GAPS, ABSENT_RICE ->
                writeGaps(plan, nnz, Gaps.complement(Gaps.of(pattern), (int) pattern.size()), out);
            case CHANGES -> {
                int[] changes = Gaps.ofChanges(pattern, Objects.requireNonNull(reference));
                writeGaps(plan, changes.length, changes, out);
            }
        }
    }

    private static void writeGaps(MaskPlan plan, int count, int[] gaps, ByteBuffer out) {
        out.putInt(count);
        if (plan.kind().isRice()) {
            out.put((byte) plan.parameter()).put(RiceCode.write(gaps, plan.parameter()));
        } else {
            out.put(Leb128.write(gaps));
        }
    }

    private static void writeBits(SparsityPattern pattern, ByteBuffer out) {
        long[] bits = pattern.toBits();
        ByteBuffer words = ByteBuffer.allocate(bits.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        words.asLongBuffer().put(bits);
        out.put(words.array(), 0, (int) MaskPlan.bitBytes(pattern.size()));
    }
}
