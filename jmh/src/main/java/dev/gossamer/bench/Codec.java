package dev.gossamer.bench;

import dev.gossamer.fl.codec.SparseUpdate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A direction of the codec: what is timed, and the message's parameters after it. */
final class Codec implements Contender {

    private final Supplier<SparseUpdate> proof;
    private final Supplier<?> timed;

    /** Where results go, so that none is optimised away. */
    private @Nullable Object last;

    /**
     * Times {@code timed}.
     *
     * @param proof the same, as far as the decoded message
     */
    Codec(Supplier<SparseUpdate> proof, Supplier<?> timed) {
        this.proof = proof;
        this.timed = timed;
    }

    @Override
    public void run() {
        last = timed.get();
    }

    @Override
    public float[] result() {
        return StepProblem.flat(proof.get().model());
    }

    /** Forgets the last result. */
    @Override
    public void close() {
        last = null;
    }

    /** What was made last. */
    @Nullable
    Object last() {
        return last;
    }
}
