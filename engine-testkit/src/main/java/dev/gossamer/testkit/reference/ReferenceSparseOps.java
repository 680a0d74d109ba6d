package dev.gossamer.testkit.reference;

import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Values;
import dev.gossamer.engine.ops.SparseOps;
import dev.gossamer.engine.sparse.SparsityPattern;

/** {@link Spmv}, {@link Spmm}, {@link Sddmm}, {@link GatherScatter} and {@link Sparsify} on the backend's operands. */
class ReferenceSparseOps implements SparseOps {

    @Override
    public void spmv(float alpha, Values a, Tensor x, float beta, Tensor y) {
        float[] numbers = ((ReferenceValues) a).numbers();
        set(y, Spmv.spmv(alpha, entries(a), numbers, get(x), beta, get(y)));
    }

    @Override
    public void spmm(float alpha, Values a, Tensor b, float beta, Tensor c) {
        float[] numbers = ((ReferenceValues) a).numbers();
        set(c, Spmm.spmm(alpha, entries(a), numbers, get(b), b.shape().batch(), beta, get(c)));
    }

    @Override
    public void spmmTransposed(float alpha, Values a, Tensor b, float beta, Tensor c) {
        float[] numbers = ((ReferenceValues) a).numbers();
        set(c, Spmm.spmmTransposed(alpha, entries(a), numbers, get(b), b.shape().batch(), beta, get(c)));
    }

    @Override
    public void sddmm(float alpha, Tensor a, Tensor b, float beta, Values c) {
        ReferenceValues out = (ReferenceValues) c;
        out.replace(Sddmm.sddmm(alpha, entries(c), get(a), get(b), a.shape().batch(), beta, out.numbers()));
    }

    @Override
    public void gather(Tensor dense, Values values) {
        ((ReferenceValues) values).replace(GatherScatter.gather(entries(values), get(dense)));
    }

    @Override
    public void scatter(Values values, Tensor dense) {
        set(dense, GatherScatter.scatter(entries(values), ((ReferenceValues) values).numbers()));
    }

    @Override
    public void sparsify(Tensor dense, float threshold, Values target) {
        ReferenceSpace space = ((ReferenceValues) target).space();
        space.repattern(Sparsify.byThreshold(space.rows(), space.cols(), get(dense), threshold));
        gather(dense, target);
    }

    @Override
    public void sparsifyTop(Tensor dense, long keep, Values target) {
        ReferenceSpace space = ((ReferenceValues) target).space();
        space.repattern(Sparsify.top(space.rows(), space.cols(), get(dense), keep));
        gather(dense, target);
    }

    private static SparsityPattern entries(Values values) {
        return ((ReferenceValues) values).space().entries();
    }

    private static float[] get(Tensor tensor) {
        return ((ReferenceTensor) tensor).get();
    }

    private static void set(Tensor tensor, float[] numbers) {
        ((ReferenceTensor) tensor).set(numbers);
    }
}
