package dev.gossamer.cuda;

import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.cuda.device.Launch;
import dev.gossamer.cuda.device.Stream;
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
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Device memory and ops of one thread. Calls are checked before they arrive here; ops are issued on the stream, which a root
 * workspace owns and its children share, and run when the GPU comes to them. What kernels find wrong with their data is told
 * by the next call that waits.
 */
final class CudaWorkspace implements Workspace {

    private final CudaTuning tuning;
    private final Gpus.Gpu gpu;
    private final @Nullable CudaWorkspace parent;
    /** Run when a root is closed. */
    private final Runnable closed;

    private final Stream stream;
    /** The int in which kernels note what is wrong with their data, and one in which blocks of a kernel count themselves. */
    private final DeviceBuffer fault;

    private final Set<DeviceBuffer> buffers = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<CudaSpace> spaces = new ArrayList<>();
    private final List<CudaWorkspace> children = new ArrayList<>();
    private final List<CudaStep> steps = new ArrayList<>();
    private final Map<Scratch, DeviceBuffer> scratch = new EnumMap<>(Scratch.class);
    private final CudaOps ops = new CudaOps(this);
    private boolean open = true;

    /** A root, on the thread on which the GPU was just made current. */
    CudaWorkspace(CudaTuning tuning, Gpus.Gpu gpu, Runnable closed) {
        this(tuning, gpu, null, gpu.device.stream(), closed);
    }

    private CudaWorkspace(
            CudaTuning tuning, Gpus.Gpu gpu, @Nullable CudaWorkspace parent, Stream stream, Runnable closed) {
        this.tuning = tuning;
        this.gpu = gpu;
        this.parent = parent;
        this.stream = stream;
        this.closed = closed;
        this.fault = parent == null ? firstMemory() : parent.fault;
    }

    private DeviceBuffer firstMemory() {
        try {
            return allocateZeroed(2L * Integer.BYTES, "a workspace");
        } catch (RuntimeException e) {
            buffers.forEach(DeviceBuffer::close);
            stream.close();
            throw e;
        }
    }

    CudaTuning tuning() {
        return tuning;
    }

    PlanCache plans() {
        return gpu.plans;
    }

    Stream stream() {
        return stream;
    }

    int multiprocessors() {
        return gpu.device.multiprocessors();
    }

    /** 90 for compute capability 9.0. */
    int architecture() {
        return gpu.device.architecture();
    }

    /** The argument block of the stream's next kernel launch. */
    Launch launch() {
        return stream.launch();
    }

    DeviceBuffer fault() {
        return fault;
    }

    /** The address of the count of blocks, which is 0 between kernels. */
    long arrived() {
        return fault.address() + Integer.BYTES;
    }

    /**
     * Device memory that dies with this workspace, not zeroed.
     *
     * @param use what it is for, as an error names it
     */
    DeviceBuffer allocate(long bytes, String use) {
        DeviceBuffer made = stream.allocate(bytes, use);
        buffers.add(made);
        return made;
    }

    DeviceBuffer allocateZeroed(long bytes, String use) {
        DeviceBuffer made = allocate(bytes, use);
        stream.zero(made);
        return made;
    }

    /** Gives memory back early, after what was issued. */
    void release(DeviceBuffer buffer) {
        buffer.close();
        buffers.remove(buffer);
    }

    /** The first bytes of a buffer to host memory. Waits, and tells what kernels found wrong. */
    void download(DeviceBuffer from, MemorySegment host, long bytes) {
        tell(stream.download(from, host, bytes, fault));
    }

    /** What scratch memory is used for; an op may hold one of each. */
    enum Scratch {
        VALUES("values in another order"),
        PARTIALS("partial sums"),
        SELECTION("a selection by magnitude");

        private final String use;

        Scratch(String use) {
            this.use = use;
        }
    }

    /** Scratch memory of this workspace, grown as needed, not zeroed; valid until the same use asks again. */
    DeviceBuffer scratch(Scratch use, long bytes) {
        DeviceBuffer held = scratch.get(use);
        if (held == null || held.sizeBytes() < bytes) {
            if (held != null) {
                scratch.remove(use);
                release(held);
            }
            held = allocate(bytes, use.use);
            scratch.put(use, held);
        }
        return held;
    }

    @Override
    public Tensor tensor(Shape shape, Layout layout) {
        return CudaTensor.allocate(this, shape, layout);
    }

    @Override
    public Tensor view(Tensor whole, int batch) {
        return ((CudaTensor) whole).view(batch);
    }

    @Override
    public Space space(int size) {
        return keep(new CudaSpace(this, 1, size, tuning().maskedDensity(size)));
    }

    @Override
    public Space space(Geometry geometry) {
        CudaTuning tuning = tuning();
        double masked = geometry.isLinear()
                ? tuning.maskedDensity((long) geometry.rows() * geometry.cols())
                : tuning.convolutionMaskedDensity();
        return keep(new CudaSpace(this, geometry.rows(), geometry.cols(), masked));
    }

    private CudaSpace keep(CudaSpace space) {
        spaces.add(space);
        return space;
    }

    @Override
    public Values values(Space space, Role role) {
        return ((CudaSpace) space).values(role);
    }

    @Override
    public void repattern(Space space, @Nullable SparsityPattern pattern) {
        ((CudaSpace) space).repattern(pattern);
    }

    @Override
    public Cell cell(float value) {
        Cell made = new CudaHandles.CudaCell(this, allocate(Float.BYTES, "a cell"));
        write(made, value);
        return made;
    }

    @Override
    public Labels labels(int capacity) {
        return new CudaHandles.CudaLabels(
                this, allocateZeroed((long) capacity * Integer.BYTES, "labels of " + capacity + " samples"), capacity);
    }

    @Override
    public Order order(int capacity) {
        return new CudaHandles.CudaOrder(
                this,
                allocateZeroed((long) capacity * Integer.BYTES, "the order of " + capacity + " samples"),
                capacity);
    }

    @Override
    public Mask mask(Shape shape) {
        return new CudaMask(this, shape);
    }

    @Override
    public Indices indices(Shape output) {
        return new CudaIndices(this, output);
    }

    @Override
    public RandomStream randomStream() {
        return new CudaHandles.CudaRandomStream(
                this, allocateZeroed(CudaHandles.CudaRandomStream.BYTES, "a random stream"));
    }

    @Override
    public SparseTensor sparseTensor(Shape shape, long capacity) {
        return new CudaSparseTensor(this, shape, capacity);
    }

    @Override
    public SparseWeights sparseWeights(Geometry geometry, long capacity) {
        return new CudaSparseWeights(this, geometry, capacity);
    }

    @Override
    public Samples samples(MemorySegment images, MemorySegment labels, Shape one, long count) {
        String use = "a data set of " + count + " samples";
        DeviceBuffer pixels = allocate(count * one.features(), use);
        DeviceBuffer classes = allocate(count, use);
        stream.upload(images, pixels, pixels.sizeBytes());
        stream.upload(labels, classes, classes.sizeBytes());
        return new CudaHandles.CudaSamples(this, pixels, classes, one, count, false);
    }

    @Override
    public Samples samples(Shape one, long count) {
        String use = "room for " + count + " samples";
        DeviceBuffer pixels = allocateZeroed(Math.multiplyExact(count, (long) one.features()), use);
        return new CudaHandles.CudaSamples(this, pixels, allocateZeroed(count, use), one, count, true);
    }

    @Override
    public Product product(Geometry geometry) {
        return geometry.isLinear() ? new LinearProduct(this, geometry) : new ConvolutionProduct(this, geometry);
    }

    @Override
    public Workspace child() {
        CudaWorkspace child = new CudaWorkspace(tuning, gpu, this, stream, () -> {});
        children.add(child);
        return child;
    }

    @Override
    public void upload(MemorySegment host, Values values) {
        CudaValues to = (CudaValues) values;
        to.space.upload(host, to.data());
    }

    @Override
    public void download(Values values, MemorySegment host) {
        CudaValues from = (CudaValues) values;
        from.space.download(from.data(), host);
    }

    @Override
    public void upload(MemorySegment host, Tensor tensor) {
        CudaTensor to = (CudaTensor) tensor;
        stream.uploadRows(host, to.data(), to.features, (long) to.batch * Float.BYTES, (long) to.ld * Float.BYTES);
    }

    @Override
    public void download(Tensor tensor, MemorySegment host) {
        CudaTensor from = (CudaTensor) tensor;
        long width = (long) from.batch * Float.BYTES;
        tell(stream.downloadRows(from.data(), host, from.features, width, (long) from.ld * Float.BYTES, fault));
    }

    @Override
    public void upload(MemorySegment host, int count, Labels labels) {
        stream.upload(host, ((CudaHandles.CudaLabels) labels).data(), (long) count * Integer.BYTES);
    }

    @Override
    public void upload(MemorySegment host, int count, Order order) {
        stream.upload(host, ((CudaHandles.CudaOrder) order).data(), (long) count * Integer.BYTES);
    }

    @Override
    public void upload(MemorySegment images, int count, Samples samples) {
        CudaHandles.CudaSamples to = (CudaHandles.CudaSamples) samples;
        stream.upload(images, to.images(), (long) count * to.one().features());
    }

    @Override
    public void write(Cell cell, float value) {
        stream.fill(((CudaHandles.CudaCell) cell).data(), Float.floatToRawIntBits(value), 1);
    }

    @Override
    public void write(RandomStream random, long key) {
        MemorySegment words = MemorySegment.ofArray(new long[] {key, 0});
        stream.upload(words, ((CudaHandles.CudaRandomStream) random).data(), words.byteSize());
    }

    @Override
    public float[] read(List<Cell> cells) {
        int[] words = new int[cells.size()];
        List<DeviceBuffer> memory =
                cells.stream().map(cell -> ((CudaHandles.CudaCell) cell).data()).toList();
        tell(stream.read(memory, words, fault));
        float[] values = new float[words.length];
        for (int i = 0; i < words.length; i++) {
            values[i] = Float.intBitsToFloat(words[i]);
        }
        return values;
    }

    @Override
    public void sync() {
        settle();
    }

    /** Waits until everything issued is done, and tells what kernels found wrong. */
    void settle() {
        tell(stream.read(fault));
    }

    /** Tells what kernels found wrong; once, then the word is clean again. */
    private void tell(int code) {
        if (code != 0) {
            stream.zero(fault);
            throw Faults.of(code);
        }
    }

    @Override
    public Step record(Runnable body) {
        CudaStep made = new CudaStep(stream, body, tuning());
        steps.add(made);
        return made;
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
    public long allocatedBytes() {
        return buffers.stream().mapToLong(DeviceBuffer::sizeBytes).sum()
                + children.stream().mapToLong(CudaWorkspace::allocatedBytes).sum();
    }

    @Override
    public void close() {
        if (!open) {
            return;
        }
        open = false;
        gpu.device.makeCurrent();
        List.copyOf(children).forEach(CudaWorkspace::close);
        // Plans are shared with other streams: nothing of this one may be under way when they are given back.
        stream.drain();
        steps.forEach(CudaStep::close);
        spaces.forEach(CudaSpace::close);
        buffers.forEach(DeviceBuffer::close);
        buffers.clear();
        if (parent == null) {
            stream.close();
            closed.run();
        } else {
            parent.children.remove(this);
        }
    }
}
