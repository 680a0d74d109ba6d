package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * What else a process may have done with the kernels before: C2 compiles a method for all its callers at once, by what they did
 * with it until then. Other factors alpha and beta, both layouts, widths with every kind of remainder, dense and packed
 * storage, partial batches, memory on the heap and off it.
 */
final class MixedUse {

    private static final int ROWS = 48;
    private static final int COLS = 160;
    private static final int[] BATCHES = {1, 7, 16, 17, 32, 48, 64, 100, 128, 200};
    private static final double[] DENSITIES = {1, 0.5, 0.1, 0.02};
    private static final float[] FACTORS = {0, 1, 0.5f};

    private final Workspace workspace;
    private final Arena arena;

    private MixedUse(Workspace workspace, Arena arena) {
        this.workspace = workspace;
        this.arena = arena;
    }

    /** Does everything in turn for that long, so that no use comes to be the only one that a method knows. */
    static void run(Backend backend, double seconds) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < 1e9 * seconds) {
            try (Workspace workspace = backend.workspace(1);
                    Arena arena = Arena.ofConfined()) {
                new MixedUse(workspace, arena).once();
            }
        }
    }

    private void once() {
        for (int batch : BATCHES) {
            for (Layout layout : Layout.values()) {
                dense(batch, layout);
                for (double density : DENSITIES) {
                    sparse(batch, layout, density);
                }
            }
        }
        for (int count : new int[] {100, 5_000, 60_000}) {
            Values values = values(Geometry.matrix(count, 1), 1);
            workspace.select().kthMagnitude(List.of(values), count / 7);
        }
    }

    private void sparse(int batch, Layout layout, double density) {
        Values a = values(Geometry.matrix(ROWS, COLS), density);
        Values gradient = workspace.values(a.space(), Role.GRADIENT);
        Tensor x = tensor(COLS, batch, layout);
        Tensor y = tensor(ROWS, batch, layout);
        for (float alpha : FACTORS) {
            for (float beta : FACTORS) {
                workspace.sparse().spmm(alpha, a, x, beta, y);
                workspace.sparse().spmmTransposed(alpha, a, y, beta, x);
                workspace.sparse().sddmm(alpha, y, x, beta, gradient);
                if (batch == 1 && layout == Layout.ROW_MAJOR) {
                    workspace.sparse().spmv(alpha, a, x, beta, y);
                }
            }
        }
        if (layout == Layout.NATIVE && batch > 1) {
            Tensor part = workspace.view(x, batch - 1);
            workspace.sparse().spmm(1, a, part, 0, workspace.view(y, batch - 1));
            workspace.sparse().sddmm(1, workspace.view(y, batch - 1), part, 0, gradient);
        }
    }

    private void dense(int batch, Layout layout) {
        if (layout != Layout.ROW_MAJOR) {
            return;
        }
        Tensor a = tensor(ROWS, COLS, layout);
        Tensor turned = tensor(COLS, ROWS, layout);
        Tensor b = tensor(COLS, batch, layout);
        Tensor c = tensor(ROWS, batch, layout);
        for (float beta : FACTORS) {
            workspace.dense().gemm(false, false, 1, a, b, beta, c);
            workspace.dense().gemm(true, false, 0.5f, turned, b, beta, c);
            workspace.dense().gemm(false, true, 1, c, b, beta, a);
        }
    }

    private Values values(Geometry geometry, double density) {
        Space space = workspace.space(geometry);
        if (density < 1) {
            workspace.repattern(
                    space, Patterns.uniform(new Patterns.Dims(geometry.rows(), geometry.cols()), density, 7));
        }
        Values values = workspace.values(space, Role.THETA);
        workspace.upload(host(Math.toIntExact(space.nnz())), values);
        return values;
    }

    private Tensor tensor(int rows, int columns, Layout layout) {
        Tensor tensor = workspace.tensor(Shape.matrix(rows, columns), layout);
        workspace.upload(host(rows * columns), tensor);
        workspace.download(tensor, arena.allocate(4L * rows * columns, 4));
        return tensor;
    }

    /** Numbers on the heap or off it, by turns of the count. */
    private MemorySegment host(int count) {
        MemorySegment numbers = MemorySegment.ofArray(Patterns.numbers(count, 5));
        return count % 3 == 0 ? arena.allocate(4L * count, 4).copyFrom(numbers) : numbers;
    }
}
