package dev.gossamer.bench;

import dev.gossamer.bench.results.Rates;

/**
 * What one run does, whoever does it.
 *
 * @param flops floating-point operations; 2·nnz·N for sparse work, also where a contender multiplies the zeros too
 * @param bytes of operands and results, each counted once: what has to be moved at least
 */
record Work(double flops, double bytes) {

    /** Bytes of so many stored weights: a dense one is its value, one of a pattern has its column beside it. */
    static double weightBytes(long weights, double density) {
        return (density == 1 ? 4.0 : 8.0) * weights;
    }

    double flopsPerByte() {
        return flops / bytes;
    }

    /** For the secondary results of a JMH run. */
    void publish() {
        Rates.publish(flops, bytes);
    }
}
