package dev.gossamer.testkit;

import java.util.function.Consumer;
import org.opentest4j.TestAbortedException;

/**
 * Runs a check on many seeded cases. A failure names the seed and the case, and what the case drew; the case runs alone with
 * {@code -Dgossamer.test.seed=S -Dgossamer.test.case=I}.
 */
public final class Cases {

    /** System property with the seed of all cases. */
    public static final String SEED = "gossamer.test.seed";

    /** System property with the number of the only case to run. */
    public static final String CASE = "gossamer.test.case";

    /**
     * System property with the most cases of one check, for runs under tools that make everything slow. Fewer cases prove
     * less; without it a check runs as many as it asks for.
     */
    public static final String MOST = "gossamer.test.cases";

    private static final long DEFAULT_SEED = 1990;

    private Cases() {}

    /**
     * Runs the body on cases 0 to {@code count − 1}, or as many as {@link #MOST} allows; the numbers a case draws depend on
     * seed, name and number alone.
     */
    public static void check(String name, int count, Consumer<Case> body) {
        long seed = Long.getLong(SEED, DEFAULT_SEED);
        Long only = Long.getLong(CASE);
        long most = Long.getLong(MOST, count);
        if (most < 1) {
            throw new IllegalArgumentException("-D" + MOST + " must be at least 1, got " + most);
        }
        for (int i = 0; i < Math.min(count, most); i++) {
            if (only == null || only == i) {
                run(name, seed, i, body);
            }
        }
    }

    private static void run(String name, long seed, int index, Consumer<Case> body) {
        Case one = new Case(name, seed, index);
        try {
            body.accept(one);
        } catch (TestAbortedException skipped) {
            throw skipped;
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(
                    "Case " + index + " of '" + name + "' with " + one.drawn() + ": " + e.getMessage()
                            + ". Replay with -D" + SEED + "=" + seed + " -D" + CASE + "=" + index,
                    e);
        }
    }
}
