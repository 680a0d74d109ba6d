package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Step;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One operation with its operands, row-major where it takes that and is not repeated, to be enqueued many times before it is
 * waited for.
 */
final class QueuedOp implements Queued {

    private final Workspace workspace;
    private final long nnz;
    private final Runnable call;
    private final @Nullable Step step;

    /**
     * An operation repeated in a recorded step: small products take less time than it takes to issue them.
     *
     * @param calls in the step
     * @param copies of the dense operands, which the calls take in turn, so that they find no more of them in caches than a
     *     model's layers do
     */
    record Repeated(int calls, int copies) {

        Repeated {
            if (calls < 1 || copies < 1) {
                throw new IllegalArgumentException(
                        "a step has one call and one copy or more, got " + calls + " and " + copies);
            }
        }
    }

    private QueuedOp(Workspace workspace, long nnz, Runnable call) {
        this(workspace, nnz, call, null);
    }

    private QueuedOp(Workspace workspace, long nnz, Runnable call, @Nullable Step step) {
        this.workspace = workspace;
        this.nnz = nnz;
        this.call = call;
        this.step = step;
        call.run();
        workspace.sync();
    }

    private static QueuedOp of(Workspace workspace, long nnz, @Nullable Repeated repeated, IntConsumer call) {
        return repeated == null
                ? new QueuedOp(workspace, nnz, () -> call.accept(0))
                : repeated(workspace, nnz, repeated, call);
    }

    /** The first run of a step issues its calls, the next one captures them. */
    private static QueuedOp repeated(Workspace workspace, long nnz, Repeated repeated, IntConsumer call) {
        Step step = workspace.record(() -> {
            for (int i = 0; i < repeated.calls; i++) {
                call.accept(i % repeated.copies);
            }
        });
        QueuedOp op = new QueuedOp(workspace, nnz, step::run, step);
        op.enqueue(1);
        op.sync();
        return op;
    }

    /** C = A·B, once or repeated; operands and C are written to the folder. */
    static QueuedOp spmm(Backend backend, SpmmProblem problem, @Nullable Repeated repeated, Path folder)
            throws IOException {
        Workspace workspace = backend.workspace(1);
        SparsityPattern pattern = problem.pattern;
        Values a = values(workspace, pattern, problem.values);
        List<Tensor> b = tensors(workspace, pattern.cols(), problem.columns, problem.b, repeated);
        Tensor c = workspace.tensor(Shape.matrix(pattern.rows(), problem.columns), layout(repeated));
        IntConsumer call = copy -> workspace.sparse().spmm(1, a, b.get(copy), 0, c);
        QueuedOp op = of(workspace, pattern.nnz(), repeated, call);
        write(folder, pattern);
        write(folder, "values", problem.values);
        write(folder, "b", problem.b);
        write(folder, "c", op.download(c));
        return op;
    }

    /** C = A·Bᵀ on the entries of a pattern, once or repeated; operands and C are written to the folder. */
    static QueuedOp sddmm(Backend backend, SddmmProblem problem, @Nullable Repeated repeated, Path folder)
            throws IOException {
        Workspace workspace = backend.workspace(1);
        SparsityPattern pattern = problem.pattern;
        List<Tensor> a = tensors(workspace, pattern.rows(), problem.columns, problem.a, repeated);
        List<Tensor> b = tensors(workspace, pattern.cols(), problem.columns, problem.b, repeated);
        Values c = values(workspace, pattern, new float[Math.toIntExact(pattern.nnz())]);
        IntConsumer call = copy -> workspace.sparse().sddmm(1, a.get(copy), b.get(copy), 0, c);
        QueuedOp op = of(workspace, pattern.nnz(), repeated, call);
        write(folder, pattern);
        write(folder, "a", problem.a);
        write(folder, "b", problem.b);
        float[] host = new float[Math.toIntExact(pattern.nnz())];
        workspace.download(c, MemorySegment.ofArray(host));
        write(folder, "c", host);
        return op;
    }

    /** C = A·B, all dense; operands and C are written to the folder. */
    static QueuedOp gemm(Backend backend, SpmmProblem problem, Path folder) throws IOException {
        Workspace workspace = backend.workspace(1);
        int rows = problem.pattern.rows();
        int depth = problem.pattern.cols();
        Tensor a = tensor(workspace, rows, depth, problem.values, Layout.ROW_MAJOR);
        Tensor b = tensor(workspace, depth, problem.columns, problem.b, Layout.ROW_MAJOR);
        Tensor c = workspace.tensor(Shape.matrix(rows, problem.columns), Layout.ROW_MAJOR);
        QueuedOp op = new QueuedOp(workspace, 0, () -> workspace.dense().gemm(false, false, 1, a, b, 0, c));
        write(folder, "a", problem.values);
        write(folder, "b", problem.b);
        write(folder, "c", op.download(c));
        return op;
    }

    /** y = x + y. */
    static QueuedOp axpy(Backend backend, int count) {
        Workspace workspace = backend.workspace(1);
        Space space = workspace.space(count);
        Values x = workspace.values(space, Role.GRADIENT);
        Values y = workspace.values(space, Role.THETA);
        workspace.dense().fill(x, 0);
        workspace.dense().fill(y, 1);
        return new QueuedOp(workspace, 0, () -> workspace.dense().axpy(1, x, y));
    }

    /** y = max(x, 0) with its mask. */
    static QueuedOp relu(Backend backend, int count) {
        Workspace workspace = backend.workspace(1);
        Tensor x = workspace.tensor(Shape.matrix(1, count), Layout.NATIVE);
        workspace.upload(MemorySegment.ofArray(new float[count]), x);
        Tensor y = workspace.tensor(x.shape(), Layout.NATIVE);
        Mask mask = workspace.mask(x.shape());
        return new QueuedOp(workspace, 0, () -> workspace.nn().relu(x, y, mask));
    }

    private static Values values(Workspace workspace, SparsityPattern pattern, float[] numbers) {
        Space space = workspace.space(Geometry.matrix(pattern.rows(), pattern.cols()));
        Values values = workspace.values(space, Role.THETA);
        workspace.repattern(space, pattern);
        workspace.upload(MemorySegment.ofArray(numbers), values);
        return values;
    }

    /** Row-major, or as a model's layers have it where a step is repeated: rows then begin where kernels want them. */
    private static Layout layout(@Nullable Repeated repeated) {
        return repeated == null ? Layout.ROW_MAJOR : Layout.NATIVE;
    }

    private static Tensor tensor(Workspace workspace, int rows, int cols, float[] numbers, Layout layout) {
        Tensor tensor = workspace.tensor(Shape.matrix(rows, cols), layout);
        workspace.upload(MemorySegment.ofArray(numbers), tensor);
        return tensor;
    }

    private static List<Tensor> tensors(
            Workspace workspace, int rows, int cols, float[] numbers, @Nullable Repeated repeated) {
        return IntStream.range(0, repeated == null ? 1 : repeated.copies)
                .mapToObj(copy -> tensor(workspace, rows, cols, numbers, layout(repeated)))
                .toList();
    }

    private float[] download(Tensor tensor) {
        float[] host = new float[Math.toIntExact(tensor.shape().size())];
        workspace.download(tensor, MemorySegment.ofArray(host));
        return host;
    }

    private static void write(Path folder, SparsityPattern pattern) throws IOException {
        int[] starts = new int[pattern.rows() + 1];
        int[] columns = new int[Math.toIntExact(pattern.nnz())];
        for (int row = 0; row < pattern.rows(); row++) {
            starts[row + 1] = pattern.rowEnd(row);
        }
        for (int position = 0; position < columns.length; position++) {
            columns[position] = pattern.col(position);
        }
        write(folder, "rowptr", MemorySegment.ofArray(starts));
        write(folder, "colidx", MemorySegment.ofArray(columns));
    }

    private static void write(Path folder, String name, float[] numbers) throws IOException {
        write(folder, name, MemorySegment.ofArray(numbers));
    }

    /** In the machine's byte order, which is the other process's too. */
    private static void write(Path folder, String name, MemorySegment numbers) throws IOException {
        Files.write(folder.resolve(name), numbers.toArray(ValueLayout.JAVA_BYTE));
    }

    /** Entries of the sparse operand; of a recorded step also how it is run. */
    String describe() {
        return step == null ? Long.toString(nnz) : nnz + " " + step.describe();
    }

    @Override
    public void enqueue(int repetitions) {
        for (int i = 0; i < repetitions; i++) {
            call.run();
        }
    }

    @Override
    public void sync() {
        workspace.sync();
    }

    @Override
    public void close() {
        workspace.close();
    }
}
