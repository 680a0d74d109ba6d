package dev.gossamer.fl.reproduce;

import dev.gossamer.fl.run.ConfigException;
import dev.gossamer.fl.run.RoundMetrics;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** What can be drawn round by round. */
enum RoundCurve {
    ROUND("round", "round", RoundMetrics::round),
    ACCURACY("accuracy", "test accuracy %", round -> 100 * round.accuracy()),
    LOSS("loss", "test loss", RoundMetrics::loss),
    SPARSITY("sparsity", "sparsity %", round -> 100 * round.sparsity()),
    PARAMETERS("parameters", "parameters that are not zero", RoundMetrics::nonZeroParameters),
    MASK_AGREEMENT("maskAgreement", "IoU with the last round's mask", RoundMetrics::maskAgreement),
    CLIENT_AGREEMENT("clientAgreement", "IoU of masks received and sent", RoundMetrics::clientAgreement),
    COMMUNICATION("communication", "millions of parameters sent", RoundMetrics::communicationPaperMillions),
    /** Both ways, since the first round. */
    MEGABYTES("megabytes", "MB sent, up and down", round -> (round.bytesUp() + round.bytesDown()) / 1e6);

    private final String key;
    private final String heading;

    @SuppressWarnings("ImmutableEnumChecker") // the functions have no state
    private final ToDoubleFunction<RoundMetrics> value;

    RoundCurve(String key, String heading, ToDoubleFunction<RoundMetrics> value) {
        this.key = key;
        this.heading = heading;
        this.value = value;
    }

    /** Whether figures with a curve for each row have this as their horizontal axis; else it is a setting's name. */
    static boolean isProgress(String key) {
        return Stream.of(ROUND, COMMUNICATION, MEGABYTES).anyMatch(curve -> curve.key.equals(key));
    }

    static RoundCurve named(String key) {
        return Arrays.stream(values())
                .filter(curve -> curve.key.equals(key))
                .findFirst()
                .orElseThrow(() -> new ConfigException("Figures have no curve '" + key + "'. Known: "
                        + String.join(
                                ", ",
                                Arrays.stream(values()).map(curve -> curve.key).toList())));
    }

    String heading() {
        return heading;
    }

    /** A value for each round. */
    double[] of(CellResult cell) {
        double[] values = cell.rounds().stream().mapToDouble(value).toArray();
        if (this == MEGABYTES) {
            Arrays.parallelPrefix(values, Double::sum);
        }
        return values;
    }
}
