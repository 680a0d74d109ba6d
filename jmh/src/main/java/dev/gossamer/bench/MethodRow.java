package dev.gossamer.bench;

import dev.gossamer.bench.results.Measured.Interval;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code bench methods}. Times are of one client in a round, medians.
 *
 * @param sparsity as asked for; null where there is none to ask for
 * @param reached at the end, of what the method's sparsity is of
 * @param good whether that is what was asked for, where something was
 * @param nonZeros of all that is trained, at the end, in the global model
 * @param parameters all that is trained
 * @param work share of the dense step's operations that a step does
 * @param steps of a client
 * @param millis all that it does: decode, load, train, select, encode
 * @param trainMillis of that, passes over samples, selection in a step included
 * @param selectMillis of that, loading the model and what comes between training and encoding
 * @param codecMillis of that, decoding and encoding
 * @param denseMillis all that a client of FedAvg does, beside it
 * @param speedup of all that a client does over FedAvg's: the median of rounds side by side
 * @param interval holds the true median with at least 95 %; unknown of too few rounds
 * @param trainSpeedup the same of passes over samples alone
 * @param bytesUp of a client
 * @param bytesDown of a client
 * @param savedActivations bytes that a step saves for the way back; null where training keeps no account of them
 * @param denseSavedActivations of FedAvg
 */
record MethodRow(
        String model,
        String dataset,
        int batch,
        String method,
        @Nullable Double sparsity,
        double reached,
        boolean good,
        long nonZeros,
        long parameters,
        double work,
        long steps,
        double millis,
        double trainMillis,
        double selectMillis,
        double codecMillis,
        double denseMillis,
        double speedup,
        Interval interval,
        double trainSpeedup,
        long bytesUp,
        long bytesDown,
        @Nullable Long savedActivations,
        @Nullable Long denseSavedActivations) {

    private static final String FORM =
            "| %-11s | %-22s | %-5s | %-8s | %10s | %5s | %8s | %8s | %8s | %8s | %-20s | %8s |" + " %8s | %8s | %8s |";

    /** The lines above the rows: Markdown. */
    static String head() {
        String names = String.format(
                FORM,
                "model",
                "method",
                "asked",
                "reached",
                "left",
                "work",
                "ms",
                "train",
                "select",
                "codec",
                "speed [95 %]",
                "training",
                "MB up",
                "MB down",
                "saved MB");
        return names + System.lineSeparator() + names.replaceAll("[^|]", "-");
    }

    String line() {
        return String.format(
                FORM,
                model,
                method,
                sparsity == null ? "" : fixed(2, sparsity),
                fixed(4, reached) + (good ? "" : " !"),
                String.format(Locale.ROOT, "%,d", nonZeros),
                fixed(3, work),
                fixed(2, millis),
                fixed(2, trainMillis),
                fixed(2, selectMillis),
                fixed(2, codecMillis),
                fixed(2, speedup) + " " + interval.text(),
                fixed(2, trainSpeedup),
                fixed(3, bytesUp / 1e6),
                fixed(3, bytesDown / 1e6),
                savedActivations == null ? "" : fixed(3, savedActivations / 1e6));
    }

    private static String fixed(int digits, double value) {
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }
}
