package dev.gossamer.engine;

/**
 * Weights of which only some are stored, the others being 0: the selection that multiplies while all weights are trained
 * (SWAT). Which ones may change in every step: {@link dev.gossamer.engine.ops.SelectOps#compress(Values, long, SparseWeights)}
 * rewrites structure and values without allocating or waiting, and recorded steps stay valid. How the weights lie is the
 * backend's affair; room is fixed.
 *
 * <p>Weights whose pattern stays belong into a {@link Space} with that pattern: products are faster there.
 */
public interface SparseWeights extends Resource {

    /** Of the products that take them. */
    Geometry geometry();

    /** Most weights it can hold. */
    long capacity();

    /** Bytes held, with what products derive from the structure. */
    long sizeBytes();
}
