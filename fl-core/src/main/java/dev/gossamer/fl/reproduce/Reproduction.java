package dev.gossamer.fl.reproduce;

import dev.gossamer.fl.run.ConfigException;
import dev.gossamer.fl.run.ExperimentConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A published table or figure, at one scale: the experiments that it takes, what is shown of them, and what was published.
 *
 * @param name of the file, without folder and extension
 * @param scale name of the size
 * @param scaleAbout what is different from the paper
 * @param time how long it takes, and on what
 * @param rows the experiments, in the order of the table
 * @param keys settings that tell rows apart
 * @param columns measures of the table
 * @param figures what is drawn
 * @param published settings and values, see {@link ReproductionFile}
 * @param prune parts of each layer's weights that are kept when the final models are pruned and tested again
 */
public record Reproduction(
        String name,
        String title,
        String source,
        String about,
        String scale,
        String scaleAbout,
        String time,
        List<Row> rows,
        List<String> keys,
        List<Measure> columns,
        List<FigureSpec> figures,
        List<Published> published,
        List<Double> prune) {

    /** The names of scales that every reproduction has: the paper's, and one for a machine of two cores. */
    public static final List<String> SCALES = List.of("full", "short");

    /**
     * A published row.
     *
     * @param where settings of the rows that it belongs to
     * @param values text by measure
     */
    record Published(Map<String, Object> where, Map<Measure, String> values) {}

    /**
     * Reads a reproduction.
     *
     * @param text of its file
     * @param origin name of the file, for errors
     * @param seeds in place of the file's, if there are any
     * @throws ConfigException naming the place and what is wrong
     */
    public static Reproduction parse(String name, String text, String origin, String scale, List<Long> seeds) {
        return of(name, ReproductionFile.parse(text, origin), origin, scale, seeds);
    }

    /** Reads a reproduction of the user's: as {@link #parse}. */
    public static Reproduction read(Path path, String scale, List<Long> seeds) {
        String file = String.valueOf(path.getFileName());
        String name = file.contains(".") ? file.substring(0, file.lastIndexOf('.')) : file;
        return of(name, ReproductionFile.read(path), path.toString(), scale, seeds);
    }

    private static Reproduction of(
            String name, ReproductionFile file, String origin, String scaleName, List<Long> seeds) {
        ReproductionFile.Scale scale = file.scale(scaleName, origin);
        Map<String, Object> common = new LinkedHashMap<>(or(file.settings(), Map.of()));
        common.putAll(or(scale.settings(), Map.of()));
        List<Map<String, Object>> groups = or(scale.cells(), or(file.cells(), List.of()));
        Map<String, List<Object>> across = or(scale.across(), or(file.across(), Map.of()));
        List<Row> rows = Grid.rows(
                common,
                groups,
                across,
                seeds.isEmpty() ? or(scale.seeds(), or(file.seeds(), List.of())) : seeds,
                origin);
        Set<String> named = new HashSet<>(common.keySet());
        named.addAll(across.keySet());
        groups.forEach(group -> named.addAll(group.keySet()));
        return new Reproduction(
                name,
                file.title(),
                file.source(),
                or(file.about(), "").strip(),
                scaleName,
                scale.about().strip(),
                scale.time(),
                rows,
                varying(rows, named),
                file.columns().stream().map(key -> Measure.named(key, origin)).toList(),
                or(file.figures(), List.of()),
                published(or(file.published(), List.of()), origin),
                or(file.prune(), List.of()));
    }

    private static <T> T or(@Nullable T value, T otherwise) {
        return value == null ? otherwise : value;
    }

    /** Settings that the file names and that differ between rows which have them, in the order of experiment files. */
    private static List<String> varying(List<Row> rows, Set<String> named) {
        Set<String> keys = new LinkedHashSet<>();
        rows.forEach(row -> keys.addAll(row.settings().keySet()));
        keys.retainAll(named);
        keys.removeIf(key -> rows.stream()
                        .map(row -> row.settings().get(key))
                        .filter(Objects::nonNull)
                        .distinct()
                        .count()
                < 2);
        return List.copyOf(keys);
    }

    private static List<Published> published(List<Map<String, Object>> file, String origin) {
        List<Published> all = new ArrayList<>();
        for (Map<String, Object> row : file) {
            Map<String, Object> where = new LinkedHashMap<>();
            Map<Measure, String> values = new LinkedHashMap<>();
            row.forEach((key, value) -> {
                if (Measure.isNamed(key)) {
                    values.put(Measure.named(key, origin), String.valueOf(value));
                } else {
                    where.put(key, value);
                }
            });
            if (values.isEmpty()) {
                throw new ConfigException(origin + ": published row " + row + " has no value of a measure");
            }
            all.add(new Published(where, values));
        }
        return all;
    }

    /** What was published of a row; empty if nothing was. */
    String published(Row row, Measure measure) {
        return published.stream()
                .filter(one -> row.matches(one.where()) && one.values().containsKey(measure))
                .map(one -> Objects.requireNonNull(one.values().get(measure)))
                .findFirst()
                .orElse("");
    }

    /** Whether anything was published of a measure in any row. */
    boolean hasPublished(Measure measure) {
        return rows.stream().anyMatch(row -> !published(row, measure).isEmpty());
    }

    /** The seeds of every row. */
    List<Long> seeds() {
        return rows.getFirst().cells().stream().map(ExperimentConfig::seed).toList();
    }

    /** How many cells there are: rows times seeds. */
    public int cellCount() {
        return rows.stream().mapToInt(row -> row.cells().size()).sum();
    }
}
