package dev.gossamer.bench.results;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/**
 * Two files of results, number by number.
 *
 * @param pairs what both have, in the base's order
 * @param onlyBase names that only the base has
 * @param onlyFresh names that only the other has
 * @param machineDiffers what differs between the machines, one line for each
 */
public record Comparison(List<Pair> pairs, List<String> onlyBase, List<String> onlyFresh, List<String> machineDiffers) {

    /** Facts of a machine that differ from run to run and say nothing about speed. */
    private static final List<String> EXPECTED = List.of("started", "commit", "flags");

    /** The same number twice. */
    public record Pair(Result base, Result fresh) {

        /** Speed of the new over the old: above 1 is faster, and what is the same is 1, nothing allocated included. */
        public double ratio() {
            if (base.value() == fresh.value()) {
                return 1;
            }
            return base.moreIsBetter() ? fresh.value() / base.value() : base.value() / fresh.value();
        }

        /** Whether both have an interval: of a limit of the machine, or of too few rounds, there is none. */
        public boolean hasIntervals() {
            return base.interval().known() && fresh.interval().known();
        }

        /** Whether nothing can be said: the intervals of both share a number, or one of them is missing. */
        public boolean isUnclear() {
            return Double.isNaN(ratio()) || base.interval().overlaps(fresh.interval());
        }

        /** Whether the new is surely slower, by more than {@code threshold} of the old speed. */
        public boolean isWorse(double threshold) {
            return !isUnclear() && ratio() < 1 - threshold;
        }
    }

    /** Compares results of the same names. */
    public static Comparison of(ResultFile base, ResultFile fresh) {
        Map<String, Result> left = byName(base);
        Map<String, Result> right = byName(fresh);
        List<Pair> pairs = new ArrayList<>();
        List<String> onlyBase = new ArrayList<>();
        left.forEach((name, result) -> {
            Result other = right.remove(name);
            if (other == null) {
                onlyBase.add(name);
            } else if (other.unit().equals(result.unit())) {
                pairs.add(new Pair(result, other));
            } else {
                throw new ResultException(name + " is in " + result.unit() + " in " + base.path() + ", but in "
                        + other.unit() + " in " + fresh.path());
            }
        });
        return new Comparison(
                pairs, onlyBase, List.copyOf(right.keySet()), differences(base.machine(), fresh.machine()));
    }

    private static Map<String, Result> byName(ResultFile file) {
        Map<String, Result> named = new LinkedHashMap<>();
        for (Result result : file.results()) {
            if (named.put(result.name(), result) != null) {
                throw new ResultException(file.path() + " has two results named " + result.name());
            }
        }
        return named;
    }

    private static List<String> differences(Map<String, String> base, Map<String, String> fresh) {
        TreeSet<String> facts = new TreeSet<>(base.keySet());
        facts.addAll(fresh.keySet());
        facts.removeAll(EXPECTED);
        return facts.stream()
                .filter(fact -> !base.getOrDefault(fact, "?").equals(fresh.getOrDefault(fact, "?")))
                .map(fact -> fact + ": " + base.getOrDefault(fact, "?") + " / " + fresh.getOrDefault(fact, "?"))
                .toList();
    }

    /** Whether something got surely slower by more than the threshold. */
    public boolean isWorse(double threshold) {
        return pairs.stream().anyMatch(pair -> pair.isWorse(threshold));
    }

    /** A line for each pair: both scores with their errors, the ratio of speeds and what it means. */
    public String text(double threshold) {
        StringBuilder text = new StringBuilder();
        machineDiffers.forEach(
                line -> text.append("not the same machine: ").append(line).append('\n'));
        int width =
                pairs.stream().mapToInt(pair -> pair.base.name().length()).max().orElse(4);
        text.append(String.format("%-" + width + "s  %22s  %22s  %-8s  %6s%n", "name", "base", "new", "unit", "ratio"));
        for (Pair pair : pairs) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-" + width + "s  %22s  %22s  %-8s  %6.3f  %s%n",
                    pair.base.name(),
                    score(pair.base),
                    score(pair.fresh),
                    pair.base.unit(),
                    pair.ratio(),
                    verdict(pair, threshold)));
        }
        onlyBase.forEach(name -> text.append("only in base: ").append(name).append('\n'));
        onlyFresh.forEach(name -> text.append("only in new: ").append(name).append('\n'));
        return text.toString();
    }

    private static String verdict(Pair pair, double threshold) {
        if (!pair.hasIntervals()) {
            return "no interval";
        }
        if (pair.isUnclear()) {
            return "unclear";
        }
        return pair.ratio() > 1 ? "faster" : pair.isWorse(threshold) ? "slower, past the threshold" : "slower";
    }

    private static String score(Result result) {
        double half = result.interval().half();
        return String.format(Locale.ROOT, "%.5g ± ", result.value())
                + (Double.isFinite(half) ? String.format(Locale.ROOT, "%.2g", half) : "?");
    }
}
