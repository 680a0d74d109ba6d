package dev.gossamer.bench.results;

import dev.gossamer.bench.results.Measured.Interval;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A number from a file of results, from JMH or from {@code bench quick}.
 *
 * @param name what was measured, unique in its file: two files are compared by it
 * @param benchmark class and method, or the row's name
 * @param params JMH's parameters, and its threads where there are several; none for a row
 * @param value the score
 * @param interval its error; ends that are not numbers where none is known
 * @param unit of the score
 * @param moreIsBetter whether it is a rate, not a time
 * @param gflops its rate in GF/s, if it has one
 * @param gbytes the rate at which it goes through operands and results, each counted once, in GB/s, if known
 */
public record Result(
        String name,
        String benchmark,
        Map<String, String> params,
        double value,
        Interval interval,
        String unit,
        boolean moreIsBetter,
        @Nullable Double gflops,
        @Nullable Double gbytes) {

    /** FLOP for each byte of operands and results; null if not known. */
    public @Nullable Double flopsPerByte() {
        return gflops == null || gbytes == null ? null : Double.valueOf(gflops / gbytes);
    }
}
