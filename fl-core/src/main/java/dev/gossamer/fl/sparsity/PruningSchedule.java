package dev.gossamer.fl.sparsity;

/**
 * How sparse the global model is after each round: FedSparsify's polynomial ramp.
 *
 * <p>With rounds counted from 1, s_T the final and s_0 the initial sparsity, t_0 the first round of the ramp, T the
 * number of rounds, F the pruning frequency and n the exponent,
 *
 * <pre>s_t = s_T + (s_0 - s_T) · (1 - (F·⌊t/F⌋ - t_0) / (T - t_0))^n</pre>
 *
 * <p>Source: "Federated Progressive Sparsification (Purge, Merge, Tune)+", Stripelis, Gupta, Ver Steeg, Ambite, 2022,
 * equation (1), after Zhu and Gupta, "To prune, or not to prune", 2017. A larger exponent prunes earlier.
 *
 * <p>Outside the formula's range: nothing is pruned before t_0 or where the formula is negative (possible for F &gt; 1),
 * and from round T on the sparsity is exactly s_T, also where F does not divide T, so that a run always ends at the
 * sparsity that was asked for.
 *
 * @param finalSparsity s_T, in [0, 1]
 * @param initialSparsity s_0, in [0, s_T]
 * @param startRound t_0, in [1, T]
 * @param rounds T, at least 1
 * @param frequency F, in [1, T]: the sparsity changes every F rounds
 * @param exponent n, above 0
 */
public record PruningSchedule(
        double finalSparsity, double initialSparsity, int startRound, int rounds, int frequency, double exponent) {

    public PruningSchedule {
        require(finalSparsity >= 0 && finalSparsity <= 1, "finalSparsity", finalSparsity, "between 0 and 1");
        require(
                initialSparsity >= 0 && initialSparsity <= finalSparsity,
                "initialSparsity",
                initialSparsity,
                "between 0 and finalSparsity (" + finalSparsity + ")");
        require(rounds >= 1, "rounds", rounds, "at least 1");
        require(
                startRound >= 1 && startRound <= rounds,
                "startRound",
                startRound,
                "between 1 and rounds (" + rounds + ")");
        require(frequency >= 1 && frequency <= rounds, "frequency", frequency, "between 1 and rounds (" + rounds + ")");
        require(exponent > 0 && exponent <= 100, "exponent", exponent, "above 0 and at most 100");
    }

    /** The published defaults: from dense at round 1, changed every round, cubic. */
    public static PruningSchedule cubic(double finalSparsity, int rounds) {
        return new PruningSchedule(finalSparsity, 0, 1, rounds, 1, 3);
    }

    /** Fraction of zeros after round {@code round} (1-based; 0 is the initial model, which is never pruned). */
    public double sparsityAt(int round) {
        require(round >= 0, "round", round, "0 (the initial model) or a round counted from 1");
        if (round < startRound) {
            return 0;
        }
        if (round >= rounds) {
            return finalSparsity;
        }
        int pruningRound = frequency * (round / frequency);
        double remaining = 1 - (double) (pruningRound - startRound) / (rounds - startRound);
        double sparsity = finalSparsity + (initialSparsity - finalSparsity) * StrictMath.pow(remaining, exponent);
        return Math.max(0, sparsity);
    }

    /** Entries, out of {@code entries} prunable ones, that are zero after a round: s_t · n, truncated. */
    public long prunedAt(int round, long entries) {
        require(entries >= 0, "entries", entries, "0 or more");
        return (long) (sparsityAt(round) * entries);
    }

    /** Entries, out of {@code entries} prunable ones, that are left after a round: n - int(s_t · n). */
    public long keptAt(int round, long entries) {
        return entries - prunedAt(round, entries);
    }

    private static void require(boolean good, String field, Number value, String allowed) {
        if (!good) {
            throw new IllegalArgumentException(
                    "Pruning schedule: " + field + " is " + value + ", but must be " + allowed);
        }
    }
}
