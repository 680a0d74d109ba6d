package dev.gossamer.fl.nn;

import dev.gossamer.engine.Mask;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.Tensor;
import dev.gossamer.engine.Tiling;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One op of a model forward, and its gradients backward; what memory is planned by. */
abstract class Stage {

    private final int number;
    private final Signal in;
    private final @Nullable Signal residual;
    private final Signal out;
    private final boolean savesInput;

    /**
     * The next stage of an assembly.
     *
     * @param residual what is added to the result before the activation, or null
     * @param output shape of the result for one sample, or for one tile of it
     * @param rectifies whether a ReLU ends it
     * @param savesInput whether the backward pass reads the input's activations
     */
    Stage(
            Assembly assembly,
            Signal in,
            @Nullable Signal residual,
            Shape output,
            boolean rectifies,
            boolean savesInput) {
        this(assembly, in, residual, output, in.tiling(), rectifies, savesInput);
    }

    /**
     * The same, where the result is in other tiles than the input.
     *
     * @param tiling of the result
     */
    Stage(
            Assembly assembly,
            Signal in,
            @Nullable Signal residual,
            Shape output,
            Tiling tiling,
            boolean rectifies,
            boolean savesInput) {
        this.number = assembly.stages().size();
        this.in = in;
        this.residual = residual;
        this.out = new Signal(output, tiling, rectifies, number);
        this.savesInput = savesInput;
    }

    final Signal in() {
        return in;
    }

    final @Nullable Signal residual() {
        return residual;
    }

    final Signal out() {
        return out;
    }

    /** Tells its inputs that it reads them. */
    final void connect() {
        in.consume(number, savesInput);
        if (residual != null) {
            residual.consumeAsResidual(number, out);
        }
    }

    /** Bytes besides activations and masks that it keeps from the forward pass for the backward one. */
    long savedBytes() {
        return 0;
    }

    /** Takes over what has changed since the last time and no op sees; only where more than training is derived. May wait. */
    void prepare() {}

    /** Bytes of the selection of its weights. */
    long selectedBytes() {
        return 0;
    }

    /** Whether it selects by thresholds that serve several batches. */
    boolean reusesThresholds() {
        return false;
    }

    /** The stage's work on tensors of one batch size; made once, run every step, allocates nothing. */
    abstract Pass pass(Views views);

    /** Forward and backward of one stage for one batch size. */
    abstract class Pass {

        final Tensor x;
        final @Nullable Tensor added;
        final Tensor y;

        /** Where the input's gradient goes; null if nobody wants it. */
        final @Nullable Tensor gx;

        /** What the old gradient of the input counts: 1 if stages after this one have left their parts in it. */
        final float beta;

        /** What the input's gradient is written through: the mask of its ReLU, if nobody writes after this stage. */
        final @Nullable Mask gate;

        private final @Nullable Tensor gy;
        private final @Nullable Tangents dot;

        Pass(Views views) {
            this.x = views.value(in);
            this.added = residual == null ? null : views.value(residual);
            this.y = views.value(out);
            this.gx = views.gradientOrNull(in);
            this.gy = views.gradientOrNull(out);
            this.beta = in.isLastConsumer(number) ? 0 : 1;
            this.gate = in.isFirstConsumer(number) ? in.mask() : null;
            this.dot = in.tangent() == null ? null : Tangents.of(views, in, residual, out);
        }

        /** The output's gradient, to which whoever wrote it has applied the output's mask. */
        final Tensor gy() {
            return Objects.requireNonNull(gy, "only a training session goes backward");
        }

        /** The tangents of its tensors. */
        final Tangents dot() {
            return Objects.requireNonNull(dot, "only a session with tangents has them");
        }

        abstract void forward();

        /** The gradients of the parameters, overwritten, and that of the input, where it is wanted. */
        abstract void backward();

        /** The tangent of what {@link #forward} has just made. */
        void forwardTangent() {
            throw new IllegalStateException(Stage.this.getClass().getSimpleName() + " has no tangents");
        }

        /** The tangents of what {@link #backward} has just made. */
        void backwardTangent() {
            throw new IllegalStateException(Stage.this.getClass().getSimpleName() + " has no tangents");
        }
    }

    /**
     * Tangents of a pass's tensors, named as they are.
     *
     * @param gx null if nobody wants it
     */
    record Tangents(
            Tensor x,
            @Nullable Tensor added,
            Tensor y,
            @Nullable Tensor gx,
            Tensor gy) {

        static Tangents of(Views views, Signal in, @Nullable Signal residual, Signal out) {
            return new Tangents(
                    views.tangent(in),
                    residual == null ? null : views.tangent(residual),
                    views.tangent(out),
                    views.gradientTangentOrNull(in),
                    views.gradientTangent(out));
        }
    }
}
