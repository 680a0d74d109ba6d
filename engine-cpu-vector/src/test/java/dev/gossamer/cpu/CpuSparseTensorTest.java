package dev.gossamer.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Workspace;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a saved selection takes, beside the activation that it is of. */
class CpuSparseTensorTest {

    /** Layers of ResNet-18 and of the MLP. */
    private static final List<Shape> SHAPES =
            List.of(new Shape(64, 32, 32, 16), new Shape(128, 16, 16, 16), new Shape(512, 4, 4, 32), Shape.of(784, 32));

    private static double share(Workspace workspace, Shape shape, double kept) {
        long before = workspace.allocatedBytes();
        workspace.tensor(shape, Layout.NATIVE);
        long dense = workspace.allocatedBytes() - before;
        long bytes = workspace.sparseTensor(shape, (long) (kept * shape.size())).sizeBytes();
        assertThat(workspace.allocatedBytes() - before - dense).isGreaterThanOrEqualTo(bytes);
        return (double) bytes / dense;
    }

    @Test
    void neverTakesMoreThanAFewPerCentMoreThanTheActivation() {
        try (Backend backend = CpuUnderTest.backend();
                Workspace workspace = backend.workspace(1)) {
            for (Shape shape : SHAPES) {
                assertThat(share(workspace, shape, 1)).as("all of %s", shape).isLessThan(1.04);
                assertThat(share(workspace, shape, 0.5)).as("half of %s", shape).isLessThan(0.54);
                assertThat(share(workspace, shape, 0.1))
                        .as("a tenth of %s", shape)
                        .isBetween(0.05, 0.14);
            }
        }
    }
}
