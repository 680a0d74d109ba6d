package dev.gossamer.engine;

import dev.gossamer.engine.ops.DataOps;
import dev.gossamer.engine.ops.DenseOps;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.engine.ops.SelectOps;
import dev.gossamer.engine.ops.SparseOps;
import dev.gossamer.engine.ops.TrainOps;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Owner of backend memory and issuer of ops: one owner thread, one stream. Everything it makes dies with it.
 *
 * <p>Ops run in the order issued and may be asynchronous; {@code download}, {@link #read}, {@link #repattern}, the
 * selecting ops and {@link #sync} wait, nothing else does. After warm-up a training step allocates nothing.
 *
 * <p>What is wrong with numbers that only the device sees (a label that is no class, a batch beyond its order, a sample that
 * the data set does not have) is an {@link IllegalArgumentException} of the op or of the next call that waits; what the op
 * writes is then unspecified, and the workspace goes on.
 *
 * <p>Host memory: f32 little-endian (the machine's order), tightly packed; a segment may be longer than what is moved.
 */
public interface Workspace extends AutoCloseable {

    // ---- memory

    /** A zeroed tensor. */
    Tensor tensor(Shape shape, Layout layout);

    /**
     * The first {@code batch} samples of a NATIVE tensor, in the same memory: the last, partial batch of an epoch. Ops see
     * these samples only, whatever the later ones of the whole hold; what those hold after a write through the view is
     * unspecified.
     */
    Tensor view(Tensor whole, int batch);

    /**
     * NATIVE tensors of these shapes in one memory, as large as the largest of them needs: at any time one of them holds
     * numbers. An op or upload that writes one of them without reading it takes the memory over, and what the others hold is then
     * unspecified. Padding stays the backend's affair: every op leaves +0.0 in that of its output, whoever had the memory
     * before. All share their {@link Tensor#memory}, so that ops refuse two of them where they refuse to work in place.
     *
     * <p>A backend that cannot share makes tensors of their own.
     */
    default List<Tensor> overlay(List<Shape> shapes) {
        return shapes.stream().map(shape -> tensor(shape, Layout.NATIVE)).toList();
    }

    /** The index space of a vector (a bias), one row of {@code size} columns; dense until {@link #repattern}. */
    Space space(int size);

    /** The index space of a weight matrix, dense until {@link #repattern}. */
    Space space(Geometry geometry);

    /** The values of a space in a role; made on first use, all zero. */
    Values values(Space space, Role role);

    /**
     * Changes the pattern of a space, null meaning dense. In every role, entries in both old and new keep their value, new
     * ones are 0, the others are gone. The pattern that the space already has changes nothing, its generation included.
     * Waits.
     */
    void repattern(Space space, @Nullable SparsityPattern pattern);

    Cell cell(float value);

    /** Room for the classes of up to {@code capacity} samples. */
    Labels labels(int capacity);

    /** Room for up to {@code capacity} sample numbers, at most {@link Order#MAX_CAPACITY}. */
    Order order(int capacity);

    /** A mask for activations of the given shape or of a smaller batch. */
    Mask mask(Shape shape);

    /** Room for the choices of a max pool whose output has this shape or a smaller batch. */
    Indices indices(Shape output);

    /** A stream with key 0 at step 0. */
    RandomStream randomStream();

    /**
     * Room for the {@code capacity} largest elements of a tensor of this shape or a smaller batch.
     *
     * @param capacity 0 to {@code shape.size()}
     */
    SparseTensor sparseTensor(Shape shape, long capacity);

    /**
     * Room for the {@code capacity} largest weights of a product; holds none until something is compressed into it.
     *
     * @param capacity 0 to {@code geometry.size()}
     */
    SparseWeights sparseWeights(Geometry geometry, long capacity);

    /**
     * A resident data set. A backend may read the segments in place: the caller keeps them alive and unchanged as long as
     * this workspace lives.
     *
     * @param images unsigned bytes {@code [count][one.features()]}
     * @param labels unsigned bytes {@code [count]}
     */
    Samples samples(MemorySegment images, MemorySegment labels, Shape one, long count);

    /**
     * Room for samples that come while a program runs, all bytes 0 and of class 0 before: see
     * {@link #upload(MemorySegment, int, Samples)}.
     *
     * @param count how many there is room for
     */
    Samples samples(Shape one, long count);

    /** A product, with its plans and scratch. */
    Product product(Geometry geometry);

    /** A workspace inside this one that shares its stream; what it made is freed when it closes. */
    Workspace child();

    // ---- moving numbers

    /** nnz floats in canonical order to the backend. */
    void upload(MemorySegment host, Values values);

    /** nnz floats in canonical order to the host. Waits. */
    void download(Values values, MemorySegment host);

    /** Row-major {@code [features, batch]} floats to the backend. */
    void upload(MemorySegment host, Tensor tensor);

    /** Row-major {@code [features, batch]} floats to the host. Waits. */
    void download(Tensor tensor, MemorySegment host);

    /** Class numbers as ints, {@code count} of them. */
    void upload(MemorySegment host, int count, Labels labels);

    /** Sample numbers as ints, {@code count} of them. */
    void upload(MemorySegment host, int count, Order order);

    /**
     * The first {@code count} samples, unsigned bytes {@code [count][one.features()]}; the host memory may be used again when
     * this returns.
     *
     * @param samples with room for them, {@link Samples#writable}
     */
    void upload(MemorySegment images, int count, Samples samples);

    void write(Cell cell, float value);

    /** Sets the key of a stream and goes to step 0. */
    void write(RandomStream stream, long key);

    /** The value of a cell. Waits. */
    default float read(Cell cell) {
        return read(List.of(cell))[0];
    }

    /** The values of cells, in their order. Waits, once for all of them. */
    float[] read(List<Cell> cells);

    /** Waits until everything issued is done. */
    void sync();

    // ---- running

    /**
     * Records ops for repeated runs. While the body runs it may issue ops only: no allocation, upload, write or waiting. It
     * runs as often as the backend likes, at least once; what it issues follows from the handles that it was made with and
     * from the patterns of their spaces, not from anything else that changes between runs.
     */
    Step record(Runnable body);

    SparseOps sparse();

    DenseOps dense();

    NnOps nn();

    SelectOps select();

    TrainOps train();

    DataOps data();

    /**
     * Up to so many bytes of operands and results are better kept between two ops than spread over a larger batch: what stays in
     * the processor's caches. The largest number where a larger batch is always better.
     */
    default long nearBytes() {
        return Long.MAX_VALUE;
    }

    /**
     * A batch of fewer samples takes as long as one of so many, since the columns of a batch are what vectors hold: see
     * {@link Tiling}. 1 where a smaller batch is always faster.
     */
    default int lanes() {
        return 1;
    }

    /** Bytes this workspace and its children hold now. */
    long allocatedBytes();

    /** Frees everything made here. Idempotent. */
    @Override
    void close();
}
