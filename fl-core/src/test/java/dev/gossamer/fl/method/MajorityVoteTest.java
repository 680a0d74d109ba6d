package dev.gossamer.fl.method;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.sparsity.PruningScope;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MajorityVoteTest {

    private static final int SIZE = 4;
    private static final PruningScope SCOPE = new PruningScope(Set.of("w"), SIZE);

    @Test
    void whatHalfTheClientsKeepHasTheMeanOverAll() {
        // Entry 0 has two votes of four, entry 1 one, entry 2 all, entry 3 none.
        MajorityVote vote = vote(VoteThreshold.HALF);
        vote.add(voter(new int[] {0, 2}, 4, 1), 1);
        vote.add(voter(new int[] {1, 2}, 9, 2), 1);
        vote.add(voter(new int[] {0, 2}, 8, 3), 1);
        vote.add(voter(new int[] {2}, 6), 1);

        assertThat(vote.result().tensor("w"))
                .isEqualTo(TensorState.sparse("w", new int[] {SIZE}, mask(0, 2), new float[] {3, 3}));
    }

    @Test
    void whatIsNotVotedOnIsAveraged() {
        MajorityVote vote = vote(VoteThreshold.HALF);
        vote.add(voter(new int[] {0}, 4), 1);
        vote.add(voter(new int[] {1}, 4), 3);

        assertThat(vote.result().tensor("state").values()).containsExactly(1);
    }

    @ParameterizedTest
    @CsvSource({
        "HALF, 1, 1", "HALF, 2, 1", "HALF, 3, 2", "HALF, 10, 5", "HALF, 11, 6",
        "FLOOR, 1, 1", "FLOOR, 2, 1", "FLOOR, 3, 1", "FLOOR, 10, 5", "FLOOR, 11, 5"
    })
    void readingsDifferForOddNumbersOnly(VoteThreshold threshold, int voters, int least) {
        assertThat(threshold.least(voters)).isEqualTo(least);
    }

    @Test
    void oneOfThreeIsEnoughForThePublishedCodeOnly() {
        for (VoteThreshold threshold : VoteThreshold.values()) {
            MajorityVote vote = vote(threshold);
            vote.add(voter(new int[] {0}, 3), 1);
            vote.add(voter(new int[] {1}, 3), 1);
            vote.add(voter(new int[] {1}, 3), 1);

            assertThat(vote.result().tensor("w").pattern())
                    .isEqualTo(threshold == VoteThreshold.HALF ? mask(1) : mask(0, 1));
        }
    }

    @Test
    void equalMasksAreElectedAsTheyAre() {
        MajorityVote vote = vote(VoteThreshold.HALF);
        WeightedMean mean = new WeightedMean(voter(new int[] {0}, 1));
        for (int client = 1; client <= 3; client++) {
            vote.add(voter(new int[] {1, 3}, client, -client), client);
            mean.add(voter(new int[] {1, 3}, client, -client), client);
        }
        assertThat(vote.result()).isEqualTo(mean.result());
    }

    private static MajorityVote vote(VoteThreshold threshold) {
        return new MajorityVote(voter(new int[] {0}, 0), SCOPE, threshold);
    }

    private static ModelState voter(int[] entries, float... values) {
        return new ModelState(List.of(
                TensorState.sparse("w", new int[] {SIZE}, mask(entries), values),
                TensorState.dense("state", new int[] {1}, new float[] {1})));
    }

    private static SparsityPattern mask(int... entries) {
        return SparsityPattern.fromFlatIndices(1, SIZE, entries);
    }
}
