package dev.gossamer.bench;

import dev.gossamer.bench.results.Rates;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/**
 * Ratios below JMH's table, cell by cell: to the best peer's product of the same cell, above 1 is faster. GF/s counts 2·nnz·N,
 * for dense contenders too (they do more, to the same end).
 */
final class Summary {

    /** Names of benchmark methods. */
    private static final Set<String> PEERS = Set.of("oneMkl", "openBlas", "ejml");

    private Summary() {}

    static String of(Collection<RunResult> results) {
        Map<String, Map<String, Double>> cells = new LinkedHashMap<>();
        for (RunResult result : results) {
            Result<?> rate = result.getSecondaryResults().get(Rates.FLOPS);
            if (rate != null) {
                BenchmarkParams params = result.getParams();
                String[] name = params.getBenchmark().split("\\.", -1);
                cells.computeIfAbsent(name[name.length - 2] + cell(params), key -> new LinkedHashMap<>())
                        .put(name[name.length - 1], rate.getScore());
            }
        }
        StringBuilder text = new StringBuilder();
        cells.forEach((cell, rates) -> append(text, cell, rates));
        return text.toString();
    }

    private static void append(StringBuilder text, String cell, Map<String, Double> rates) {
        Map.Entry<String, Double> peer = rates.entrySet().stream()
                .filter(rate -> PEERS.contains(rate.getKey()))
                .max(Map.Entry.comparingByValue())
                .orElse(null);
        text.append(System.lineSeparator()).append(cell).append(System.lineSeparator());
        rates.forEach((contender, rate) -> text.append(String.format(
                Locale.ROOT,
                "  %-16s %8.1f GF/s%s%n",
                contender,
                rate,
                peer == null
                        ? ""
                        : String.format(Locale.ROOT, "  %6.2f x %s", rate / peer.getValue(), peer.getKey()))));
    }

    private static String cell(BenchmarkParams params) {
        StringBuilder text = new StringBuilder();
        for (String key : params.getParamsKeys()) {
            text.append("  ").append(key).append('=').append(Objects.requireNonNull(params.getParam(key), key));
        }
        return text.toString();
    }
}
