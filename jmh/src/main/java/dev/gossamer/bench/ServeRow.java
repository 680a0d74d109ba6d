package dev.gossamer.bench;

import dev.gossamer.bench.Rounds.Versus;
import dev.gossamer.fl.report.CsvCell;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code bench serving}: an engine under a load.
 *
 * @param model what is served
 * @param sparsity as asked for, or as it is of a run's model
 * @param engine who serves it
 * @param load batch, streams, threads
 * @param served what it did
 * @param overDense speed-up over our own dense model, in the same run; null for that itself
 * @param peer the fastest engine that is not ours; null if there is none, or this is not ours
 * @param overPeer speed-up over it
 * @param published speed-up in latency that FedSparsify's tables have, over the dense model of their engine; null if none
 */
record ServeRow(
        ServeModel model,
        double sparsity,
        String engine,
        Load load,
        Serving.Served served,
        @Nullable Versus overDense,
        @Nullable String peer,
        @Nullable Versus overPeer,
        @Nullable Double published) {

    private static final String FORM =
            "| %-11s | %-4s | %-16s | %5s | %7s | %7s | %8s | %8s | %8s | %10s | %9s | %-19s | %-19s | %9s | %10s | %10s |";

    /**
     * What is asked of an engine.
     *
     * @param batch samples in a batch
     * @param streams that ask at the same time
     * @param threads that share the batch of a stream
     */
    record Load(int batch, int streams, int threads) {}

    /** The lines above the rows: Markdown. */
    static String head() {
        String names = String.format(
                FORM,
                "model",
                "s",
                "engine",
                "batch",
                "streams",
                "threads",
                "mean ms",
                "p50 ms",
                "p99 ms",
                "iterations",
                "items/s",
                "over own dense",
                "over best peer",
                "published",
                "deflate MB",
                "codec MB");
        return names + System.lineSeparator() + names.replaceAll("[^|]", "-");
    }

    String line() {
        return String.format(
                FORM,
                model.name(),
                number(2, sparsity),
                engine,
                load.batch,
                load.streams,
                load.threads,
                number(3, served.meanMillis()),
                number(3, served.percentileMillis(.5)),
                number(3, served.percentileMillis(.99)),
                String.format(Locale.ROOT, "%,d", served.iterations()),
                number(0, itemsPerSecond()),
                text(overDense),
                text(overPeer),
                published == null ? "" : number(2, published),
                number(3, model.deflateBytes() / 1e6),
                number(3, model.codecBytes() / 1e6));
    }

    private static String text(@Nullable Versus versus) {
        return versus == null
                ? ""
                : number(2, versus.ratio()) + " " + versus.interval().text();
    }

    private static String number(int digits, double value) {
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    private double itemsPerSecond() {
        return served.rate() * load.batch;
    }

    /** All of it by the names that files have. */
    Map<String, @Nullable Object> columns() {
        Map<String, @Nullable Object> columns = new LinkedHashMap<>();
        columns.put("model", model.name());
        columns.put("origin", model.origin());
        columns.put("sparsity", sparsity);
        columns.put("engine", engine);
        columns.put("batch", load.batch);
        columns.put("streams", load.streams);
        columns.put("threads", load.threads);
        columns.put("meanMillis", served.meanMillis());
        columns.put("p50Millis", served.percentileMillis(.5));
        columns.put("p99Millis", served.percentileMillis(.99));
        columns.put("iterations", served.iterations());
        columns.put("seconds", served.seconds());
        columns.put("itemsPerSecond", itemsPerSecond());
        put(columns, "overDense", overDense);
        columns.put("peer", peer);
        put(columns, "overPeer", overPeer);
        columns.put("published", published);
        columns.put("parameters", model.parameters());
        columns.put("nonZeroParameters", model.nonZeros());
        columns.put("denseBytes", model.denseBytes());
        columns.put("deflateBytes", model.deflateBytes());
        columns.put("codecBytes", model.codecBytes());
        return columns;
    }

    private static void put(Map<String, @Nullable Object> columns, String name, @Nullable Versus versus) {
        columns.put(name, versus == null ? null : versus.ratio());
        columns.put(name + "Low", versus == null ? null : versus.interval().low());
        columns.put(name + "High", versus == null ? null : versus.interval().high());
    }

    /** A file of comma-separated values: a line of names, a line for each row, nothing where there is no value. */
    static String csv(List<ServeRow> rows) {
        StringBuilder text = new StringBuilder();
        for (ServeRow row : rows) {
            Map<String, @Nullable Object> columns = row.columns();
            if (text.isEmpty()) {
                text.append(String.join(",", columns.keySet())).append('\n');
            }
            text.append(columns.values().stream().map(ServeRow::cell).collect(Collectors.joining(",")))
                    .append('\n');
        }
        return text.toString();
    }

    private static String cell(@Nullable Object value) {
        return value == null ? "" : CsvCell.quoted(String.valueOf(value));
    }
}
