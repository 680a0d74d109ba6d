package dev.gossamer.fl.nn;

import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Tiling;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What flows between stages: activations one way, their gradient the other. First an entry of a plan, which knows who writes
 * and who reads it; {@link Computation} then gives it tensors.
 *
 * <p>The gradient is written by the stages that read the activations, last to first: the first writer overwrites, the others
 * add, and the last one applies the mask of the ReLU that made the activations. A residual edge writes nothing: the gradient
 * of the sum is that of its terms, so the residual's gradient lies in the memory of the sum's and the other stages add to it.
 */
public final class Signal {

    private final Shape shape;
    private final Tiling tiling;
    private final boolean rectified;
    private final int producer;
    private final List<Integer> consumers = new ArrayList<>();
    private boolean saved;
    private Signal gradientHome = this;
    private @Nullable Tensor value;
    private @Nullable Tensor gradient;
    private @Nullable Tensor tangent;
    private @Nullable Tensor gradientTangent;
    private @Nullable Mask mask;

    /**
     * A signal without consumers.
     *
     * @param shape for one sample, or for one tile of it
     * @param tiling what samples are cut into
     * @param rectified whether a ReLU made it
     * @param producer number of the stage that writes it, -1 for the model's input
     */
    Signal(Shape shape, Tiling tiling, boolean rectified, int producer) {
        this.shape = shape;
        this.tiling = tiling;
        this.rectified = rectified;
        this.producer = producer;
    }

    /** Shape for one sample, or for one tile of it. */
    Shape shape() {
        return shape;
    }

    /** What samples are cut into, each tile being a column of the batch. */
    Tiling tiling() {
        return tiling;
    }

    /** Shape for one whole sample, of tiles that do not overlap. */
    Shape sample() {
        return tiling.images(shape.withBatch(tiling.count()));
    }

    /** Whether it is what the model is given. */
    boolean isInput() {
        return producer < 0;
    }

    boolean rectified() {
        return rectified;
    }

    int producer() {
        return producer;
    }

    // ---- who reads it

    /**
     * Adds a reader.
     *
     * @param stage its number, higher than those before
     * @param saves whether its backward pass reads the activations too
     */
    void consume(int stage, boolean saves) {
        consumers.add(stage);
        saved |= saves;
    }

    /** Adds a stage that adds this to something, and gives out the sum's gradient as this one's. */
    void consumeAsResidual(int stage, Signal sum) {
        if (rectified && consumers.isEmpty()) {
            throw new IllegalArgumentException("A residual that a ReLU made needs another reader before the addition");
        }
        consumers.add(stage);
        gradientHome = sum;
    }

    /** Whether activations are needed until the backward pass of a reader. */
    boolean saved() {
        return saved;
    }

    boolean isFirstConsumer(int stage) {
        return consumers.getFirst() == stage;
    }

    boolean isLastConsumer(int stage) {
        return consumers.getLast() == stage;
    }

    /** The last stage that reads the activations going forward, or {@code none} if there is no reader. */
    int lastConsumer(int none) {
        return consumers.isEmpty() ? none : consumers.getLast();
    }

    /** The signal whose gradient's memory this one's is: this, or where a chain of residual edges ends. */
    Signal gradientHome() {
        return gradientHome == this ? this : gradientHome.gradientHome();
    }

    // ---- its tensors, for the largest batch

    void placeValue(Tensor newValue) {
        value = newValue;
    }

    void placeGradient(Tensor newGradient) {
        gradient = newGradient;
    }

    void placeTangent(Tensor newTangent) {
        tangent = newTangent;
    }

    void placeGradientTangent(Tensor newTangent) {
        gradientTangent = newTangent;
    }

    void placeMask(Mask newMask) {
        mask = newMask;
    }

    Tensor value() {
        return Objects.requireNonNull(value, "a signal has a value once the computation is planned");
    }

    /** Null for the model's input, and in evaluation. */
    @Nullable
    Tensor gradient() {
        return gradient;
    }

    /** Null where no tangents run along. */
    @Nullable
    Tensor tangent() {
        return tangent;
    }

    /** Null for the model's input, and where no tangents run along. */
    @Nullable
    Tensor gradientTangent() {
        return gradientTangent;
    }

    /** Null if no ReLU made it, and in evaluation. */
    @Nullable
    Mask mask() {
        return mask;
    }
}
