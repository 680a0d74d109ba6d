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

    private static final long DEFAULT_SEED = 1990;

    private Cases() {}

    /** Runs the body on cases 0 to {@code count − 1}; the numbers a case draws depend on seed, name and number alone. */
    public static void check(String name, int count, Consumer<Case> body) {
        long seed = Long.getLong(SEED, DEFAULT_SEED);
        Long only = Long.getLong(CASE);
        for (int i = 0; i < count; i++) {
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
