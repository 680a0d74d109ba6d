package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.ops.DenseOps;
import java.util.Arrays;

/** {@link Gemm} and {@link Elementwise} on the backend's operands. */
class ReferenceDenseOps implements DenseOps {

    @Override
    public void gemm(boolean transposeA, boolean transposeB, float alpha, Tensor a, Tensor b, float beta, Tensor c) {
        Shape out = c.shape();
        ReferenceTensor target = (ReferenceTensor) c;
        target.set(Gemm.gemm(
                transposeA,
                transposeB,
                out.features(),
                transposeA ? a.shape().features() : a.shape().batch(),
                out.batch(),
                alpha,
                ((ReferenceTensor) a).get(),
                ((ReferenceTensor) b).get(),
                beta,
                target.get()));
    }

    @Override
    public void fill(Values values, float value) {
        Arrays.fill(numbers(values), value);
    }

    @Override
    public void copy(Values from, Values to) {
        ((ReferenceValues) to).replace(numbers(from).clone());
    }

    @Override
    public void axpy(float alpha, Values x, Values y) {
        ((ReferenceValues) y).replace(Elementwise.axpy(alpha, numbers(x), numbers(y)));
    }

    @Override
    public void multiply(Values x, Values y, Values out) {
        ((ReferenceValues) out).replace(Elementwise.multiply(numbers(x), numbers(y)));
    }

    @Override
    public void addSquare(Values x, Values y) {
        ((ReferenceValues) y).replace(Elementwise.addSquare(numbers(x), numbers(y)));
    }

    @Override
    public void dot(Values x, Values y, Cell out) {
        ((Handles.ReferenceCell) out).value = Elementwise.dot(numbers(x), numbers(y));
    }

    private static float[] numbers(Values values) {
        return ((ReferenceValues) values).numbers();
    }
}
