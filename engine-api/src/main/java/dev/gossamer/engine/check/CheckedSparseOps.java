package dev.gossamer.engine.check;

import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Space;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.ops.SparseOps;

final class CheckedSparseOps implements SparseOps {

    private final SparseOps raw;
    private final Door door;

    CheckedSparseOps(SparseOps raw, Door door) {
        this.raw = raw;
        this.door = door;
    }

    @Override
    public void spmv(float alpha, Values a, Tensor x, float beta, Tensor y) {
        product(alpha, a, x, beta, y, Layout.ROW_MAJOR, 1, false);
        raw.spmv(alpha, a, x, beta, y);
    }

    @Override
    public void spmm(float alpha, Values a, Tensor b, float beta, Tensor c) {
        product(alpha, a, b, beta, c, b.layout(), b.shape().batch(), false);
        raw.spmm(alpha, a, b, beta, c);
    }

    @Override
    public void spmmTransposed(float alpha, Values a, Tensor b, float beta, Tensor c) {
        product(alpha, a, b, beta, c, b.layout(), b.shape().batch(), true);
        raw.spmmTransposed(alpha, a, b, beta, c);
    }

    @Override
    public void sddmm(float alpha, Tensor a, Tensor b, float beta, Values c) {
        door.enter();
        scalars(alpha, beta);
        door.owned(c, "c");
        Space space = c.space();
        door.matrix(a, "a", a.layout(), space.rows(), a.shape().batch());
        door.matrix(b, "b", a.layout(), space.cols(), a.shape().batch());
        raw.sddmm(alpha, a, b, beta, c);
    }

    @Override
    public void gather(Tensor dense, Values values) {
        door.enter();
        shaped(dense, values, "values");
        raw.gather(dense, values);
    }

    @Override
    public void scatter(Values values, Tensor dense) {
        door.enter();
        shaped(dense, values, "values");
        raw.scatter(values, dense);
    }

    @Override
    public void sparsify(Tensor dense, float threshold, Values target) {
        door.enterUnrecorded("sparsify");
        shaped(dense, target, "target");
        if (!(threshold >= 0)) {
            throw new IllegalArgumentException("threshold must be at least 0, got " + threshold);
        }
        raw.sparsify(dense, threshold, target);
    }

    @Override
    public void sparsifyTop(Tensor dense, long keep, Values target) {
        door.enterUnrecorded("sparsifyTop");
        shaped(dense, target, "target");
        if (keep < 0 || keep > dense.shape().size()) {
            throw new IllegalArgumentException(
                    "keep must be 0 to " + dense.shape().size() + ", got " + keep);
        }
        raw.sparsifyTop(dense, keep, target);
    }

    private void product(
            float alpha, Values a, Tensor in, float beta, Tensor out, Layout layout, int n, boolean transposed) {
        door.enter();
        scalars(alpha, beta);
        door.owned(a, "a");
        Space space = a.space();
        int rows = transposed ? space.cols() : space.rows();
        int cols = transposed ? space.rows() : space.cols();
        door.matrix(in, "the dense operand", layout, cols, n);
        door.matrix(out, "the output", layout, rows, n);
        Door.disjoint(out, in, "the output", "the dense operand");
    }

    private void shaped(Tensor dense, Values values, String name) {
        door.owned(values, name);
        Space space = values.space();
        door.matrix(dense, "dense", dense.layout(), space.rows(), space.cols());
    }

    private static void scalars(float alpha, float beta) {
        Door.finite(alpha, "alpha");
        Door.finite(beta, "beta");
    }
}
