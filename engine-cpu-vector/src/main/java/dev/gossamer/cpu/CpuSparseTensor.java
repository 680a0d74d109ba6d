package dev.gossamer.cpu;

import static dev.gossamer.cpu.Raw.ALL;
import static dev.gossamer.cpu.Raw.BITS;
import static dev.gossamer.cpu.Raw.USER;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.sparse.MagnitudeSelection.Threshold;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A saved activation: values of the stored elements, and a bit for each number in the memory of the tensor they are from, which
 * never takes more than 3 % more than that tensor. Indices would take less from a share of 1/32 down, and more memory traffic.
 * Where few elements are stored, the gradient of a convolution's weights is made of them ({@link OuterProductGradient}); other
 * products expand the tensor into scratch memory, which one layer uses after the other.
 */
final class CpuSparseTensor implements SparseTensor {

    /** No threshold yet. */
    private static final int NONE = -1;

    /** Above the magnitude bits of all numbers. */
    private static final int NOTHING = Integer.MAX_VALUE;

    /** Numbers that two bytes of bits are for; blocks of a batch are whole multiples of it. */
    private static final int SIXTEEN = 16;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final CpuWorkspace owner;
    private final Shape shape;
    private final long capacity;
    private final int block;
    private final MemorySegment bits;
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
        this.block = owner.tuning().block(shape.batch());
        this.bits = owner.memory()
                .allocate(CpuTensor.sizeBytes(shape, Layout.NATIVE, CpuTensor.halo(shape), block)
                        / Float.BYTES
                        / Byte.SIZE);
        this.values = owner.memory().allocate((capacity + SIXTEEN) * Float.BYTES);
        this.input = new PaddedInput(owner, CpuWorkspace.Scratch.PADDED, 0, shape.withBatch(1));
    }

    void compress(CpuWorkspace workspace, CpuTensor x, long keep) {
        CpuTensor clean = input.of(x, true, block);
        source = clean;
        count = 0;
        int before = threshold;
        threshold = NOTHING;
        if (keep == 0 || x.batch == 0) {
            bits.fill((byte) 0);
            return;
        }
        TopMagnitudes top = workspace.topMagnitudes();
        if (top.find(clean.data, floats(clean), keep, before)) {
            threshold = top.magnitude();
            count = select(clean);
            if (count > keep) {
                storeExactly(clean, threshold, top.ties());
            }
        } else {
            Threshold ofAll = sorted(clean, keep);
            threshold = ofAll.magnitudeBits();
            storeExactly(clean, threshold, ofAll.tiesKept());
        }
    }

    void compressAgain(CpuWorkspace workspace, CpuTensor x, long keep) {
        if (threshold == NONE) {
            compress(workspace, x, keep);
            return;
        }
        CpuTensor clean = input.of(x, true, block);
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
        return MagnitudeKernels.selectBits(
                Raw.address(x.data, 0, floats * Float.BYTES),
                sixteens(floats),
                Math.max(threshold, 1),
                Raw.address(bits, 0, floats / Byte.SIZE),
                Raw.address(values, 0, (capacity + SIXTEEN) * Float.BYTES),
                (int) capacity);
    }

    private static int sixteens(long floats) {
        return Math.toIntExact(floats / SIXTEEN);
    }

    /** What is above a bound and the first {@code equals} at it, in row-major order. */
    private void storeExactly(CpuTensor x, int bound, long equals) {
        long floats = floats(x);
        long from = Raw.address(x.data, 0, floats * Float.BYTES);
        long its = Raw.address(bits, 0, floats / Byte.SIZE);
        bits.fill((byte) 0);
        count = 0;
        int ties = bound == 0 ? 0 : (int) equals;
        for (int feature = 0; feature < x.features; feature++) {
            int position = x.position(feature);
            for (int column = 0; column < x.batch; column += SIXTEEN) {
                long at = x.offset(position, column);
                int found = MagnitudeKernels.compare(from + at, bound);
                int kept = found & 0xffff;
                for (int equal = found >>> SIXTEEN; equal != 0 && ties > 0; ties--) {
                    kept |= equal & -equal;
                    equal &= equal - 1;
                }
                ALL.set(BITS, (its + at / (SIXTEEN * Float.BYTES) * Short.BYTES) & USER, (short) kept);
                count += Integer.bitCount(kept);
            }
        }
        MagnitudeKernels.pack(from, sixteens(floats), its, Raw.address(values, 0, (capacity + SIXTEEN) * Float.BYTES));
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

    /** The tensor that elements were selected from, for its layout; its numbers may have changed since. */
    CpuTensor source(int forBatch) {
        CpuTensor from = source;
        if (from == null || forBatch != from.batch) {
            throw new IllegalArgumentException("x was compressed from a batch of " + (from == null ? 0 : from.batch)
                    + ", the output gradient has " + forBatch);
        }
        return from;
    }

    /** Columns of a block of the batch. */
    int block() {
        return block;
    }

    /** The share of the tensor's elements that are stored. */
    double density() {
        return source == null || source.batch == 0
                ? 0
                : (double) count / source.shape().size();
    }

    /** Elements stored. */
    int count() {
        return count;
    }

    /** A bit for each number in the memory of the tensor, 16 by 16, the lowest first. */
    MemorySegment bits() {
        return bits;
    }

    /** The stored elements in the order of their bits. */
    MemorySegment values() {
        return values;
    }

    /** The whole tensor in scratch memory, with the halo and block that a product needs. */
    CpuTensor expand(CpuWorkspace workspace, int forBatch, int halo, int block) {
        CpuTensor from = source(forBatch);
        Shape whole = from.shape(); // one of our own would be allocated in every step
        MemorySegment memory =
                workspace.scratch(CpuWorkspace.Scratch.PADDED, CpuTensor.sizeBytes(whole, Layout.NATIVE, halo, block));
        CpuTensor to = expanded;
        if (to == null || to.data != memory || to.halo != halo || to.block != block || to.batch != forBatch) {
            to = CpuTensor.over(workspace, memory, whole, halo, block);
            expanded = to;
        }
        if (to.halo == from.halo && to.block == from.block) {
            unpack(to);
        } else {
            memory.fill((byte) 0);
            move(from, to);
        }
        return to;
    }

    private void unpack(CpuTensor to) {
        long floats = floats(to);
        MagnitudeKernels.unpack(
                Raw.address(values, 0, (count + SIXTEEN) * 4L),
                Raw.address(bits, 0, floats / Byte.SIZE),
                sixteens(floats),
                Raw.address(to.data, 0, floats * Float.BYTES));
    }

    /** To a tensor of another halo or block. */
    private void move(CpuTensor from, CpuTensor to) {
        int next = 0;
        for (int sixteen = 0; next < count; sixteen++) {
            int kept = bits.getAtIndex(BITS, sixteen) & 0xffff;
            for (; kept != 0; kept &= kept - 1) {
                long target = moved(from, to, sixteen * SIXTEEN + Integer.numberOfTrailingZeros(kept));
                to.data.set(FLOAT, target, values.getAtIndex(FLOAT, next++));
            }
        }
    }

    private static long moved(CpuTensor from, CpuTensor to, int index) {
        int pitch = from.pitch();
        int plane = from.planePositions();
        int through = index / from.block;
        int column = through / from.positions * from.block + index % from.block;
        int position = through % from.positions;
        int within = position % plane;
        int target = position / plane * to.planePositions()
                + to.position(within / pitch - from.halo, within % pitch - from.halo);
        return to.offset(target, column);
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
        return bits.byteSize() + values.byteSize();
    }

    @Override
    public Object owner() {
        return owner;
    }
}
