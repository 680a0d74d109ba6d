package dev.gossamer.cpu;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Indices;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.RandomStream;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.SparseWeights;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.DataOps;
import dev.gossamer.engine.ops.DenseOps;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.engine.ops.SelectOps;
import dev.gossamer.engine.ops.SparseOps;
import dev.gossamer.engine.ops.TrainOps;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Memory and ops of one thread. Calls are checked before they arrive here; ops run at once, in the calling thread and the pool. */
final class CpuWorkspace implements Workspace {

    /** About half of a common last-level cache; docs/performance.md says what it is worth. */
    private static final long NEAR_BYTES = 16L << 20;

    private final CpuBackend backend;
    private final int threads;
    private final Memory memory;
    private final List<CpuWorkspace> children = new ArrayList<>();
    private final CpuOps ops = new CpuOps(this);
    private final Map<Scratch, MemorySegment> scratch = new EnumMap<>(Scratch.class);
    private final SpmmKernels.Operands spmmOperands = new SpmmKernels.Operands();
    private final GemmKernels.Operands denseOperands = new GemmKernels.Operands();
    private final Gemm gemm = new Gemm(this);
    private @Nullable TopMagnitudes topMagnitudes;
    private boolean open = true;

    CpuWorkspace(CpuBackend backend, int threads) {
        this(backend, threads, new Memory());
    }

    CpuWorkspace(CpuBackend backend, int threads, Memory memory) {
        this.backend = backend;
        this.threads = threads;
        this.memory = memory;
    }

    Memory memory() {
        return memory;
    }

    CpuTuning tuning() {
        return backend.cpuTuning();
    }

    PatternPlan plan(SparsityPattern pattern) {
        return backend.plan(pattern);
    }

    Workers workers() {
        return backend.workers();
    }

    SpmmKernels.Operands spmmOperands() {
        return spmmOperands;
    }

    GemmKernels.Operands denseOperands() {
        return denseOperands;
    }

    Gemm gemm() {
        return gemm;
    }

    /** For ops that select in every step; made on first use. */
    TopMagnitudes topMagnitudes() {
        TopMagnitudes known = topMagnitudes;
        if (known == null) {
            known = new TopMagnitudes(this);
            topMagnitudes = known;
        }
        return known;
    }

    /** The most parts that {@link #parts} names. */
    int threads() {
        return threads;
    }

    /** How many threads a kernel of that much work should use. A choice of speed only: it changes no bit. */
    int parts(double flops) {
        return flops < tuning().parallelFlops() ? 1 : threads;
    }

    /** What scratch memory is used for; an op may hold one of each. */
    enum Scratch {
        VALUES,
        PANELS,
        TILES,
        PADDED,
        PADDED_GRADIENT,
        FLATTENED,
        FLATTENED_GRADIENT
    }

    /** Scratch memory of this workspace, grown as needed, not zeroed; valid until the same use asks again. */
    MemorySegment scratch(Scratch use, long bytes) {
        MemorySegment held = scratch.get(use);
        if (held == null || held.byteSize() < bytes) {
            if (held != null) {
                scratch.remove(use); // before it can be anyone else's, should there be no memory for what follows
                memory.release(held);
            }
            held = memory.allocate(bytes);
            scratch.put(use, held);
        }
        return held;
    }

    @Override
    public Tensor tensor(Shape shape, Layout layout) {
        int block = layout == Layout.ROW_MAJOR ? shape.batch() : tuning().block(shape.batch());
        return CpuTensor.allocate(this, shape, layout, block);
    }

    @Override
    public List<Tensor> overlay(List<Shape> shapes) {
        return CpuTensor.overlay(this, shapes, shape -> tuning().block(shape.batch()));
    }

    @Override
    public Tensor view(Tensor whole, int batch) {
        return ((CpuTensor) whole).view(batch);
    }

    @Override
    public Space space(int size) {
        return new CpuSpace(this, 1, size, 0);
    }

    @Override
    public Space space(Geometry geometry) {
        return new CpuSpace(this, geometry.rows(), geometry.cols(), tuning().maskedDensity(geometry));
    }

    @Override
    public Values values(Space space, Role role) {
        return ((CpuSpace) space).values(role);
    }

    @Override
    public void repattern(Space space, @Nullable SparsityPattern pattern) {
        ((CpuSpace) space).repattern(pattern);
    }

    @Override
    public Cell cell(float value) {
        return new CpuHandles.CpuCell(this, value);
    }

    @Override
    public Labels labels(int capacity) {
        return new CpuHandles.CpuLabels(this, capacity);
    }

    @Override
    public Order order(int capacity) {
        return new CpuHandles.CpuOrder(this, capacity);
    }

    @Override
    public Mask mask(Shape shape) {
        return CpuMask.allocate(this, shape);
    }

    @Override
    public Indices indices(Shape output) {
        return new CpuIndices(this, output, tuning().block(output.batch()));
    }

    @Override
    public RandomStream randomStream() {
        return new CpuHandles.CpuStream(this);
    }

    @Override
    public SparseTensor sparseTensor(Shape shape, long capacity) {
        return new CpuSparseTensor(this, shape, capacity);
    }

    @Override
    public SparseWeights sparseWeights(Geometry geometry, long capacity) {
        return new CpuSparseWeights(this, geometry, capacity);
    }

    @Override
    public Samples samples(MemorySegment images, MemorySegment labels, Shape one, long count) {
        return new CpuHandles.CpuSamples(this, outsideHeap(images), labels, one, count, false);
    }

    @Override
    public Samples samples(Shape one, long count) {
        MemorySegment images = memory.allocate(Math.multiplyExact(count, (long) one.features()));
        return new CpuHandles.CpuSamples(this, images, memory.allocate(count), one, count, true);
    }

    /** Kernels read memory by its address, which that on the heap has not. */
    private MemorySegment outsideHeap(MemorySegment images) {
        return images.isNative()
                ? images
                : memory.allocate(images.byteSize()).copyFrom(images).asReadOnly();
    }

    @Override
    public Product product(Geometry geometry) {
        Shape in = geometry.inShape(1);
        if (!geometry.isLinear()) {
            return new ConvolutionProduct(this, geometry);
        }
        return CpuTensor.halo(in) == 0 ? new LinearProduct(this, geometry) : new FlattenedProduct(this, geometry);
    }

    @Override
    public Workspace child() {
        CpuWorkspace child = new CpuWorkspace(backend, threads);
        children.removeIf(each -> !each.open); // a session makes one after the other
        children.add(child);
        return child;
    }

    @Override
    public void upload(MemorySegment host, Values values) {
        CpuValues to = (CpuValues) values;
        to.space.copyLogical(to.data, host, false);
    }

    @Override
    public void download(Values values, MemorySegment host) {
        CpuValues from = (CpuValues) values;
        from.space.copyLogical(from.data, host, true);
    }

    @Override
    public void upload(MemorySegment host, Tensor tensor) {
        copy(((CpuTensor) tensor).takeOver(), host, false);
        ((CpuTensor) tensor).clearTail();
    }

    @Override
    public void download(Tensor tensor, MemorySegment host) {
        copy((CpuTensor) tensor, host, true);
    }

    /** Row-major host memory to or from the blocks of a tensor, a run of columns at a time. */
    private static void copy(CpuTensor tensor, MemorySegment host, boolean toHost) {
        for (int column = 0; column < tensor.batch; column += tensor.block) {
            long bytes = (long) Math.min(tensor.block, tensor.batch - column) * Float.BYTES;
            for (int row = 0; row < tensor.features; row++) {
                long hostAt = ((long) row * tensor.batch + column) * Float.BYTES;
                long at = tensor.offset(tensor.position(row), column);
                if (toHost) {
                    MemorySegment.copy(tensor.data, at, host, hostAt, bytes);
                } else {
                    MemorySegment.copy(host, hostAt, tensor.data, at, bytes);
                }
            }
        }
    }

    @Override
    public void upload(MemorySegment host, int count, Labels labels) {
        copy(host, count, ((CpuHandles.CpuLabels) labels).classes);
    }

    @Override
    public void upload(MemorySegment host, int count, Order order) {
        copy(host, count, ((CpuHandles.CpuOrder) order).samples);
    }

    @Override
    public void upload(MemorySegment images, int count, Samples samples) {
        CpuHandles.CpuSamples to = (CpuHandles.CpuSamples) samples;
        MemorySegment.copy(images, 0, to.images(), 0, (long) count * to.one().features());
    }

    private static void copy(MemorySegment host, int count, int[] to) {
        MemorySegment.copy(host, ValueLayout.JAVA_INT_UNALIGNED, 0, to, 0, count);
    }

    @Override
    public void write(Cell cell, float value) {
        ((CpuHandles.CpuCell) cell).value = value;
    }

    @Override
    public void write(RandomStream stream, long key) {
        ((CpuHandles.CpuStream) stream).key = key;
        ((CpuHandles.CpuStream) stream).step = 0;
    }

    @Override
    public float[] read(List<Cell> cells) {
        float[] values = new float[cells.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = ((CpuHandles.CpuCell) cells.get(i)).value;
        }
        return values;
    }

    @Override
    public void sync() {
        // Every op has finished when its call returns.
    }

    @Override
    public Step record(Runnable body) {
        return body::run;
    }

    @Override
    public SparseOps sparse() {
        return ops;
    }

    @Override
    public DenseOps dense() {
        return ops;
    }

    @Override
    public NnOps nn() {
        return ops;
    }

    @Override
    public SelectOps select() {
        return ops;
    }

    @Override
    public TrainOps train() {
        return ops;
    }

    @Override
    public DataOps data() {
        return ops;
    }

    @Override
    public int lanes() {
        return tuning().block(1);
    }

    @Override
    public long nearBytes() {
        return NEAR_BYTES;
    }

    @Override
    public long allocatedBytes() {
        return memory.liveBytes()
                + children.stream().mapToLong(CpuWorkspace::allocatedBytes).sum();
    }

    @Override
    public void close() {
        if (!open) {
            return;
        }
        open = false;
        children.forEach(CpuWorkspace::close);
        memory.close();
    }
}
