package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CohortsTest {

    @Test
    void allClientsInOrderWhenAllTakePart() {
        assertThat(new Cohorts(1990, 4, 4).of(3)).containsExactly(0, 1, 2, 3);
    }

    @Test
    void aSampleWithoutReplacementThatChangesByRoundAndSeed() {
        Cohorts cohorts = new Cohorts(1990, 100, 10);
        Set<Integer> seen = new HashSet<>();
        for (int round = 1; round <= 200; round++) {
            List<Integer> clients = cohorts.of(round);
            assertThat(clients).hasSize(10).doesNotHaveDuplicates().isSorted().allMatch(c -> c >= 0 && c < 100);
            seen.addAll(clients);
        }
        assertThat(seen).as("0.9^200 of the clients would be missed").hasSize(100);
        assertThat(cohorts.of(7)).isEqualTo(new Cohorts(1990, 100, 10).of(7));
        assertThat(cohorts.of(7)).isNotEqualTo(cohorts.of(8));
        assertThat(cohorts.of(7)).isNotEqualTo(new Cohorts(1991, 100, 10).of(7));
    }
}
