package dev.gossamer.fl.run;

import dev.gossamer.fl.data.SplitMix64;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Who takes part when: every round a sample of the clients without replacement, a function of seed and round, in ascending
 * order.
 *
 * @param clients that there are
 * @param perRound clients of a cohort, at most {@code clients}
 */
record Cohorts(long seed, int clients, int perRound) {

    /** Sets these streams apart from the other uses of a run's seed. */
    private static final long STREAM = 0xC0407;

    List<Integer> of(int round) {
        int[] order = IntStream.range(0, clients).toArray();
        if (perRound < clients) {
            SplitMix64.of(seed, STREAM, round).shuffle(order);
        }
        int[] chosen = Arrays.copyOf(order, perRound);
        Arrays.sort(chosen);
        return Arrays.stream(chosen).boxed().toList();
    }
}
