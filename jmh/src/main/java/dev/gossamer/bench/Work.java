package dev.gossamer.bench;

import dev.gossamer.bench.results.Rates;

/**
 * What one run does, whoever does it.
 *
 * @param flops floating-point operations; 2·nnz·N for sparse work, also where a contender multiplies the zeros too
 * @param bytes of operands and results, each counted once: what has to be moved at least
 */
record Work(double flops, double bytes) {

    double flopsPerByte() {
        return flops / bytes;
    }

    /** For the secondary results of a JMH run. */
    void publish() {
        Rates.publish(flops, bytes);
    }
}
