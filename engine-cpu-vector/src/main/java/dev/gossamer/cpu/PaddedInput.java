package dev.gossamer.cpu;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * A product's operand with the halo that its kernels read: the tensor itself where that has it, as with paddings of 1, else a
 * copy in scratch memory. Where sums run over the batch, the lanes behind it have to be +0.0; later samples of a viewed tensor
 * are not, and are left out of a copy.
 */
final class PaddedInput {

    private final CpuWorkspace workspace;
    private final CpuWorkspace.Scratch use;
    private final Shape one;
    private final int natural;
    private final int halo;
    private @Nullable CpuTensor copy;

    /**
     * @param needed rows and columns around the plane that are read
     * @param one shape of a sample
     */
    PaddedInput(CpuWorkspace workspace, CpuWorkspace.Scratch use, int needed, Shape one) {
        this.workspace = workspace;
        this.use = use;
        this.one = one;
        this.natural = CpuTensor.halo(one);
        this.halo = Math.max(natural, needed);
    }

    int halo() {
        return halo;
    }

    /** Positions from row to row of the padded plane. */
    int pitch() {
        return one.width() + 2 * halo;
    }

    /** Positions from channel to channel. */
    int plane() {
        return (one.height() + 2 * halo) * pitch();
    }

    /** The operand with the needed halo, in blocks of the batch as the other operand has them. */
    CpuTensor of(CpuTensor tensor, boolean summed, int block) {
        boolean fits = halo == natural && tensor.block == block && !(summed && isDirty(tensor));
        return fits ? tensor : copied(tensor, halo, block);
    }

    /** The operand with its own halo and clean lanes behind the batch. */
    CpuTensor clean(CpuTensor tensor) {
        return isDirty(tensor) ? copied(tensor, natural, tensor.block) : tensor;
    }

    private static boolean isDirty(CpuTensor tensor) {
        return !tensor.endsInZeros() && tensor.batch % tensor.block != 0;
    }

    private CpuTensor copied(CpuTensor tensor, int withHalo, int block) {
        Shape shape = tensor.shape();
        MemorySegment memory = workspace.scratch(use, CpuTensor.sizeBytes(shape, Layout.NATIVE, withHalo, block));
        CpuTensor to = copy;
        if (to == null || to.data != memory || to.halo != withHalo || to.block != block || to.batch != tensor.batch) {
            to = CpuTensor.over(workspace, memory, shape, withHalo, block);
            copy = to;
        }
        memory.fill((byte) 0);
        for (int column = 0; column < tensor.batch; ) {
            int columns = Math.min(Math.min(tensor.run(column), to.run(column)), tensor.batch - column);
            copy(tensor, to, column, columns);
            column += columns;
        }
        return to;
    }

    private static void copy(CpuTensor from, CpuTensor to, int column, int columns) {
        Shape shape = from.shape();
        for (int channel = 0; channel < shape.channels(); channel++) {
            for (int y = 0; y < shape.height(); y++) {
                int source = channel * from.planePositions() + from.position(y, 0);
                int target = channel * to.planePositions() + to.position(y, 0);
                if (columns == from.block && columns == to.block) {
                    MemorySegment.copy(
                            from.data,
                            from.offset(source, column),
                            to.data,
                            to.offset(target, column),
                            shape.width() * from.rowStride());
                    continue;
                }
                for (int x = 0; x < shape.width(); x++) {
                    copyLanes(from, from.offset(source + x, column), to, to.offset(target + x, column), columns);
                }
            }
        }
    }

    private static void copyLanes(CpuTensor from, long source, CpuTensor to, long target, int columns) {
        for (int lane = 0; lane < columns; lane++) {
            float value = from.data.get(ValueLayout.JAVA_FLOAT, source + 4L * lane);
            to.data.set(ValueLayout.JAVA_FLOAT, target + 4L * lane, value);
        }
    }
}
