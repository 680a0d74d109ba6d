package dev.gossamer.engine;

/**
 * A tensor of which only some elements are stored, the others being 0: an activation saved for the backward pass (SWAT). Its
 * room is fixed; {@link dev.gossamer.engine.ops.SelectOps#compress} rewrites it without allocating. How the elements lie is
 * the backend's affair.
 */
public interface SparseTensor extends Resource {

    /** Shape of the whole; the batch is the largest one. */
    Shape shape();

    /** Most elements it can hold. */
    long capacity();

    /** Bytes held. */
    long sizeBytes();
}
