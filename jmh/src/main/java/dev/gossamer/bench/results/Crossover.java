package dev.gossamer.bench.results;

import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;

/** Where the dense product takes over from the sparse one. */
final class Crossover {

    private Crossover() {}

    /**
     * The density from which on dense is at least as fast, between the last density where sparse is faster and the next; the
     * logarithm of the ratio is taken as linear in the logarithm of the density. Empty where one of both is faster everywhere.
     *
     * @param sparse rate by density
     * @param dense the same; densities that both have count
     */
    static OptionalDouble of(SortedMap<Double, Double> sparse, Map<Double, Double> dense) {
        double before = Double.NaN;
        double advantageBefore = Double.NaN;
        for (Map.Entry<Double, Double> point : sparse.entrySet()) {
            Double rate = dense.get(point.getKey());
            if (rate == null) {
                continue;
            }
            double density = point.getKey();
            double advantage = Math.log(point.getValue() / rate);
            if (advantage <= 0) {
                if (Double.isNaN(before)) {
                    return OptionalDouble.empty();
                }
                double part = advantageBefore / (advantageBefore - advantage);
                return OptionalDouble.of(Math.exp(Math.log(before) + part * Math.log(density / before)));
            }
            before = density;
            advantageBefore = advantage;
        }
        return OptionalDouble.empty();
    }
}
