package dev.gossamer.cpu;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Moves values between a dense tensor and a space, entry by entry in canonical order. */
final class GatherScatter {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private GatherScatter() {}

    static void gather(CpuTensor dense, CpuValues values) {
        move(dense, values, true);
    }

    static void scatter(CpuValues values, CpuTensor dense) {
        dense.data.fill((byte) 0);
        move(dense, values, false);
    }

    private static void move(CpuTensor dense, CpuValues values, boolean fromDense) {
        CpuSpace space = values.space;
        SparsityPattern pattern = space.pattern();
        boolean packed = space.storage() == CpuSpace.Storage.PACKED;
        for (int row = 0; row < space.rows(); row++) {
            int end = pattern == null ? space.cols() : pattern.rowEnd(row);
            for (int p = pattern == null ? 0 : pattern.rowStart(row); p < end; p++) {
                int col = pattern == null ? p : pattern.col(p);
                one(
                        values.data,
                        packed ? p : (long) row * space.cols() + col,
                        dense,
                        dense.offset(row, col),
                        fromDense);
            }
        }
    }

    private static void one(MemorySegment values, long index, CpuTensor dense, long at, boolean fromDense) {
        if (fromDense) {
            values.setAtIndex(FLOAT, index, dense.data.get(FLOAT, at));
        } else {
            dense.data.set(FLOAT, at, values.getAtIndex(FLOAT, index));
        }
    }
}
