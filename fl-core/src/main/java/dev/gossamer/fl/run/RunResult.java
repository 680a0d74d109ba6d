package dev.gossamer.fl.run;

/**
 * The content of {@code result.json}.
 *
 * @param backend name of the backend that ran
 * @param backendSource where that choice came from
 * @param rounds done
 * @param accuracy mean test accuracy of the last {@code accuracyRounds} rounds
 * @param accuracyRounds ten, or all if there are fewer
 * @param lastAccuracy test accuracy after the last round
 * @param lastLoss test loss after the last round
 * @param parameters trainable ones
 * @param nonZeroParameters trainable ones that are left; FedSparsify's tables add the statistics of batch normalisations
 * @param sparsity {@code 1 - nonZeroParameters / parameters}
 * @param communicationPaperMillions {@code floor(N·Σ(nnz_{t-1} + nnz_t) / 10^6)}, as FedSparsify's tables count
 * @param bytesUp received from clients in all
 * @param bytesDown sent to clients in all
 * @param wallSeconds of the whole run, on the clock
 * @param trainSeconds training, summed over clients
 * @param encodeSeconds encoding, both sides, summed
 * @param decodeSeconds decoding, both sides, summed
 */
public record RunResult(
        String method,
        String dataset,
        String model,
        String partition,
        int clients,
        long seed,
        String backend,
        String backendSource,
        int rounds,
        double accuracy,
        int accuracyRounds,
        double lastAccuracy,
        double lastLoss,
        long parameters,
        long nonZeroParameters,
        double sparsity,
        long communicationPaperMillions,
        long bytesUp,
        long bytesDown,
        double wallSeconds,
        double trainSeconds,
        double encodeSeconds,
        double decodeSeconds) {

    /** The text of {@code result.json}, with a line end. */
    public String toJson() {
        return Json.pretty(this);
    }
}
