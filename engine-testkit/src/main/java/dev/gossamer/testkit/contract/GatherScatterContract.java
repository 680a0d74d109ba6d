package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.nan;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.GatherScatter;
import org.junit.jupiter.api.Test;

/** {@code gather} and {@code scatter}, in both layouts. Nothing is computed, so every bit must be right. */
public abstract class GatherScatterContract extends BackendContract {

    @Test
    void gathersTheEntriesOfThePattern() {
        cases("gather", 60, (c, rig) -> {
            int[] size = c.sizes("rows, cols", 2, 30_000);
            SparsityPattern pattern = c.pattern(size[0], size[1]);
            float[] dense = c.values(pattern.size());
            Layout layout = c.turn("layout", Layout.values());
            Tensor from = rig.tensor(Shape.matrix(size[0], size[1]), layout, dense);
            Values to = rig.matrix(size[0], size[1], pattern, nan(pattern.nnz()));

            rig.workspace().sparse().gather(from, to);

            Close.sameBits("values", rig.read(to), GatherScatter.gather(pattern, dense));
            Close.sameBits("dense after the gather", rig.read(from), dense);
        });
    }

    @Test
    void scattersOverAZeroedMatrix() {
        cases("scatter", 60, (c, rig) -> {
            int[] size = c.sizes("rows, cols", 2, 30_000);
            SparsityPattern pattern = c.pattern(size[0], size[1]);
            float[] values = c.values(pattern.nnz());
            Layout layout = c.turn("layout", Layout.values());
            Values from = rig.matrix(size[0], size[1], pattern, values);
            Tensor to = rig.tensor(Shape.matrix(size[0], size[1]), layout, nan(pattern.size()));

            rig.workspace().sparse().scatter(from, to);

            Close.sameBits("dense", rig.read(to), GatherScatter.scatter(pattern, values));
            Close.sameBits("values after the scatter", rig.read(from), values);
        });
    }

    @Test
    void gatherUndoesScatter() {
        cases("gather of scatter", 20, (c, rig) -> {
            int[] size = c.sizes("rows, cols", 2, 10_000);
            SparsityPattern pattern = c.pattern(size[0], size[1]);
            float[] values = c.values(pattern.nnz());
            Values there = rig.matrix(size[0], size[1], pattern, values);
            Values back = rig.matrix(size[0], size[1], pattern, nan(values.length));
            Tensor dense =
                    rig.tensor(Shape.matrix(size[0], size[1]), c.turn("layout", Layout.values()), nan(pattern.size()));
            rig.workspace().sparse().scatter(there, dense);
            rig.workspace().sparse().gather(dense, back);
            Close.sameBits("values", rig.read(back), values);
        });
    }
}
