package dev.gossamer.fl.reproduce;

import dev.gossamer.fl.run.ConfigException;
import dev.gossamer.fl.run.PaperAccounting;
import dev.gossamer.fl.run.RoundMetrics;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What a table says of a cell. */
public enum Measure {
    ACCURACY("accuracy", "accuracy %", 2, cell -> 100 * cell.result().lastAccuracy()),
    ACCURACY_LATELY(
            "accuracyLately",
            "accuracy %, last ten rounds",
            2,
            cell -> 100 * cell.result().accuracy()),
    SPARSITY(
            "sparsityReached",
            "sparsity % of the tested model",
            2,
            cell -> 100 * cell.result().sparsity()),
    /** As FedSparsify's tables count: what is left of all that is trained, and the statistics of batch normalisations. */
    PARAMETERS("parameters", "parameters", 0, cell -> cell.result().nonZeroParameters() + cell.statistics()),
    DEFLATED("deflated", "MB deflated", 3, cell -> cell.deflatedBytes() / 1e6),
    ENCODED("encoded", "MB encoded", 3, cell -> cell.encodedBytes() / 1e6),
    /** FedSparsify's C.C. in millions of parameters. */
    COMMUNICATION("communication", "C.C. (MM)", 0, cell -> communication(cell, PaperAccounting.PARAMETERS)),
    /** FedSparsify's C.C. in millions of bits, as its table of CIFAR-100 has it. */
    COMMUNICATION_BITS("communicationBits", "C.C. (Mbit)", 0, cell -> communication(cell, PaperAccounting.BITS)),
    UPLINK("uplink", "MB up", 2, cell -> cell.result().bytesUp() / 1e6),
    DOWNLINK("downlink", "MB down", 2, cell -> cell.result().bytesDown() / 1e6),
    UPDATE(
            "update",
            "MB of an update",
            3,
            cell -> cell.sum(RoundMetrics::bytesUp) / cell.sum(RoundMetrics::answered) / 1e6),
    /** Intersection over union of the global masks of successive rounds. */
    MASK_AGREEMENT("maskAgreement", "IoU of rounds", 3, cell -> cell.lately(RoundMetrics::maskAgreement)),
    /** Intersection over union of the mask that a client got and the one that it sent. */
    CLIENT_AGREEMENT("clientAgreement", "IoU of clients", 3, cell -> cell.lately(RoundMetrics::clientAgreement)),
    WORK(
            "work",
            "operations % of dense",
            1,
            cell -> 100 * cell.sum(RoundMetrics::flops) / cell.sum(RoundMetrics::denseFlops)),
    ROUNDS_TO_CONVERGENCE("roundsTo99", "rounds to 99 %", 0, CellResult::roundsToConvergence),
    MEGABYTES_TO_CONVERGENCE(
            "megabytesTo99", "MB of a client to 99 %", 1, cell -> cell.clientBytesToConvergence() / 1e6),
    SECONDS("seconds", "seconds", 0, cell -> cell.result().wallSeconds());

    private final String key;
    private final String heading;
    private final int digits;

    @SuppressWarnings("ImmutableEnumChecker") // the functions have no state
    private final ToDoubleFunction<CellResult> value;

    Measure(String key, String heading, int digits, ToDoubleFunction<CellResult> value) {
        this.key = key;
        this.heading = heading;
        this.digits = digits;
        this.value = value;
    }

    private static double communication(CellResult cell, int unit) {
        PaperAccounting accounting = new PaperAccounting(cell.total());
        cell.rounds()
                .forEach(round ->
                        accounting.addRound(round.cohort().size(), round.nonZeroParameters() + cell.statistics()));
        return accounting.millions(unit);
    }

    static boolean isNamed(String key) {
        return Arrays.stream(values()).anyMatch(measure -> measure.key.equals(key));
    }

    /**
     * The measure that files call so.
     *
     * @throws ConfigException naming those there are, if there is none
     */
    static Measure named(String key, String origin) {
        return Arrays.stream(values())
                .filter(measure -> measure.key.equals(key))
                .findFirst()
                .orElseThrow(() -> new ConfigException(
                        origin + ": there is no measure '" + key + "'. Known: " + String.join(", ", keys())));
    }

    private static List<String> keys() {
        return Arrays.stream(values()).map(measure -> measure.key).toList();
    }

    /** What files call it. */
    String key() {
        return key;
    }

    /** What tables call it, with the unit. */
    String heading() {
        return heading;
    }

    /** Digits after the point in tables. */
    int digits() {
        return digits;
    }

    double of(CellResult cell) {
        return value.applyAsDouble(cell);
    }
}
