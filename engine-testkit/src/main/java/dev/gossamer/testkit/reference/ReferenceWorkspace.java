package dev.gossamer.testkit.reference;

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
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Heap arrays and ops that are done when they return. What it made is the garbage collector's once it is closed. */
class ReferenceWorkspace implements Workspace {

    private final @Nullable ReferenceWorkspace parent;
    private final List<ReferenceWorkspace> children = new ArrayList<>();
    private final List<LongSupplier> holdings = new ArrayList<>();

    ReferenceWorkspace() {
        this(null);
    }

    ReferenceWorkspace(@Nullable ReferenceWorkspace parent) {
        this.parent = parent;
    }

    // ---- memory

    @Override
    public Tensor tensor(Shape shape, Layout layout) {
        ReferenceTensor tensor = new ReferenceTensor(this, shape, layout);
        holdings.add(tensor::bytes);
        return tensor;
    }

    @Override
    public List<Tensor> overlay(List<Shape> shapes) {
        List<ReferenceTensor> tensors = ReferenceTensor.overlay(this, shapes);
        holdings.add(tensors.getFirst()::bytes);
        return List.copyOf(tensors);
    }

    @Override
    public Tensor view(Tensor whole, int batch) {
        return new ReferenceTensor((ReferenceTensor) whole, batch);
    }

    @Override
    public Space space(int size) {
        return space(1, size);
    }

    @Override
    public Space space(Geometry geometry) {
        return space(geometry.rows(), geometry.cols());
    }

    private Space space(int rows, int cols) {
        ReferenceSpace space = new ReferenceSpace(this, rows, cols);
        holdings.add(space::valueBytes);
        return space;
    }

    @Override
    public Values values(Space space, Role role) {
        return ((ReferenceSpace) space).values(role);
    }

    @Override
    public void repattern(Space space, @Nullable SparsityPattern pattern) {
        ((ReferenceSpace) space).repattern(pattern);
    }

    @Override
    public Cell cell(float value) {
        holdings.add(() -> Float.BYTES);
        return new Handles.ReferenceCell(this, value);
    }

    @Override
    public Labels labels(int capacity) {
        holdings.add(() -> (long) capacity * Integer.BYTES);
        return new Handles.ReferenceLabels(this, capacity);
    }

    @Override
    public Order order(int capacity) {
        holdings.add(() -> (long) capacity * Integer.BYTES);
        return new Handles.ReferenceOrder(this, capacity);
    }

    @Override
    public Mask mask(Shape shape) {
        holdings.add(shape::size);
        return new Handles.ReferenceMask(this, shape);
    }

    @Override
    public Indices indices(Shape output) {
        holdings.add(() -> output.size() * Integer.BYTES);
        return new Handles.ReferenceIndices(this, output);
    }

    @Override
    public RandomStream randomStream() {
        holdings.add(() -> Long.BYTES + Integer.BYTES);
        return new Handles.ReferenceStream(this);
    }

    @Override
    public SparseTensor sparseTensor(Shape shape, long capacity) {
        SparseTensor tensor = new Handles.ReferenceSparseTensor(this, shape, capacity);
        holdings.add(tensor::sizeBytes);
        return tensor;
    }

    @Override
    public SparseWeights sparseWeights(Geometry geometry, long capacity) {
        SparseWeights weights = new Handles.ReferenceSparseWeights(this, geometry, capacity);
        holdings.add(weights::sizeBytes);
        return weights;
    }

    @Override
    public Samples samples(MemorySegment images, MemorySegment labels, Shape one, long count) {
        return new Handles.ReferenceSamples(this, images, labels, one, count, false);
    }

    @Override
    public Samples samples(Shape one, long count) {
        MemorySegment images = MemorySegment.ofArray(new byte[Math.toIntExact(count * one.features())]);
        MemorySegment labels = MemorySegment.ofArray(new byte[Math.toIntExact(count)]);
        return new Handles.ReferenceSamples(this, images, labels, one, count, true);
    }

    @Override
    public Product product(Geometry geometry) {
        return new ReferenceProduct(this, geometry);
    }

    @Override
    public Workspace child() {
        ReferenceWorkspace child = newChild();
        children.add(child);
        return child;
    }

    ReferenceWorkspace newChild() {
        return new ReferenceWorkspace(this);
    }

    // ---- moving numbers

    @Override
    public void upload(MemorySegment host, Values values) {
        float[] numbers = ((ReferenceValues) values).numbers();
        MemorySegment.copy(host, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, numbers, 0, numbers.length);
    }

    @Override
    public void download(Values values, MemorySegment host) {
        float[] numbers = ((ReferenceValues) values).numbers();
        MemorySegment.copy(numbers, 0, host, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, numbers.length);
    }

    @Override
    public void upload(MemorySegment host, Tensor tensor) {
        float[] numbers = new float[Math.toIntExact(tensor.shape().size())];
        MemorySegment.copy(host, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, numbers, 0, numbers.length);
        ((ReferenceTensor) tensor).set(numbers);
    }

    @Override
    public void download(Tensor tensor, MemorySegment host) {
        float[] numbers = ((ReferenceTensor) tensor).get();
        MemorySegment.copy(numbers, 0, host, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, numbers.length);
    }

    @Override
    public void upload(MemorySegment host, int count, Labels labels) {
        int[] classes = ((Handles.ReferenceLabels) labels).classes;
        MemorySegment.copy(host, ValueLayout.JAVA_INT_UNALIGNED, 0, classes, 0, count);
    }

    @Override
    public void upload(MemorySegment host, int count, Order order) {
        int[] samples = ((Handles.ReferenceOrder) order).samples;
        MemorySegment.copy(host, ValueLayout.JAVA_INT_UNALIGNED, 0, samples, 0, count);
    }

    @Override
    public void upload(MemorySegment images, int count, Samples samples) {
        Handles.ReferenceSamples to = (Handles.ReferenceSamples) samples;
        MemorySegment.copy(images, 0, to.images(), 0, (long) count * to.one().features());
    }

    @Override
    public void write(Cell cell, float value) {
        ((Handles.ReferenceCell) cell).value = value;
    }

    @Override
    public void write(RandomStream stream, long key) {
        Handles.ReferenceStream to = (Handles.ReferenceStream) stream;
        to.key = key;
        to.step = 0;
    }

    @Override
    public float[] read(List<Cell> cells) {
        float[] values = new float[cells.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = ((Handles.ReferenceCell) cells.get(i)).value;
        }
        return values;
    }

    @Override
    public void sync() {}

    // ---- running

    @Override
    public Step record(Runnable body) {
        return body::run;
    }

    @Override
    public SparseOps sparse() {
        return new ReferenceSparseOps();
    }

    @Override
    public DenseOps dense() {
        return new ReferenceDenseOps();
    }

    @Override
    public NnOps nn() {
        return new ReferenceNnOps();
    }

    @Override
    public SelectOps select() {
        return new ReferenceSelectOps();
    }

    @Override
    public TrainOps train() {
        return new ReferenceTrainOps();
    }

    @Override
    public DataOps data() {
        return new ReferenceDataOps();
    }

    @Override
    public long allocatedBytes() {
        long own = holdings.stream().mapToLong(LongSupplier::getAsLong).sum();
        return own + children.stream().mapToLong(Workspace::allocatedBytes).sum();
    }

    @Override
    public void close() {
        holdings.clear();
        children.clear();
        if (parent != null) {
            parent.children.remove(this);
        }
    }
}
