package dev.gossamer.engine.check;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Layout;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.ops.DenseOps;

final class CheckedDenseOps implements DenseOps {

    private final DenseOps raw;
    private final Door door;

    CheckedDenseOps(DenseOps raw, Door door) {
        this.raw = raw;
        this.door = door;
    }

    @Override
    public void gemm(boolean transposeA, boolean transposeB, float alpha, Tensor a, Tensor b, float beta, Tensor c) {
        door.enter();
        Door.finite(alpha, "alpha");
        Door.finite(beta, "beta");
        door.tensor(a, "a", Layout.ROW_MAJOR);
        door.tensor(b, "b", Layout.ROW_MAJOR);
        int m = transposeA ? a.shape().batch() : a.shape().features();
        int k = transposeA ? a.shape().features() : a.shape().batch();
        int n = transposeB ? b.shape().features() : b.shape().batch();
        int inner = transposeB ? b.shape().batch() : b.shape().features();
        if (inner != k) {
            throw new IllegalArgumentException(
                    "op(a) is " + m + " x " + k + " and op(b) is " + inner + " x " + n + ": the inner sizes differ");
        }
        door.matrix(c, "c", Layout.ROW_MAJOR, m, n);
        Door.disjoint(c, a, "c", "a");
        Door.disjoint(c, b, "c", "b");
        raw.gemm(transposeA, transposeB, alpha, a, b, beta, c);
    }

    @Override
    public void fill(Values values, float value) {
        door.enter();
        door.owned(values, "values");
        raw.fill(values, value);
    }

    @Override
    public void copy(Values from, Values to) {
        pair(from, to, "from and to");
        raw.copy(from, to);
    }

    @Override
    public void axpy(float alpha, Values x, Values y) {
        pair(x, y, "x and y");
        Door.distinct(y, x, "y", "x");
        raw.axpy(alpha, x, y);
    }

    @Override
    public void multiply(Values x, Values y, Values out) {
        pair(x, y, "x and y");
        pair(x, out, "x and out");
        raw.multiply(x, y, out);
    }

    @Override
    public void addSquare(Values x, Values y) {
        pair(x, y, "x and y");
        Door.distinct(y, x, "y", "x");
        raw.addSquare(x, y);
    }

    @Override
    public void dot(Values x, Values y, Cell out) {
        pair(x, y, "x and y");
        door.owned(out, "out");
        raw.dot(x, y, out);
    }

    private void pair(Values x, Values y, String names) {
        door.enter();
        door.owned(x, names);
        door.owned(y, names);
        Door.sameSpace(x, y, names);
    }
}
