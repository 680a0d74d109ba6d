package dev.gossamer.app;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.SparseTensor;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * What a table is measured by: the three products of training, and the gradient of all weights from a part of the activations,
 * over layers and batches of the sizes that are trained, at densities between those where a backend may change from sparse to
 * dense.
 */
final class TuningWorkload implements AutoCloseable {

    private static final double[] DENSITIES = {0.01, 0.035, 0.075, 0.15, 0.25, 0.35, 0.45, 0.55};

    private final Workspace workspace;
    private final List<Cell> cells = new ArrayList<>();

    TuningWorkload(Backend backend, int threads) {
        workspace = backend.workspace(threads);
        SplittableRandom random = new SplittableRandom(7);
        for (double density : DENSITIES) {
            cells.add(new Cell(workspace, Geometry.linear(784, 128), 32, density, random));
            cells.add(new Cell(workspace, Geometry.linear(512, 512), 128, density, random));
            cells.add(new Cell(workspace, new Geometry(64, 16, 16, 64, 3, 3, 1, 1), 16, density, random));
        }
    }

    void runOnce() {
        cells.forEach(Cell::run);
    }

    double meanSeconds() {
        return Math.exp(cells.stream()
                .mapToDouble(cell -> Math.log(cell.fastest / 1e9))
                .average()
                .orElseThrow());
    }

    @Override
    public void close() {
        workspace.close();
    }

    /** Forward, input gradient and weight gradients of one layer; density is that of the weights and of saved activations. */
    private static final class Cell {

        private final Workspace workspace;
        private final Product product;
        private final Values theta;
        private final Values gradient;
        private final Values all;
        private final Tensor x;
        private final SparseTensor saved;
        private final Tensor y;
        private final Tensor gx;
        private long fastest = Long.MAX_VALUE;

        Cell(Workspace workspace, Geometry geometry, int batch, double density, SplittableRandom random) {
            this.workspace = workspace;
            product = workspace.product(geometry);
            Space space = workspace.space(geometry);
            workspace.repattern(space, pattern(geometry, density, random));
            theta = workspace.values(space, Role.THETA);
            gradient = workspace.values(space, Role.GRADIENT);
            all = workspace.values(workspace.space(geometry), Role.GRADIENT);
            x = workspace.tensor(geometry.inShape(batch), Layout.NATIVE);
            y = workspace.tensor(geometry.outShape(batch), Layout.NATIVE);
            gx = workspace.tensor(geometry.inShape(batch), Layout.NATIVE);
            workspace.upload(numbers(space.nnz(), random), theta);
            workspace.upload(numbers(x.shape().size(), random), x);
            long keep = (long) (density * x.shape().size());
            saved = workspace.sparseTensor(x.shape(), keep);
            workspace.select().compress(x, keep, saved);
        }

        void run() {
            long start = System.nanoTime();
            product.forward(theta, x, 0, y, Epilogue.NONE);
            product.inputGradient(theta, y, 0, gx, null);
            product.weightGradient(x, y, 0, gradient);
            product.weightGradient(saved, y, 0, all);
            workspace.sync();
            fastest = Math.min(fastest, System.nanoTime() - start);
        }

        private static SparsityPattern pattern(Geometry geometry, double density, SplittableRandom random) {
            int[] entries = IntStream.range(0, Math.toIntExact(geometry.size()))
                    .filter(entry -> random.nextDouble() < density)
                    .toArray();
            return SparsityPattern.fromFlatIndices(geometry.rows(), geometry.cols(), entries);
        }

        private static MemorySegment numbers(long count, SplittableRandom random) {
            float[] numbers = new float[Math.toIntExact(count)];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (float) random.nextDouble(-1, 1);
            }
            return MemorySegment.ofArray(numbers);
        }
    }
}
