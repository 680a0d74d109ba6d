package dev.gossamer.fl.run;

import dev.gossamer.fl.method.Traffic;
import java.util.List;
import java.util.Map;

/**
 * One line of {@code metrics.jsonl}: the global model after a round, and what the round took. Sums of seconds are over
 * clients, which may have run side by side.
 *
 * @param round counted from 1
 * @param rounds of the run
 * @param accuracy on the test samples, 0 to 1
 * @param loss mean cross-entropy on the test samples
 * @param trainingLoss mean over the clients' samples in their last epoch
 * @param sparsity fraction of all trainable parameters that are pruned
 * @param nonZeroParameters trainable parameters that are left
 * @param layers the same for each trainable tensor, by name
 * @param pruneError {@code ‖θ - θ⊙m‖²} of what the round pruned
 * @param maskAgreement intersection over union of this round's mask and the last one's; 1 if neither has one
 * @param clientAgreement mean over the clients of the same, of the mask received and the one sent
 * @param flops floating-point operations of the products of the clients' training, all together
 * @param denseFlops the same for the dense model
 * @param savedActivationBytes most that a client's step kept for its backward pass, as stored
 * @param bytesDown sent to clients in this round
 * @param bytesUp received from clients in this round
 * @param communicationPaperMillions millions of parameters sent so far, as FedSparsify's tables count them, the statistics of
 *     batch normalisations included
 * @param asked clients that were sent the model
 * @param answered clients whose update was used
 * @param refused clients whose update was not used, with the reason
 * @param cohort their indices
 * @param trainSeconds training, summed over the clients
 * @param encodeSeconds encoding, both sides, summed
 * @param decodeSeconds decoding, both sides, summed
 * @param evaluateSeconds testing the new model, on the clock
 * @param seconds the whole round, on the clock
 */
public record RoundMetrics(
        int round,
        int rounds,
        double accuracy,
        double loss,
        double trainingLoss,
        double sparsity,
        long nonZeroParameters,
        Map<String, LayerSparsity> layers,
        double pruneError,
        double maskAgreement,
        double clientAgreement,
        double flops,
        double denseFlops,
        long savedActivationBytes,
        long bytesDown,
        long bytesUp,
        long communicationPaperMillions,
        int asked,
        int answered,
        List<Traffic.Refusal> refused,
        List<Integer> cohort,
        double trainSeconds,
        double encodeSeconds,
        double decodeSeconds,
        double evaluateSeconds,
        double seconds) {

    /**
     * How sparse one tensor is.
     *
     * @param parameters entries when dense
     * @param nonZeroParameters entries that are left
     * @param sparsity fraction that is pruned
     */
    public record LayerSparsity(long parameters, long nonZeroParameters, double sparsity) {}
}
