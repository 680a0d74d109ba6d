package dev.gossamer.fl.run;

import java.util.function.IntToLongFunction;

/**
 * Communication as the FedSparsify paper counts it, the "C.C. (MM)" column of its tables: parameters, not bytes, a
 * download counted at the size the model has when the round starts and an upload at the size after that round's pruning.
 *
 * <pre>C.C. = ⌊ N · Σ_{t=1..T} (nnz_{t-1} + nnz_t) · u / 10^6 ⌋</pre>
 *
 * <p>N is the number of clients of a round, nnz_t the non-zero parameters after round t (state that is not trained, as
 * batch-norm statistics, included) and nnz_0 the dense count. The unit u is 1 (millions of parameters) in the tables for
 * FashionMNIST and CIFAR-10 and 32 (millions of bits) in the one for CIFAR-100.
 *
 * <p>This is an accounting rule, kept for comparison with the published numbers. What a run really sends is counted in
 * bytes where it is sent. Not thread-safe; the sums are exact 64-bit integers, an overflow throws
 * {@link ArithmeticException}.
 */
public final class PaperAccounting {

    /** Unit of the FashionMNIST and CIFAR-10 tables: millions of parameters. */
    public static final int PARAMETERS = 1;

    /** Unit of the CIFAR-100 table: millions of bits, 32 for each parameter. */
    public static final int BITS = 32;

    private static final long MILLION = 1_000_000;

    private long nonZeros;
    private long parametersSent;

    /** An accounting that starts with a model of {@code initialNonZeros} parameters, nnz_0: the first one sent down. */
    public PaperAccounting(long initialNonZeros) {
        requireCount(initialNonZeros);
        this.nonZeros = initialNonZeros;
    }

    /**
     * Adds one round.
     *
     * @param clients N, clients that took part
     * @param nonZerosAfter nnz_t, the size of the global model after this round
     */
    public void addRound(int clients, long nonZerosAfter) {
        if (clients < 1) {
            throw new IllegalArgumentException("A round has at least one client, not " + clients);
        }
        requireCount(nonZerosAfter);
        long perClient = Math.addExact(nonZeros, nonZerosAfter);
        parametersSent = Math.addExact(parametersSent, Math.multiplyExact(clients, perClient));
        nonZeros = nonZerosAfter;
    }

    /** Parameters sent in both directions so far: N · Σ (nnz_{t-1} + nnz_t). */
    public long parametersSent() {
        return parametersSent;
    }

    /** The published figure for what was added so far, in millions of {@link #PARAMETERS} or {@link #BITS}. */
    public long millions(int unit) {
        if (unit < 1) {
            throw new IllegalArgumentException("unit is " + unit + ", but must be PARAMETERS (1) or BITS (32)");
        }
        return Math.multiplyExact(parametersSent, unit) / MILLION;
    }

    /**
     * The figure for a whole run.
     *
     * @param nonZerosAfter nnz_t for t = 0 (the initial model) to {@code rounds}
     */
    public static long millions(int clients, int rounds, IntToLongFunction nonZerosAfter, int unit) {
        PaperAccounting accounting = new PaperAccounting(nonZerosAfter.applyAsLong(0));
        for (int round = 1; round <= rounds; round++) {
            accounting.addRound(clients, nonZerosAfter.applyAsLong(round));
        }
        return accounting.millions(unit);
    }

    private static void requireCount(long nonZeros) {
        if (nonZeros < 0) {
            throw new IllegalArgumentException("A model cannot have " + nonZeros + " non-zero parameters");
        }
    }
}
