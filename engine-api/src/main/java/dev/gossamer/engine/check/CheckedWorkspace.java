package dev.gossamer.engine.check;

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
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Checks every call once, so that kernels validate nothing and every backend throws the same exception for the same mistake:
 * owner, thread, shape, layout, space, alias, and what a recorded step may do. Handles pass through unwrapped.
 */
public final class CheckedWorkspace implements Workspace {

    private final Workspace raw;
    private final @Nullable CheckedWorkspace parent;
    private final Door door;
    private final List<CheckedWorkspace> children = new ArrayList<>();
    private final SparseOps sparse;
    private final DenseOps dense;
    private final NnOps nn;
    private final SelectOps select;
    private final TrainOps train;
    private final DataOps data;

    public CheckedWorkspace(Workspace raw) {
        this(raw, null);
    }

    private CheckedWorkspace(Workspace raw, @Nullable CheckedWorkspace parent) {
        this.raw = raw;
        this.parent = parent;
        this.door = new Door(raw, parent == null ? null : parent.door);
        this.sparse = new CheckedSparseOps(raw.sparse(), door);
        this.dense = new CheckedDenseOps(raw.dense(), door);
        this.nn = new CheckedNnOps(raw.nn(), door);
        this.select = new CheckedSelectOps(raw.select(), door);
        this.train = new CheckedTrainOps(raw.train(), door);
        this.data = new CheckedDataOps(raw.data(), door);
    }

    @Override
    public Tensor tensor(Shape shape, Layout layout) {
        door.enterUnrecorded("tensor");
        Objects.requireNonNull(shape, "shape");
        Objects.requireNonNull(layout, "layout");
        return raw.tensor(shape, layout);
    }

    @Override
    public Tensor view(Tensor whole, int batch) {
        door.enterUnrecorded("view");
        door.tensor(whole, "whole", Layout.NATIVE);
        if (batch < 0 || batch > whole.shape().batch()) {
            throw new IllegalArgumentException("A view of " + whole.shape() + " can have 0 to "
                    + whole.shape().batch() + " samples, not " + batch);
        }
        return raw.view(whole, batch);
    }

    @Override
    public List<Tensor> overlay(List<Shape> shapes) {
        door.enterUnrecorded("overlay");
        if (shapes.isEmpty()) {
            throw new IllegalArgumentException("An overlay needs at least one shape");
        }
        return raw.overlay(shapes);
    }

    @Override
    public Space space(int size) {
        door.enterUnrecorded("space");
        if (size < 1) {
            throw new IllegalArgumentException("A space needs at least one entry, got " + size);
        }
        return raw.space(size);
    }

    @Override
    public Space space(Geometry geometry) {
        door.enterUnrecorded("space");
        return raw.space(geometry);
    }

    @Override
    public Values values(Space space, Role role) {
        door.enterUnrecorded("values");
        door.owned(space, "space");
        return raw.values(space, role);
    }

    @Override
    public void repattern(Space space, @Nullable SparsityPattern pattern) {
        door.enterUnrecorded("repattern");
        door.owned(space, "space");
        if (pattern != null && (pattern.rows() != space.rows() || pattern.cols() != space.cols())) {
            throw new IllegalArgumentException("A pattern of " + pattern.rows() + " x " + pattern.cols()
                    + " does not fit a space of " + space.rows() + " x " + space.cols());
        }
        raw.repattern(space, pattern);
    }

    @Override
    public Cell cell(float value) {
        door.enterUnrecorded("cell");
        return raw.cell(value);
    }

    @Override
    public Labels labels(int capacity) {
        door.enterUnrecorded("labels");
        positive(capacity, "labels");
        return raw.labels(capacity);
    }

    @Override
    public Order order(int capacity) {
        door.enterUnrecorded("order");
        positive(capacity, "order");
        if (capacity > Order.MAX_CAPACITY) {
            throw new IllegalArgumentException(
                    "An order holds at most " + Order.MAX_CAPACITY + " samples, asked for " + capacity);
        }
        return raw.order(capacity);
    }

    @Override
    public Mask mask(Shape shape) {
        door.enterUnrecorded("mask");
        return raw.mask(shape);
    }

    @Override
    public Indices indices(Shape output) {
        door.enterUnrecorded("indices");
        return raw.indices(output);
    }

    @Override
    public RandomStream randomStream() {
        door.enterUnrecorded("randomStream");
        return raw.randomStream();
    }

    @Override
    public SparseTensor sparseTensor(Shape shape, long capacity) {
        door.enterUnrecorded("sparseTensor");
        if (capacity < 0 || capacity > shape.size()) {
            throw new IllegalArgumentException("A sparse tensor of " + shape + " can have room for 0 to " + shape.size()
                    + " elements, not " + capacity);
        }
        return raw.sparseTensor(shape, capacity);
    }

    @Override
    public SparseWeights sparseWeights(Geometry geometry, long capacity) {
        door.enterUnrecorded("sparseWeights");
        if (capacity < 0 || capacity > geometry.size()) {
            throw new IllegalArgumentException("Sparse weights of " + geometry + " can have room for 0 to "
                    + geometry.size() + " of them, not " + capacity);
        }
        return raw.sparseWeights(geometry, capacity);
    }

    @Override
    public Samples samples(MemorySegment images, MemorySegment labels, Shape one, long count) {
        samplesOf(one, count);
        Door.host(images, Math.multiplyExact(count, (long) one.features()), 1, "images");
        Door.array(images, byte[].class, "images");
        Door.host(labels, count, 1, "labels");
        Door.array(labels, byte[].class, "labels");
        return raw.samples(images, labels, one, count);
    }

    @Override
    public Samples samples(Shape one, long count) {
        samplesOf(one, count);
        return raw.samples(one, count);
    }

    private void samplesOf(Shape one, long count) {
        door.enterUnrecorded("samples");
        if (one.batch() != 1) {
            throw new IllegalArgumentException("The shape of one sample must have batch 1, got " + one);
        }
        if (count < 0) {
            throw new IllegalArgumentException("A data set has 0 samples or more, not " + count);
        }
    }

    @Override
    public Product product(Geometry geometry) {
        door.enterUnrecorded("product");
        return new CheckedProduct(raw.product(geometry), door);
    }

    @Override
    public Workspace child() {
        door.enterUnrecorded("child");
        CheckedWorkspace child = new CheckedWorkspace(raw.child(), this);
        children.add(child);
        return child;
    }

    @Override
    public void upload(MemorySegment host, Values values) {
        door.enterUnrecorded("upload");
        door.owned(values, "values");
        Door.host(host, values.space().nnz(), Float.BYTES, "host");
        Door.array(host, float[].class, "host");
        raw.upload(host, values);
    }

    @Override
    public void download(Values values, MemorySegment host) {
        door.enterUnrecorded("download");
        door.owned(values, "values");
        Door.host(host, values.space().nnz(), Float.BYTES, "host");
        Door.array(host, float[].class, "host");
        raw.download(values, host);
    }

    @Override
    public void upload(MemorySegment host, Tensor tensor) {
        door.enterUnrecorded("upload");
        door.owned(tensor, "tensor");
        Door.host(host, tensor.shape().size(), Float.BYTES, "host");
        Door.array(host, float[].class, "host");
        raw.upload(host, tensor);
    }

    @Override
    public void download(Tensor tensor, MemorySegment host) {
        door.enterUnrecorded("download");
        door.owned(tensor, "tensor");
        Door.host(host, tensor.shape().size(), Float.BYTES, "host");
        Door.array(host, float[].class, "host");
        raw.download(tensor, host);
    }

    @Override
    public void upload(MemorySegment host, int count, Labels labels) {
        door.enterUnrecorded("upload");
        door.owned(labels, "labels");
        capacity(count, labels.capacity(), "labels");
        Door.host(host, count, Integer.BYTES, "host");
        Door.array(host, int[].class, "host");
        raw.upload(host, count, labels);
    }

    @Override
    public void upload(MemorySegment host, int count, Order order) {
        door.enterUnrecorded("upload");
        door.owned(order, "order");
        capacity(count, order.capacity(), "order");
        Door.host(host, count, Integer.BYTES, "host");
        Door.array(host, int[].class, "host");
        raw.upload(host, count, order);
    }

    @Override
    public void upload(MemorySegment images, int count, Samples samples) {
        door.enterUnrecorded("upload");
        door.owned(samples, "samples");
        if (!samples.writable()) {
            throw new IllegalArgumentException(
                    "samples is a data set, which stays as it is; make room with samples(Shape, long)");
        }
        if (count < 0 || count > samples.count()) {
            throw new IllegalArgumentException(
                    count + " samples do not fit where there is room for " + samples.count());
        }
        Door.host(images, Math.multiplyExact(count, (long) samples.one().features()), 1, "images");
        Door.array(images, byte[].class, "images");
        raw.upload(images, count, samples);
    }

    @Override
    public void write(Cell cell, float value) {
        door.enterUnrecorded("write");
        door.owned(cell, "cell");
        raw.write(cell, value);
    }

    @Override
    public void write(RandomStream stream, long key) {
        door.enterUnrecorded("write");
        door.owned(stream, "stream");
        raw.write(stream, key);
    }

    @Override
    public float[] read(List<Cell> cells) {
        door.enterUnrecorded("read");
        for (Cell cell : cells) {
            door.owned(cell, "cell");
        }
        return raw.read(cells);
    }

    @Override
    public void sync() {
        door.enterUnrecorded("sync");
        raw.sync();
    }

    @Override
    public Step record(Runnable body) {
        door.enterUnrecorded("record");
        Objects.requireNonNull(body, "body");
        return new CheckedStep(door, raw.record(() -> door.record(body)));
    }

    @Override
    public SparseOps sparse() {
        return sparse;
    }

    @Override
    public DenseOps dense() {
        return dense;
    }

    @Override
    public NnOps nn() {
        return nn;
    }

    @Override
    public SelectOps select() {
        return select;
    }

    @Override
    public TrainOps train() {
        return train;
    }

    @Override
    public DataOps data() {
        return data;
    }

    @Override
    public int lanes() {
        return raw.lanes();
    }

    @Override
    public long nearBytes() {
        return raw.nearBytes();
    }

    @Override
    public long allocatedBytes() {
        return raw.allocatedBytes();
    }

    @Override
    public void close() {
        if (!door.isOpen()) {
            return;
        }
        door.enterUnrecorded("close");
        List.copyOf(children).forEach(CheckedWorkspace::close);
        door.shut();
        raw.close();
        if (parent != null) {
            parent.children.remove(this);
        }
    }

    private record CheckedStep(Door door, Step raw) implements Step {

        @Override
        public void run() {
            door.enterUnrecorded("running a step");
            raw.run();
        }

        @Override
        public void run(int times) {
            door.enterUnrecorded("running a step");
            if (times < 0) {
                throw new IllegalArgumentException("A step runs 0 times or more, got " + times);
            }
            raw.run(times);
        }

        @Override
        public String describe() {
            return raw.describe();
        }
    }

    private static void positive(int capacity, String what) {
        if (capacity < 1) {
            throw new IllegalArgumentException(what + " need a capacity of at least 1, got " + capacity);
        }
    }

    private static void capacity(int count, int capacity, String what) {
        if (count < 0 || count > capacity) {
            throw new IllegalArgumentException(count + " numbers do not fit " + what + " with room for " + capacity);
        }
    }
}
