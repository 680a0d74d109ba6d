package dev.gossamer.bench.results;

import dev.gossamer.bench.results.Measured.Interval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Files of results, of two kinds: JMH's own JSON with the machine added to every result, and the rows of {@code bench quick}.
 * The rows have the keys of {@link Row} and no others, so the machine and the errors lie beside them: {@code quick.json} has
 * {@code quick.details.json}.
 *
 * @param path where it was read
 * @param machine what it ran on, key by key; empty if the file does not tell
 * @param results in the file's order
 */
public record ResultFile(Path path, Map<String, String> machine, List<Result> results) {

    private static final String EXTENSION = ".json";
    private static final String DETAILS = ".details.json";

    /** Stands among JMH's parameters where there is more than one: what several threads reach is another figure. */
    static final String THREADS = "threads";

    /** Whether a name belongs to a file of results, not to one that lies beside it. */
    static boolean isNamed(Path path) {
        String name = String.valueOf(path.getFileName());
        return name.endsWith(EXTENSION) && !name.endsWith(DETAILS);
    }

    /** Writes rows, and beside them their errors and the machine. */
    public static void write(Path file, List<Measured> measured, Map<String, Object> machine) {
        Json.write(file, measured.stream().map(Measured::row).toList());
        Map<String, Object> errors = new LinkedHashMap<>();
        for (Measured one : measured) {
            Map<String, Object> error = new LinkedHashMap<>();
            error.put("value", one.value());
            error.put("ratio", one.ratio());
            error.put("flopsPerByte", one.flopsPerByte());
            errors.put(one.row().name(), error);
        }
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("machine", machine);
        details.put("rows", errors);
        Json.write(detailsOf(file), details);
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws ResultException if it is not that
     */
    public static List<Measured> rows(Path file) {
        JsonNode errors = Json.read(detailsOf(file)).path("rows");
        List<Measured> rows = new ArrayList<>();
        for (JsonNode row : Json.read(file)) {
            if (!row.path("name").isString()) {
                throw notResults(file);
            }
            Row read = Json.MAPPER.treeToValue(row, Row.class);
            JsonNode error = errors.path(read.name());
            Interval value = interval(error.path("value"));
            rows.add(new Measured(
                    read,
                    value == null ? Interval.UNKNOWN : value,
                    interval(error.path("ratio")),
                    optional(error.path("flopsPerByte"))));
        }
        return rows;
    }

    /** The machine of a file that {@link #write} wrote. */
    public static Map<String, Object> machine(Path file) {
        return new LinkedHashMap<>(facts(Json.read(detailsOf(file)).path("machine")));
    }

    /** Removes a file and what lies beside it, if they are there. */
    public static void delete(Path file) throws IOException {
        Files.deleteIfExists(file);
        Files.deleteIfExists(detailsOf(file));
    }

    private static @Nullable Interval interval(JsonNode node) {
        return node.isObject() ? new Interval(number(node.path("low")), number(node.path("high"))) : null;
    }

    /** Puts the machine into every result of a file that JMH wrote. */
    public static void addMachine(Path jmhFile, Map<String, Object> machine) {
        JsonNode results = Json.read(jmhFile);
        for (JsonNode result : results) {
            if (result instanceof ObjectNode object) {
                object.set("machine", Json.MAPPER.valueToTree(machine));
            }
        }
        Json.write(jmhFile, results);
    }

    static Path detailsOf(Path file) {
        String name = String.valueOf(file.getFileName());
        String stem = name.endsWith(EXTENSION) ? name.substring(0, name.length() - EXTENSION.length()) : name;
        return file.resolveSibling(stem + DETAILS);
    }

    /**
     * Reads a file of either kind.
     *
     * @throws ResultException if it is neither
     */
    public static ResultFile read(Path file) {
        JsonNode array = Json.read(file);
        if (!array.isArray()) {
            throw notResults(file);
        }
        Path beside = detailsOf(file);
        JsonNode details = Files.exists(beside) ? Json.read(beside) : Json.MAPPER.createObjectNode();
        Map<String, String> machine = facts(details.path("machine"));
        List<Result> results = new ArrayList<>();
        for (JsonNode one : array) {
            if (one.path("primaryMetric").isObject()) {
                results.add(ofJmh(one));
                machine.putAll(facts(one.path("machine")));
            } else if (one.path("name").isString() && one.path("value").isNumber()) {
                results.add(
                        ofRow(one, details.path("rows").path(one.path("name").asString())));
            } else {
                throw notResults(file);
            }
        }
        return new ResultFile(file, machine, results);
    }

    private static ResultException notResults(Path file) {
        return new ResultException(file + " holds no results: it is neither what `-rf json` of JMH writes nor what"
                + " `bench quick --json` writes");
    }

    private static Map<String, String> facts(JsonNode machine) {
        Map<String, String> facts = new LinkedHashMap<>();
        machine.properties()
                .forEach(fact -> facts.put(
                        fact.getKey(),
                        fact.getValue().isValueNode()
                                ? fact.getValue().asString()
                                : fact.getValue().toString()));
        return facts;
    }

    private static Result ofRow(JsonNode row, JsonNode details) {
        String name = row.path("name").asString();
        String unit = row.path("unit").asString("");
        Interval interval = interval(details.path("value"));
        double value = row.path("value").asDouble();
        Double gflops = unit.equals(Rates.FLOPS) ? Double.valueOf(value) : null;
        Double flopsPerByte = optional(details.path("flopsPerByte"));
        Double gbytes = unit.equals(Rates.BYTES) ? Double.valueOf(value) : null;
        return new Result(
                name,
                name,
                Map.of(),
                value,
                interval == null ? Interval.UNKNOWN : interval,
                unit,
                !unit.equals(Rates.ALLOCATED),
                gflops,
                gflops == null || flopsPerByte == null ? gbytes : Double.valueOf(gflops / flopsPerByte));
    }

    private static Result ofJmh(JsonNode result) {
        JsonNode metric = result.path("primaryMetric");
        Map<String, String> params = new TreeMap<>();
        result.path("params")
                .properties()
                .forEach(param -> params.put(param.getKey(), param.getValue().asString()));
        int threads = result.path("threads").asInt(1);
        if (threads > 1) {
            params.put(THREADS, Integer.toString(threads));
        }
        String[] path = result.path("benchmark").asString("").split("\\.", -1);
        String benchmark = path.length < 2 ? path[0] : path[path.length - 2] + "." + path[path.length - 1];
        String mode = result.path("mode").asString("");
        double score = number(metric.path("score"));
        double error = number(metric.path("scoreError"));
        Double gflops =
                optional(result.path("secondaryMetrics").path(Rates.FLOPS).path("score"));
        Double gbytes =
                optional(result.path("secondaryMetrics").path(Rates.BYTES).path("score"));
        return new Result(
                benchmark + " " + params + (mode.equals("avgt") ? "" : " " + mode),
                benchmark,
                params,
                score,
                new Interval(score - error, score + error),
                metric.path("scoreUnit").asString(""),
                mode.equals("thrpt"),
                gflops,
                gbytes);
    }

    /** JMH writes what is not a number as the string NaN. */
    private static double number(JsonNode node) {
        return node.isNumber() ? node.asDouble() : Double.NaN;
    }

    private static @Nullable Double optional(JsonNode node) {
        return node.isNumber() ? Double.valueOf(node.asDouble()) : null;
    }
}
