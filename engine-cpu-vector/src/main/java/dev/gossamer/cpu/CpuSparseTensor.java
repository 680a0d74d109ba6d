package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;
import static dev.gossamer.cpu.Lanes.F;
import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.INDEX;
import static dev.gossamer.cpu.Raw.UNCHECKED;
import static dev.gossamer.cpu.Raw.USER;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.sparse.MagnitudeSelection.Threshold;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * A saved activation: values of the stored elements and their places in the memory of the tensor they are from, eight bytes
 * each. Products expand it into scratch memory, which one layer uses after the other: on a CPU that costs less than gathering
 * from the output gradient would.
 */
final class CpuSparseTensor implements SparseTensor {

    /** No threshold yet. */
    private static final int NONE = -1;

    /** Above the magnitude bits of all numbers. */
    private static final int NOTHING = Integer.MAX_VALUE;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final CpuWorkspace owner;
    private final Shape shape;
    private final long capacity;
    private final MemorySegment indices;
    private final MemorySegment values;
    private final PaddedInput input;
    private @Nullable CpuTensor source;
    private int count;
    private int threshold = NONE;
    private @Nullable CpuTensor expanded;

    CpuSparseTensor(CpuWorkspace owner, Shape shape, long capacity) {
        if (shape.size() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "A sparse tensor of " + shape + " has more than 2^31-1 elements, the limit of its indices");
        }
        this.owner = owner;
        this.shape = shape;
        this.capacity = capacity;
        this.indices = owner.memory().allocate((capacity + COUNT) * Integer.BYTES);
        this.values = owner.memory().allocate((capacity + COUNT) * Float.BYTES);
        this.input = new PaddedInput(owner, CpuWorkspace.Scratch.PADDED, 0, shape.withBatch(1));
    }

    void compress(CpuWorkspace workspace, CpuTensor x, long keep) {
        CpuTensor clean = input.clean(x);
        source = clean;
        count = 0;
        int before = threshold;
        threshold = NOTHING;
        if (keep == 0 || x.batch == 0) {
            return;
        }
        TopMagnitudes top = workspace.topMagnitudes();
        if (top.find(clean.data, floats(clean), keep, before)) {
            threshold = top.magnitude();
            count = select(clean);
            if (count > keep) {
                storeExactly(clean, keep, threshold, top.ties());
            }
        } else {
            Threshold ofAll = sorted(clean, keep);
            threshold = ofAll.magnitudeBits();
            storeExactly(clean, keep, threshold, ofAll.tiesKept());
        }
    }

    void compressAgain(CpuWorkspace workspace, CpuTensor x, long keep) {
        if (threshold == NONE) {
            compress(workspace, x, keep);
            return;
        }
        CpuTensor clean = input.clean(x);
        source = clean;
        count = select(clean);
        if (count > capacity) {
            compress(workspace, x, keep);
        }
    }

    /** Halo and what lies behind the batch are zeros, which rank last. */
    private static long floats(CpuTensor clean) {
        return (long) CpuTensor.blocks(clean.batch, clean.block) * clean.positions * clean.block;
    }

    /** Stores what is neither 0 nor below the threshold, and says how much that is, be it too much. */
    private int select(CpuTensor x) {
        long floats = floats(x);
        return MagnitudeKernels.select(
                Raw.address(x.data, 0, floats * Float.BYTES),
                Math.toIntExact(floats / COUNT),
                Math.max(threshold, 1),
                Raw.address(indices, 0, (capacity + COUNT) * Integer.BYTES),
                Raw.address(values, 0, (capacity + COUNT) * Float.BYTES),
                (int) capacity);
    }

    /** What is above a bound and the first {@code equals} at it, in row-major order. */
    private void storeExactly(CpuTensor x, long keep, int bound, long equals) {
        long ties = equals;
        count = 0;
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
                        indices.setAtIndex(INT, count, Math.toIntExact(at / Float.BYTES + lane));
                        values.setAtIndex(FLOAT, count, value);
                        count++;
                    }
                }
            }
        }
    }

    /** With NaN above all: the long way, as the training has gone wrong. */
    private static Threshold sorted(CpuTensor x, long keep) {
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
        CpuTensor from = source;
        if (from == null || forBatch != from.batch) {
            throw new IllegalArgumentException("x was compressed from a batch of " + (from == null ? 0 : from.batch)
                    + ", the output gradient has " + forBatch);
        }
        Shape whole = from.shape(); // one of our own would be allocated in every step
        MemorySegment memory =
                workspace.scratch(CpuWorkspace.Scratch.PADDED, CpuTensor.sizeBytes(whole, Layout.NATIVE, halo, block));
        CpuTensor to = expanded;
        if (to == null || to.data != memory || to.halo != halo || to.block != block || to.batch != forBatch) {
            to = CpuTensor.over(workspace, memory, whole, halo, block);
            expanded = to;
        }
        memory.fill((byte) 0);
        if (to.halo == from.halo && to.block == from.block) {
            scatter(floats(to));
        } else {
            move(from, to);
        }
        return to;
    }

    private void scatter(long floats) {
        CpuTensor to = expanded;
        if (to == null) {
            return;
        }
        long target = Raw.address(to.data, 0, floats * Float.BYTES);
        long from = Raw.address(values, 0, count * 4L);
        long places = Raw.address(indices, 0, count * 4L);
        for (int i = 0; i < count; i++) {
            int index = ALL.get(ValueLayout.JAVA_INT_UNALIGNED, (places + 4L * i) & USER);
            ALL.set(UNCHECKED, (target + 4L * (index & INDEX)) & USER, ALL.get(UNCHECKED, (from + 4L * i) & USER));
        }
    }

    /** To a tensor of another halo or block. */
    private void move(CpuTensor from, CpuTensor to) {
        int pitch = from.pitch();
        int plane = from.planePositions();
        for (int i = 0; i < count; i++) {
            int index = indices.getAtIndex(INT, i);
            int through = index / from.block;
            int column = through / from.positions * from.block + index % from.block;
            int position = through % from.positions;
            int within = position % plane;
            int target = position / plane * to.planePositions()
                    + to.position(within / pitch - from.halo, within % pitch - from.halo);
            to.data.set(FLOAT, to.offset(target, column), values.getAtIndex(FLOAT, i));
        }
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
