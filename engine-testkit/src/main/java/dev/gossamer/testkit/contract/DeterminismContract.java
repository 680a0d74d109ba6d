package dev.gossamer.testkit.contract;

import static dev.gossamer.testkit.Numbers.nan;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Epilogue;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Product;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Case;
import dev.gossamer.testkit.Close;
import dev.gossamer.testkit.reference.GatherScatter;
import org.junit.jupiter.api.Test;

/**
 * In the forward product and the input gradient the same bits whatever the storage and the batch: every output is one FMA
 * chain. A backend whose libraries order the sums themselves says so in its documentation and leaves this contract out, or its
 * linear products.
 */
public abstract class DeterminismContract extends BackendContract {

    /** Whether linear products keep this too. */
    protected boolean ordersLinearProducts() {
        return true;
    }

    /**
     * Up to so many channels a convolution's outputs are one chain each. A backend that cuts longer ones into parts, not the same
     * for every storage, says so in its documentation; the batch must not change these.
     */
    protected int channelsOfOneChain() {
        return Integer.MAX_VALUE;
    }

    /** A linear layer and a batch, or else a convolution. */
    private record Draw(Geometry geometry, int batch) {

        static Draw linear(Case c, long work) {
            int[] size = c.sizes("out, in, batch", 3, work);
            return new Draw(Geometry.linear(size[1], size[0]), size[2]);
        }

        static Draw convolution(Case c, long work, int mostChannels) {
            int kernel = c.turn("kernel", 3, 1, 5);
            int plane = c.pick("plane", 6, 7, 8);
            int[] size = c.sizes("out, in, batch", 3, work / ((long) kernel * kernel * plane));
            return new Draw(
                    new Geometry(
                            Math.min(size[1], mostChannels),
                            plane,
                            plane - 1,
                            Math.min(size[0], mostChannels),
                            kernel,
                            kernel,
                            c.pick("stride", 1, 1, 2),
                            c.pick("padding", kernel / 2, 0, 1)),
                    size[2]);
        }
    }

    @Test
    void givesTheSameBitsSparseAndDense() {
        if (ordersLinearProducts()) {
            cases("storage", 24, (c, rig) -> sparseAndDense(c, rig, Draw.linear(c, 60_000)));
        }
        cases(
                "storage of convolutions",
                24,
                (c, rig) -> sparseAndDense(c, rig, Draw.convolution(c, 60_000, channelsOfOneChain())));
    }

    /** What a pattern leaves out is a product with 0 in a dense space: one more fma(0, x, sum), which changes nothing. */
    private static void sparseAndDense(Case c, Rig rig, Draw d) {
        Geometry geometry = d.geometry;
        SparsityPattern pattern = c.random(geometry.rows(), geometry.cols(), c.turn("density", 0.05, 0.2, 0.5, 0.9));
        float[] w = c.values(pattern.nnz());
        Values sparse = rig.matrix(geometry.rows(), geometry.cols(), pattern, w);
        Values dense = rig.matrix(geometry.rows(), geometry.cols(), null, GatherScatter.scatter(pattern, w));
        Epilogue epilogue = new Epilogue(
                rig.vector(geometry.rows(), null, c.values(geometry.rows())),
                c.pick("activation", Activation.values()),
                null);
        Product product = rig.workspace().product(geometry);
        Shape in = geometry.inShape(d.batch);
        Shape out = geometry.outShape(d.batch);
        Tensor x = rig.tensor(in, 0, c.values(in.size()));
        Tensor gy = rig.tensor(out, 0, c.values(out.size()));
        float[][] y = new float[2][];
        float[][] gx = new float[2][];
        for (int i = 0; i < 2; i++) {
            Tensor forth = rig.tensor(out, 0, nan(out.size()));
            Tensor back = rig.tensor(in, 0, nan(in.size()));
            product.forward(i == 0 ? sparse : dense, x, 0, forth, epilogue);
            product.inputGradient(i == 0 ? sparse : dense, gy, 0, back, null);
            y[i] = rig.read(forth);
            gx[i] = rig.read(back);
        }
        // The sign of a zero may differ: fma(0, -1, -0) is -0 where the sparse chain had not begun.
        Close.same("y, sparse against dense", y[0], y[1]);
        Close.same("gx, sparse against dense", gx[0], gx[1]);
    }

    @Test
    void givesASampleTheSameBitsInAnyBatch() {
        if (ordersLinearProducts()) {
            cases("batch", 24, (c, rig) -> fewer(c, rig, Draw.linear(c, 30_000)));
        }
        cases("batch of convolutions", 24, (c, rig) -> fewer(c, rig, Draw.convolution(c, 30_000, Integer.MAX_VALUE)));
    }

    private static void fewer(Case c, Rig rig, Draw d) {
        Geometry geometry = d.geometry;
        Shape in = geometry.inShape(d.batch);
        Shape out = geometry.outShape(d.batch);
        int fewer = 1 + c.random().nextInt(d.batch);
        boolean dense = c.pick("dense", true, false);
        SparsityPattern pattern = c.pattern(geometry.rows(), geometry.cols());
        float[] numbers = c.values(dense ? pattern.size() : pattern.nnz());
        Values w = rig.matrix(geometry.rows(), geometry.cols(), dense ? null : pattern, numbers);
        Product product = rig.workspace().product(geometry);
        float[] x = c.values(in.size());
        Tensor y = rig.tensor(out, 0, nan(out.size()));
        product.forward(w, rig.tensor(in, 0, x), 0, y, Epilogue.NONE);
        Tensor part = rig.tensor(in.withBatch(fewer), 0, first(x, in.features(), d.batch, fewer));
        Tensor partY =
                rig.tensor(out.withBatch(fewer), 0, nan(out.withBatch(fewer).size()));
        product.forward(w, part, 0, partY, Epilogue.NONE);
        Close.sameBits("y of fewer", rig.read(partY), first(rig.read(y), out.features(), d.batch, fewer));
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
