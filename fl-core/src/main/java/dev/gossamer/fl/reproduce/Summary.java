package dev.gossamer.fl.reproduce;

import java.util.List;

/**
 * A measure over seeds.
 *
 * @param count of seeds; 0 if none is done
 * @param mean over them; NaN if there is none
 * @param deviation sample standard deviation; 0 for one seed
 */
record Summary(int count, double mean, double deviation) {

    static Summary of(List<Double> values) {
        int count = values.size();
        double mean = values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
        double squares = values.stream()
                .mapToDouble(value -> (value - mean) * (value - mean))
                .sum();
        return new Summary(count, mean, count < 2 ? 0 : Math.sqrt(squares / (count - 1)));
    }
}
