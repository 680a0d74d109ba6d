package dev.gossamer.fl.method;

/**
 * What a client can tell of its work.
 *
 * @param loss mean over its samples in the last pass, each batch as it was before its update; 0 if it only measured
 * @param pruneError {@code ‖θ - θ⊙m‖²} of what it pruned
 * @param flops floating-point operations of the products that its training took
 * @param denseFlops what the same steps of the dense model would have taken
 * @param savedBytes what a step's forward pass keeps for the backward one, as stored
 */
public record TrainingReport(double loss, double pruneError, double flops, double denseFlops, long savedBytes) {

    /** Of work that does not train. */
    public static final TrainingReport NONE = new TrainingReport(0, 0, 0, 0, 0);

    /** The same with another error of pruning. */
    public TrainingReport pruned(double error) {
        return new TrainingReport(loss, error, flops, denseFlops, savedBytes);
    }
}
