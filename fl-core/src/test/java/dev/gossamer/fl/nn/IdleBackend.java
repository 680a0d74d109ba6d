package dev.gossamer.fl.nn;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Epilogue;
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
import dev.gossamer.engine.Tiling;
import dev.gossamer.engine.TuningTable;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Window;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.ops.Augmentation;
import dev.gossamer.engine.ops.BatchNorm;
import dev.gossamer.engine.ops.DataOps;
import dev.gossamer.engine.ops.DenseOps;
import dev.gossamer.engine.ops.NnOps;
import dev.gossamer.engine.ops.PixelTransform;
import dev.gossamer.engine.ops.SelectOps;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.engine.ops.SparseOps;
import dev.gossamer.engine.ops.TrainOps;
import dev.gossamer.engine.sparse.MagnitudeSelection;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A backend that computes nothing and counts the calls: what is left of a step's cost is this side of the API. */
final class IdleBackend implements Backend {

    /** Ops called so far, in all workspaces. */
    long calls;

    /** See {@link #bulkBatch}. */
    int bulk = 256;

    @Override
    public String name() {
        return "idle";
    }

    @Override
    public String device() {
        return "none";
    }

    @Override
    public TuningTable tuning() {
        return TuningTable.EMPTY;
    }

    @Override
    public int parallelism() {
        return 1;
    }

    @Override
    public int bulkBatch() {
        return bulk;
    }

    @Override
    public Workspace workspace(int threads) {
        return new IdleWorkspace();
    }

    @Override
    public void close() {}

    /** Ops that no step calls. */
    private static <T> T unused(Class<T> ops) {
        return ops.cast(Proxy.newProxyInstance(ops.getClassLoader(), new Class<?>[] {ops}, (proxy, method, args) -> {
            throw new UnsupportedOperationException(method.getName());
        }));
    }

    private record IdleTensor(Object owner, Shape shape, Layout layout) implements Tensor {
        @Override
        public Object memory() {
            return this;
        }
    }

    private record IdleValues(Object owner, Space space, Role role) implements Values {}

    private record IdleCell(Object owner) implements Cell {}

    private record IdleLabels(Object owner, int capacity) implements Labels {}

    private record IdleOrder(Object owner, int capacity) implements Order {}

    private record IdleMask(Object owner, Shape shape) implements Mask {}

    private record IdleIndices(Object owner, Shape shape) implements Indices {}

    private record IdleStream(Object owner) implements RandomStream {}

    private record IdleSparseTensor(Object owner, Shape shape, long capacity, long sizeBytes) implements SparseTensor {}

    private record IdleSparseWeights(Object owner, Geometry geometry, long capacity, long sizeBytes)
            implements SparseWeights {}

    private record IdleSamples(Object owner, Shape one, long count, boolean writable) implements Samples {}

    private record IdleSpace(Object owner, int rows, int cols, Map<Role, Values> made) implements Space {

        @Override
        public @Nullable SparsityPattern pattern() {
            return null;
        }

        @Override
        public long nnz() {
            return size();
        }

        @Override
        public long generation() {
            return 0;
        }

        @Override
        public boolean has(Role role) {
            return made.containsKey(role);
        }

        @Override
        public long valueBytes() {
            return 0;
        }

        @Override
        public long planBytes() {
            return 0;
        }

        @Override
        public String describe() {
            return "idle";
        }
    }

    private final class IdleProduct implements Product {

        private final Object owner;
        private final Geometry geometry;

        IdleProduct(Object owner, Geometry geometry) {
            this.owner = owner;
            this.geometry = geometry;
        }

        @Override
        public Object owner() {
            return owner;
        }

        @Override
        public Geometry geometry() {
            return geometry;
        }

        @Override
        public void forward(Values w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
            calls++;
        }

        @Override
        public void forward(SparseWeights w, Tensor x, float beta, Tensor y, Epilogue epilogue) {
            calls++;
        }

        @Override
        public void inputGradient(Values w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
            calls++;
        }

        @Override
        public void inputGradient(SparseWeights w, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
            calls++;
        }

        @Override
        public void weightGradient(Tensor x, Tensor gy, float beta, Values gw) {
            calls++;
        }

        @Override
        public void weightGradient(SparseTensor x, Tensor gy, float beta, Values gw) {
            calls++;
        }

        @Override
        public void biasGradient(Tensor gy, float beta, Values gb) {
            calls++;
        }

        @Override
        public String describe() {
            return "idle";
        }
    }

    private final class IdleOps implements NnOps, TrainOps, DataOps, SelectOps {

        @Override
        public MagnitudeSelection.Threshold kthMagnitude(List<Values> group, long k) {
            throw new UnsupportedOperationException("no step looks for a threshold on the host");
        }

        @Override
        public void keepTop(List<Space> group, Role by, long keep) {
            throw new UnsupportedOperationException("no step prunes");
        }

        @Override
        public void compress(Tensor x, long keep, SparseTensor to) {
            calls++;
        }

        @Override
        public void compressAgain(Tensor x, long keep, SparseTensor to) {
            calls++;
        }

        @Override
        public void compress(Values w, long keep, SparseWeights to) {
            calls++;
        }

        @Override
        public void compressAgain(Values w, long keep, SparseWeights to) {
            calls++;
        }

        @Override
        public void relu(Tensor x, Tensor y, Mask mask) {
            calls++;
        }

        @Override
        public void reluGradient(Mask mask, Tensor gy, Tensor gx) {
            calls++;
        }

        @Override
        public void maxPool(Tensor x, Window window, Tensor y, @Nullable Indices chosen) {
            calls++;
        }

        @Override
        public void maxPoolGradient(
                Indices chosen, Window window, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
            calls++;
        }

        @Override
        public void averagePool(Tensor x, Window window, Tensor y) {
            calls++;
        }

        @Override
        public void retile(Tensor x, Tiling from, Tensor y, Tiling to, int overlap) {
            calls++;
        }

        @Override
        public void averagePoolGradient(Window window, Tensor gy, float beta, Tensor gx, @Nullable Mask mask) {
            calls++;
        }

        @Override
        public void batchNorm(
                Tensor x,
                BatchNorm norm,
                BatchNorm.Saved saved,
                @Nullable Tensor residual,
                Activation activation,
                @Nullable Mask mask,
                Tensor y) {
            calls++;
        }

        @Override
        public void batchNormGradient(
                Tensor x,
                BatchNorm norm,
                BatchNorm.Saved saved,
                Tensor gy,
                float beta,
                Tensor gx,
                @Nullable Mask mask,
                Values gGamma,
                Values gBeta) {
            calls++;
        }

        @Override
        public void dropout(
                Tensor x, float rate, RandomStream stream, int site, float beta, Tensor y, @Nullable Mask mask) {
            calls++;
        }

        @Override
        public void batchNormInference(
                Tensor x, BatchNorm norm, @Nullable Tensor residual, Activation activation, Tensor y) {
            calls++;
        }

        @Override
        public void add(Tensor x, float beta, Tensor y, @Nullable Mask mask) {
            calls++;
        }

        @Override
        public void advance(RandomStream stream) {
            calls++;
        }

        @Override
        public void softmaxCrossEntropy(
                Tensor logits, Labels labels, @Nullable Tensor gradient, Cell lossSum, Cell correct) {
            calls++;
        }

        @Override
        public void maxPoolTangent(Indices chosen, Window window, Tensor xDot, Tensor yDot) {
            calls++;
        }

        @Override
        public void batchNormTangent(
                Tensor x,
                BatchNorm norm,
                BatchNorm.Saved saved,
                Tensor xDot,
                Values gammaDot,
                Values betaDot,
                float beta,
                Tensor yDot,
                @Nullable Mask mask) {
            calls++;
        }

        @Override
        public void batchNormGradientTangent(
                Tensor x,
                BatchNorm norm,
                BatchNorm.Saved saved,
                Tensor xDot,
                Values gammaDot,
                Tensor gy,
                Tensor gyDot,
                float beta,
                Tensor gxDot,
                @Nullable Mask mask,
                Values gGammaDot,
                Values gBetaDot) {
            calls++;
        }

        @Override
        public void softmaxCrossEntropyTangent(Tensor logits, Tensor logitsDot, Tensor gradientDot) {
            calls++;
        }

        @Override
        public void sgd(List<Space> group, Cell rate, Sgd rule) {
            calls++;
        }

        @Override
        public void signedPower(List<Space> group, float alpha) {
            calls++;
        }

        @Override
        public void signedPowerGradient(List<Space> group, float alpha) {
            calls++;
        }

        @Override
        public void batch(
                Samples samples,
                PixelTransform transform,
                @Nullable Augmentation augmentation,
                Order order,
                Cell position,
                Tensor x,
                Labels labels) {
            calls++;
        }
    }

    private final class IdleWorkspace implements Workspace {

        private final IdleOps ops = new IdleOps();

        @Override
        public Tensor tensor(Shape shape, Layout layout) {
            return new IdleTensor(this, shape, layout);
        }

        @Override
        public Tensor view(Tensor whole, int batch) {
            return new IdleTensor(this, whole.shape().withBatch(batch), whole.layout());
        }

        @Override
        public Space space(int size) {
            return new IdleSpace(this, 1, size, new EnumMap<>(Role.class));
        }

        @Override
        public Space space(Geometry geometry) {
            return new IdleSpace(this, geometry.rows(), geometry.cols(), new EnumMap<>(Role.class));
        }

        @Override
        public Values values(Space space, Role role) {
            return ((IdleSpace) space).made().computeIfAbsent(role, r -> new IdleValues(this, space, r));
        }

        @Override
        public void repattern(Space space, @Nullable SparsityPattern pattern) {}

        @Override
        public Cell cell(float value) {
            return new IdleCell(this);
        }

        @Override
        public Labels labels(int capacity) {
            return new IdleLabels(this, capacity);
        }

        @Override
        public Order order(int capacity) {
            return new IdleOrder(this, capacity);
        }

        @Override
        public Mask mask(Shape shape) {
            return new IdleMask(this, shape);
        }

        @Override
        public Indices indices(Shape output) {
            return new IdleIndices(this, output);
        }

        @Override
        public RandomStream randomStream() {
            return new IdleStream(this);
        }

        @Override
        public SparseTensor sparseTensor(Shape shape, long capacity) {
            return new IdleSparseTensor(this, shape, capacity, 0);
        }

        @Override
        public SparseWeights sparseWeights(Geometry geometry, long capacity) {
            return new IdleSparseWeights(this, geometry, capacity, 0);
        }

        @Override
        public void write(RandomStream stream, long key) {}

        @Override
        public Samples samples(MemorySegment images, MemorySegment labels, Shape one, long count) {
            return new IdleSamples(this, one, count, false);
        }

        @Override
        public Samples samples(Shape one, long count) {
            return new IdleSamples(this, one, count, true);
        }

        @Override
        public Product product(Geometry geometry) {
            return new IdleProduct(this, geometry);
        }

        @Override
        public Workspace child() {
            return new IdleWorkspace();
        }

        @Override
        public void upload(MemorySegment host, Values values) {}

        @Override
        public void download(Values values, MemorySegment host) {}

        @Override
        public void upload(MemorySegment host, Tensor tensor) {}

        @Override
        public void download(Tensor tensor, MemorySegment host) {}

        @Override
        public void upload(MemorySegment host, int count, Labels labels) {}

        @Override
        public void upload(MemorySegment host, int count, Order order) {}

        @Override
        public void upload(MemorySegment images, int count, Samples samples) {}

        @Override
        public void write(Cell cell, float value) {}

        @Override
        public float[] read(List<Cell> cells) {
            return new float[cells.size()];
        }

        @Override
        public void sync() {}

        @Override
        public Step record(Runnable body) {
            return body::run;
        }

        @Override
        public SparseOps sparse() {
            return unused(SparseOps.class);
        }

        @Override
        public DenseOps dense() {
            return unused(DenseOps.class);
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
            return 0;
        }

        @Override
        public void close() {}
    }
}
