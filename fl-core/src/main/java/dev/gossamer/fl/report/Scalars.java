package dev.gossamer.fl.report;

import dev.gossamer.fl.run.RoundMetrics;
import java.util.LinkedHashMap;
import java.util.Map;

/** The numbers of a round under names that tables and plots have in common; counts are whole numbers. */
final class Scalars {

    private Scalars() {}

    /** All but the round's own number, in a fixed order; the layers come last. */
    static Map<String, Number> of(RoundMetrics metrics) {
        Map<String, Number> scalars = new LinkedHashMap<>();
        scalars.put("accuracy", metrics.accuracy());
        scalars.put("loss", metrics.loss());
        scalars.put("trainingLoss", metrics.trainingLoss());
        scalars.put("sparsity", metrics.sparsity());
        scalars.put("nonZeroParameters", metrics.nonZeroParameters());
        scalars.put("pruneError", metrics.pruneError());
        scalars.put("maskAgreement", metrics.maskAgreement());
        scalars.put("clientAgreement", metrics.clientAgreement());
        scalars.put("flops", metrics.flops());
        scalars.put("denseFlops", metrics.denseFlops());
        scalars.put("savedActivationBytes", metrics.savedActivationBytes());
        scalars.put("bytesDown", metrics.bytesDown());
        scalars.put("bytesUp", metrics.bytesUp());
        scalars.put("communicationPaperMillions", metrics.communicationPaperMillions());
        scalars.put("asked", metrics.asked());
        scalars.put("answered", metrics.answered());
        scalars.put("refused", metrics.refused().size());
        scalars.put("trainSeconds", metrics.trainSeconds());
        scalars.put("encodeSeconds", metrics.encodeSeconds());
        scalars.put("decodeSeconds", metrics.decodeSeconds());
        scalars.put("evaluateSeconds", metrics.evaluateSeconds());
        scalars.put("seconds", metrics.seconds());
        metrics.layers().forEach((layer, sparsity) -> scalars.put("sparsity/" + layer, sparsity.sparsity()));
        return scalars;
    }
}
