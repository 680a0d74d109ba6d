package dev.gossamer.bench.results;

import dev.gossamer.bench.results.Measured.Interval;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * The same table from several processes, as one. What C2 makes of a kernel differs from process to process, more than rounds
 * within one do, and no number of rounds shows it.
 *
 * <p>A row is that of the process in the middle, whole: ordered by ratio, or by value where there is none, the lower of two
 * in the middle. Its intervals reach from the lowest end of all processes to the highest, so that a claim that an interval
 * allows holds in every process.
 */
public final class Forks {

    private Forks() {}

    /**
     * Merges tables.
     *
     * @param tables one for each process, at least one
     * @return rows in the order of the first table
     * @throws ResultException if a row is missing in one of them, or has a peer in some only
     */
    public static List<Measured> merge(List<List<Measured>> tables) {
        Map<String, List<Measured>> rows = new LinkedHashMap<>();
        for (List<Measured> table : tables) {
            for (Measured measured : table) {
                rows.computeIfAbsent(measured.row().name(), name -> new ArrayList<>())
                        .add(measured);
            }
        }
        rows.forEach((name, forks) -> {
            if (forks.size() != tables.size()) {
                throw new ResultException(
                        "'" + name + "' was measured in " + forks.size() + " of " + tables.size() + " processes");
            }
        });
        return rows.values().stream().map(Forks::row).toList();
    }

    private static Measured row(List<Measured> forks) {
        boolean compared = forks.getFirst().ratio() != null;
        if (forks.stream().anyMatch(fork -> (fork.ratio() != null) != compared)) {
            throw new ResultException(
                    "'" + forks.getFirst().row().name() + "' has a peer in some processes and not in others");
        }
        List<Measured> sorted = forks.stream()
                .sorted(Comparator.comparingDouble(fork -> {
                    Double ratio = fork.row().ratio();
                    return ratio == null ? fork.row().value() : ratio;
                }))
                .toList();
        Measured middle = sorted.get((sorted.size() - 1) / 2);
        return new Measured(
                middle.row(),
                hull(forks, Measured::value),
                compared ? hull(forks, fork -> Objects.requireNonNull(fork.ratio())) : null,
                middle.flopsPerByte());
    }

    /** An end that is not a number makes the hull's end none. */
    private static Interval hull(List<Measured> forks, Function<Measured, Interval> interval) {
        return new Interval(
                forks.stream()
                        .mapToDouble(fork -> interval.apply(fork).low())
                        .reduce(Math::min)
                        .orElse(Double.NaN),
                forks.stream()
                        .mapToDouble(fork -> interval.apply(fork).high())
                        .reduce(Math::max)
                        .orElse(Double.NaN));
    }
}
