package dev.gossamer.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.Workspace;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** How often a thread waits for the GPU, which costs it some ten microseconds or more each time. */
class EmulatedWaitsTest {

    private static final int ROWS = 40;
    private static final int COLS = 30;

    private final Emulator emulator = Emulator.load();

    private static void on(Consumer<Workspace> body) {
        try (Backend backend = CudaUnderTest.backend();
                Workspace workspace = backend.workspace(1)) {
            body.accept(workspace);
        }
    }

    private long waits(Runnable body) {
        long before = emulator.waits();
        body.run();
        return emulator.waits() - before;
    }

    private static SparsityPattern band(int width) {
        return SparsityPattern.fromMask(ROWS, COLS, (row, col) -> Math.abs(row - col) < width);
    }

    @Test
    void onceForCellsTogether() {
        on(workspace -> {
            List<Cell> cells = List.of(workspace.cell(1), workspace.cell(2), workspace.cell(3));
            assertThat(waits(() -> workspace.read(cells))).isOne();
            assertThat(waits(() -> workspace.read(cells.getFirst()))).isOne();
        });
    }

    @Test
    void onceForNumbersAndWhatIsWrongWithThem() {
        on(workspace -> {
            Space space = workspace.space(Geometry.matrix(ROWS, COLS));
            workspace.repattern(space, band(3));
            Values values = workspace.values(space, Role.THETA);
            MemorySegment host = MemorySegment.ofArray(new float[ROWS * COLS]);
            assertThat(waits(() -> workspace.upload(host, values))).isZero();
            assertThat(waits(() -> workspace.download(values, host))).isOne();
            Tensor tensor = workspace.tensor(Shape.of(COLS, ROWS), Layout.NATIVE);
            assertThat(waits(() -> workspace.upload(host, tensor))).isZero();
            assertThat(waits(() -> workspace.download(tensor, host))).isOne();
            assertThat(waits(() -> workspace.dense().fill(values, 1))).isZero();
            assertThat(waits(workspace::sync)).isOne();
        });
    }

    /** Both patterns are on the GPU already, as other clients have them. */
    @Test
    void onceForAPatternAndNotForTheSame() {
        on(workspace -> {
            Space space = banded(workspace);
            banded(workspace);
            workspace.repattern(banded(workspace), band(2));
            assertThat(waits(() -> workspace.repattern(space, band(3)))).isZero();
            assertThat(waits(() -> workspace.repattern(space, band(2)))).isOne();
        });
    }

    private static Space banded(Workspace workspace) {
        Space space = workspace.space(Geometry.matrix(ROWS, COLS));
        workspace.repattern(space, band(3));
        workspace.dense().fill(workspace.values(space, Role.THETA), 1);
        return space;
    }
}
