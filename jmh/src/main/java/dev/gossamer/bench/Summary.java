package dev.gossamer.bench;

import dev.gossamer.bench.Patterns.Dims;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/**
 * Rates below JMH's table: GF/s counts 2·nnz·N, for dense contenders too (they do more, to the same end), and the ratio is
 * to oneMKL's sparse product of the same cell, or its dense one where there is no sparse. Above 1 is faster than the peer.
 */
final class Summary {

    private Summary() {}

    static String of(Collection<RunResult> results) {
        Map<String, Map<String, Double>> cells = new LinkedHashMap<>();
        for (RunResult result : results) {
            BenchmarkParams params = result.getParams();
            Double flops = flops(params);
            if (flops != null) {
                String[] name = params.getBenchmark().split("\\.", -1);
                String cell = name[name.length - 2] + cell(params);
                cells.computeIfAbsent(cell, key -> new LinkedHashMap<>())
                        .put(name[name.length - 1], flops / nanos(result.getPrimaryResult()));
            }
        }
        StringBuilder text = new StringBuilder();
        cells.forEach((cell, rates) -> append(text, cell, rates));
        return text.toString();
    }

    private static void append(StringBuilder text, String cell, Map<String, Double> rates) {
        Double peer = rates.getOrDefault("oneMklSparse", rates.get("oneMklDense"));
        text.append(System.lineSeparator()).append(cell).append(System.lineSeparator());
        rates.forEach((contender, rate) -> text.append(String.format(
                Locale.ROOT,
                "  %-16s %8.1f GF/s%s%n",
                contender,
                rate,
                peer == null ? "" : String.format(Locale.ROOT, "  %6.2f x oneMKL", rate / peer))));
    }

    /** Nanoseconds per operation of a benchmark in average-time mode. */
    private static double nanos(Result<?> result) {
        TimeUnit unit = switch (result.getScoreUnit()) {
            case "ns/op" -> TimeUnit.NANOSECONDS;
            case "us/op" -> TimeUnit.MICROSECONDS;
            case "ms/op" -> TimeUnit.MILLISECONDS;
            case "s/op" -> TimeUnit.SECONDS;
            default -> throw new IllegalArgumentException("Rates need average time; unit " + result.getScoreUnit());
        };
        return result.getScore() * unit.toNanos(1);
    }

    /** Work of one operation; null for benchmarks that are no product, or not measured as average time. */
    private static @Nullable Double flops(BenchmarkParams params) {
        String shape = params.getParam("shape");
        if (shape == null || !params.getMode().shortLabel().equals("avgt")) {
            return null;
        }
        String density = params.getParam("density");
        Dims dims = Dims.parse(shape);
        double entries = density == null
                ? (double) dims.rows() * dims.cols()
                : Patterns.entries(dims, Double.parseDouble(density));
        String columns = params.getParam("columns");
        return 2 * entries * (columns == null ? 1 : Integer.parseInt(columns));
    }

    private static String cell(BenchmarkParams params) {
        StringBuilder text = new StringBuilder();
        for (String key : params.getParamsKeys()) {
            text.append("  ").append(key).append('=').append(params.getParam(key));
        }
        return text.toString();
    }
}
