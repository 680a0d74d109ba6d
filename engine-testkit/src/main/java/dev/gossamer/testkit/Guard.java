package dev.gossamer.testkit;

import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Consumer;

/** Host memory between guard words: a transfer that writes beside its target, or not all of it, is noticed. */
public final class Guard {

    private static final int WORDS = 16;
    private static final int WORD = 0x5AFE_C0DE;
    /** A NaN that no computation gives: what is still there afterwards was not written. */
    private static final int UNWRITTEN = 0x7FED_CBA9;

    private Guard() {}

    /** The tensor's numbers, row-major. */
    public static float[] download(Workspace workspace, Tensor tensor) {
        return guarded(
                "download of " + tensor.shape(), tensor.shape().size(), host -> workspace.download(tensor, host));
    }

    /** The numbers in canonical order. */
    public static float[] download(Workspace workspace, Values values) {
        long nnz = values.space().nnz();
        return guarded("download of " + nnz + " values", nnz, host -> workspace.download(values, host));
    }

    static float[] guarded(String what, long count, Consumer<MemorySegment> fill) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment all = arena.allocate(ValueLayout.JAVA_INT, count + 2 * WORDS);
            for (long i = 0; i < count + 2 * WORDS; i++) {
                all.setAtIndex(ValueLayout.JAVA_INT, i, i < WORDS || i >= WORDS + count ? WORD : UNWRITTEN);
            }
            MemorySegment target = all.asSlice(WORDS * (long) Integer.BYTES, count * Integer.BYTES);
            // A segment longer than what is moved: its bounds would hide a write past the end, the guard words do not.
            fill.accept(all.asSlice(WORDS * (long) Integer.BYTES));
            for (int i = 0; i < WORDS; i++) {
                intact(what, all, i);
                intact(what, all, WORDS + count + i);
            }
            for (long i = 0; i < count; i++) {
                if (target.getAtIndex(ValueLayout.JAVA_INT, i) == UNWRITTEN) {
                    throw new AssertionError("The " + what + " did not write number " + i);
                }
            }
            return target.toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    private static void intact(String what, MemorySegment all, long word) {
        if (all.getAtIndex(ValueLayout.JAVA_INT, word) != WORD) {
            throw new AssertionError("The " + what + " wrote over guard word " + (word - WORDS) + " beside its target");
        }
    }
}
