package dev.gossamer.fl.nn;

/** A layer in a session: parameters and products, bound to the tensors of one batch size by {@link #pass}. */
public interface Layer {

    /** The layer's work between two signals; made once, run every step, allocates nothing. */
    Pass pass(Signal in, Signal out);

    /** Forward and backward of one layer for one batch size. */
    interface Pass {

        /** {@code out.value} from {@code in.value}. */
        void forward();

        /**
         * The gradients of the parameters, and {@code in.gradient} where there is one, from {@code out.gradient}. Gradients
         * are overwritten. A signal's mask has been applied to its gradient by whoever wrote that.
         */
        void backward();
    }
}
