package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.nan;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.GatherScatter;
import org.junit.jupiter.api.Test;

/**
 * In the forward product and the input gradient the same bits whatever the storage and the batch: every output is one FMA
 * chain. A backend whose libraries order the sums themselves leaves this contract out and says so in its documentation.
 */
public abstract class DeterminismContract extends BackendContract {

    /** What a pattern leaves out is a product with 0 in a dense space: one more fma(0, x, sum), which changes nothing. */
    @Test
    void givesTheSameBitsSparseAndDense() {
        cases("storage", 24, (c, rig) -> {
            int[] size = c.sizes("out, in, batch", 3, 60_000);
            Geometry geometry = Geometry.linear(size[1], size[0]);
            int batch = size[2];
            SparsityPattern pattern = c.random(size[0], size[1], c.turn("density", 0.05, 0.2, 0.5, 0.9));
            float[] w = c.values(pattern.nnz());
            Values sparse = rig.matrix(size[0], size[1], pattern, w);
            Values dense = rig.matrix(size[0], size[1], null, GatherScatter.scatter(pattern, w));
            Epilogue epilogue = new Epilogue(
                    rig.vector(size[0], null, c.values(size[0])), c.pick("activation", Activation.values()), null);
            Product product = rig.workspace().product(geometry);
            Tensor x = rig.tensor(geometry.inShape(batch), 0, c.values((long) size[1] * batch));
            Tensor gy = rig.tensor(geometry.outShape(batch), 0, c.values((long) size[0] * batch));
            float[][] y = new float[2][];
            float[][] gx = new float[2][];
            for (int i = 0; i < 2; i++) {
                Tensor out = rig.tensor(geometry.outShape(batch), 0, nan((long) size[0] * batch));
                Tensor back = rig.tensor(geometry.inShape(batch), 0, nan((long) size[1] * batch));
                product.forward(i == 0 ? sparse : dense, x, 0, out, epilogue);
                product.inputGradient(i == 0 ? sparse : dense, gy, 0, back, null);
                y[i] = rig.read(out);
                gx[i] = rig.read(back);
            }
            // The sign of a zero may differ: fma(0, -1, -0) is -0 where the sparse chain had not begun.
            Close.same("y, sparse against dense", y[0], y[1]);
            Close.same("gx, sparse against dense", gx[0], gx[1]);
        });
    }

    @Test
    void givesASampleTheSameBitsInAnyBatch() {
        cases("batch", 24, (c, rig) -> {
            int[] size = c.sizes("out, in, batch", 3, 30_000);
            Geometry geometry = Geometry.linear(size[1], size[0]);
            int batch = size[2];
            int fewer = 1 + c.random().nextInt(batch);
            boolean dense = c.pick("dense", true, false);
            SparsityPattern pattern = c.pattern(size[0], size[1]);
            Values w = rig.matrix(
                    size[0], size[1], dense ? null : pattern, c.values(dense ? pattern.size() : pattern.nnz()));
            Product product = rig.workspace().product(geometry);
            float[] x = c.values((long) size[1] * batch);
            Tensor whole = rig.tensor(geometry.inShape(batch), 0, x);
            Tensor y = rig.tensor(geometry.outShape(batch), 0, nan((long) size[0] * batch));
            product.forward(w, whole, 0, y, Epilogue.NONE);
            float[] small = first(x, size[1], batch, fewer);
            Tensor part = rig.tensor(geometry.inShape(fewer), 0, small);
            Tensor partY = rig.tensor(geometry.outShape(fewer), 0, nan((long) size[0] * fewer));
            product.forward(w, part, 0, partY, Epilogue.NONE);
            Close.sameBits("y of fewer", rig.read(partY), first(rig.read(y), size[0], batch, fewer));
        });
    }

    /** The first samples of row-major activations. */
    private static float[] first(float[] all, int features, int batch, int count) {
        float[] some = new float[features * count];
        for (int f = 0; f < features; f++) {
            System.arraycopy(all, f * batch, some, f * count, count);
        }
        return some;
    }
}
