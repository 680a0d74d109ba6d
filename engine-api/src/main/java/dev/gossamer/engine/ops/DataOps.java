package dev.gossamer.engine.ops;

import dev.gossamer.engine.Cell;
import dev.gossamer.engine.Labels;
import dev.gossamer.engine.Order;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Tensor;
import org.jspecify.annotations.Nullable;

/** Batches from resident data sets. */
public interface DataOps {

    /**
     * The next batch of an epoch: column j of x is sample {@code order[position + j]} through the transform, and its class
     * goes to labels; then {@code position += batch}. The batch is x's.
     *
     * @param augmentation of the pixels before the transform, or null for none
     * @param position counts samples; starts at 0 each epoch
     */
    void batch(
            Samples samples,
            PixelTransform transform,
            @Nullable Augmentation augmentation,
            Order order,
            Cell position,
            Tensor x,
            Labels labels);

    /** As above without augmentation. */
    default void batch(Samples samples, PixelTransform transform, Order order, Cell position, Tensor x, Labels labels) {
        batch(samples, transform, null, order, position, x, labels);
    }
}
