package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gossamer.cpu.TopMagnitudes.Part;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.sparse.MagnitudeSelection.Threshold;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * A saved activation: row-major indices and values of the stored elements, eight bytes each. Products expand it into scratch
 * memory, which one layer uses after the other: on a CPU that costs less than gathering from the output gradient would.
 */
final class CpuSparseTensor implements SparseTensor {

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final CpuWorkspace owner;
    private final Shape shape;
    private final long capacity;
    private final MemorySegment indices;
    private final MemorySegment values;
    private int batch;
    private long count;
    private @Nullable CpuTensor expanded;

    CpuSparseTensor(CpuWorkspace owner, Shape shape, long capacity) {
        if (shape.size() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "A sparse tensor of " + shape + " has more than 2^31-1 elements, the limit of its indices");
        }
        this.owner = owner;
        this.shape = shape;
        this.capacity = capacity;
        this.indices = owner.memory().allocate(capacity * Integer.BYTES);
        this.values = owner.memory().allocate(capacity * Float.BYTES);
        this.batch = shape.batch();
    }

    void compress(CpuWorkspace workspace, CpuTensor x, long keep) {
        batch = x.batch;
        count = 0;
        if (keep == 0) {
            return;
        }
        Threshold threshold = threshold(workspace, x, keep);
        int bound = threshold.magnitudeBits();
        long ties = threshold.tiesKept();
        FloatVector least = FloatVector.broadcast(F, Float.intBitsToFloat(Math.min(bound, TopMagnitudes.INFINITY)));
        for (int feature = 0; feature < x.features && count < keep; feature++) {
            for (int column = 0; column < x.batch; column += COUNT) {
                long at = x.offset(x.position(feature), column);
                // Not less, so that NaN is looked at.
                if (FloatVector.fromMemorySegment(F, x.data, at, LITTLE_ENDIAN)
                        .abs()
                        .compare(VectorOperators.LT, least)
                        .allTrue()) {
                    continue;
                }
                for (int lane = 0; lane < Math.min(COUNT, x.batch - column); lane++) {
                    float value = x.data.get(FLOAT, at + 4L * lane);
                    int bits = Float.floatToRawIntBits(value) & Integer.MAX_VALUE;
                    if (bits > bound || (bits == bound && ties-- > 0)) {
                        store(feature * x.batch + column + lane, value);
                    }
                }
            }
        }
    }

    private void store(int index, float value) {
        indices.setAtIndex(INT, count, index);
        values.setAtIndex(FLOAT, count, value);
        count++;
    }

    /** Zeros in halo and behind the batch rank last; a view's later samples and NaN take the long way. */
    private static Threshold threshold(CpuWorkspace workspace, CpuTensor x, long keep) {
        boolean whole = x.endsInZeros() || x.batch % x.block == 0;
        if (whole) {
            long floats = (long) CpuTensor.blocks(x.batch, x.block) * x.positions * x.block;
            Threshold found = new TopMagnitudes(workspace, List.of(new Part(x.data, floats))).kthLargest(keep);
            if (found != null) {
                return found;
            }
        }
        int[] bits = new int[Math.toIntExact(x.shape().size())];
        int next = 0;
        for (int feature = 0; feature < x.features; feature++) {
            for (int column = 0; column < x.batch; column++) {
                float value = x.data.get(FLOAT, x.offset(x.position(feature), column));
                bits[next++] = Float.floatToRawIntBits(value) & Integer.MAX_VALUE;
            }
        }
        Arrays.sort(bits);
        int bound = bits[Math.toIntExact(bits.length - keep)];
        long above = Arrays.stream(bits).filter(each -> each > bound).count();
        return new Threshold(bound, keep - above);
    }

    /** The whole tensor in scratch memory, with the halo and block that a product needs. */
    CpuTensor expand(CpuWorkspace workspace, int forBatch, int halo, int block) {
        if (forBatch != batch) {
            throw new IllegalArgumentException(
                    "x was compressed from a batch of " + batch + ", the output gradient has " + forBatch);
        }
        Shape whole = shape.withBatch(batch);
        MemorySegment memory =
                workspace.scratch(CpuWorkspace.Scratch.PADDED, CpuTensor.sizeBytes(whole, Layout.NATIVE, halo, block));
        CpuTensor to = expanded;
        if (to == null || to.data != memory || to.halo != halo || to.block != block || to.batch != batch) {
            to = CpuTensor.over(workspace, memory, whole, halo, block);
            expanded = to;
        }
        memory.fill((byte) 0);
        for (long i = 0; i < count; i++) {
            int index = indices.getAtIndex(INT, i);
            memory.set(FLOAT, to.offset(to.position(index / batch), index % batch), values.getAtIndex(FLOAT, i));
        }
        return to;
    }

    @Override
    public Shape shape() {
        return shape;
    }

    @Override
    public long capacity() {
        return capacity;
    }

    @Override
    public long sizeBytes() {
        return indices.byteSize() + values.byteSize();
    }

    @Override
    public Object owner() {
        return owner;
    }
}
