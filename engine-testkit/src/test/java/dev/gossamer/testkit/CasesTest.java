package dev.gossamer.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

class CasesTest {

    private String seedBefore;
    private String caseBefore;
    private String mostBefore;

    @BeforeEach
    void clearTheProperties() {
        seedBefore = System.clearProperty(Cases.SEED);
        caseBefore = System.clearProperty(Cases.CASE);
        mostBefore = System.clearProperty(Cases.MOST);
    }

    @AfterEach
    void restoreTheProperties() {
        restore(Cases.SEED, seedBefore);
        restore(Cases.CASE, caseBefore);
        restore(Cases.MOST, mostBefore);
    }

    private static void restore(String property, String value) {
        if (value == null) {
            System.clearProperty(property);
        } else {
            System.setProperty(property, value);
        }
    }

    private static List<float[]> drawn(String name, int count) {
        List<float[]> drawn = new ArrayList<>();
        Cases.check(name, count, c -> drawn.add(c.values(10)));
        return drawn;
    }

    @Test
    void runsFewerCasesWhereAskedTheSameOnes() {
        List<float[]> all = drawn("a", 3);
        System.setProperty(Cases.MOST, "2");
        assertThat(drawn("a", 3)).containsExactly(all.get(0), all.get(1));
        assertThat(drawn("a", 1)).hasSize(1);

        System.setProperty(Cases.MOST, "0");
        assertThatThrownBy(() -> drawn("a", 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(Cases.MOST);
    }

    @Test
    void drawsTheSameNumbersAgain() {
        List<float[]> once = drawn("a", 3);
        List<float[]> again = drawn("a", 3);
        assertThat(once).hasSize(3);
        for (int i = 0; i < 3; i++) {
            assertThat(again.get(i)).isEqualTo(once.get(i));
        }
        assertThat(once.get(1)).isNotEqualTo(once.get(0));
        assertThat(drawn("b", 1).getFirst()).isNotEqualTo(once.getFirst());
    }

    @Test
    void replaysOneCaseOfAnotherSeed() {
        List<float[]> usual = drawn("a", 5);
        System.setProperty(Cases.CASE, "3");
        assertThat(drawn("a", 5)).hasSize(1);
        assertThat(drawn("a", 5).getFirst()).isEqualTo(usual.get(3));
        System.setProperty(Cases.SEED, "7");
        assertThat(drawn("a", 5).getFirst()).isNotEqualTo(usual.get(3));
        assertThat(drawn("a", 3)).isEmpty();
    }

    @Test
    void namesSeedCaseAndWhatWasDrawn() {
        assertThatThrownBy(() -> Cases.check("adding", 5, c -> {
                    int size = c.size("size", 100);
                    c.beta();
                    if (c.index() == 2) {
                        throw new IllegalStateException("broken with " + size);
                    }
                }))
                .isInstanceOf(AssertionError.class)
                .hasMessageContainingAll(
                        "Case 2 of 'adding'",
                        "size=",
                        "beta=",
                        "broken with",
                        "-Dgossamer.test.seed=1990",
                        "-Dgossamer.test.case=2")
                .hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void letsASkippedTestBeSkipped() {
        TestAbortedException skip = new TestAbortedException("no device");
        assertThatThrownBy(() -> Cases.check("skipped", 1, c -> {
                    throw skip;
                }))
                .isSameAs(skip);
    }

    @Test
    void drawsSizesWithinTheBudgetAndAwkwardOnes() {
        Set<Integer> seen = new HashSet<>();
        Cases.check("sizes", 300, c -> {
            int[] sizes = c.sizes("m, k, n", 3, 5_000);
            assertThat((long) sizes[0] * sizes[1] * sizes[2]).isLessThanOrEqualTo(5_000);
            Arrays.stream(sizes).forEach(seen::add);
        });
        assertThat(seen).contains(1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 1009);
    }

    @Test
    void drawsEveryKindOfPattern() {
        Set<String> seen = new HashSet<>();
        Cases.check("patterns", 200, c -> {
            SparsityPattern pattern = c.pattern(9, 13);
            Structure.check(pattern);
            if (pattern.nnz() == 0) {
                seen.add("all zero");
            } else if (pattern.isFull()) {
                seen.add("full");
            } else {
                for (int r = 0; r < 9; r++) {
                    seen.add(pattern.rowNnz(r) == 0 ? "empty row" : pattern.rowNnz(r) == 13 ? "full row" : "some");
                }
            }
        });
        assertThat(seen).containsExactlyInAnyOrder("all zero", "full", "empty row", "full row", "some");
    }

    @Test
    void takesTurns() {
        List<String> turns = new ArrayList<>();
        Cases.check("turns", 5, c -> turns.add(c.turn("which", "a", "b")));
        assertThat(turns).containsExactly("a", "b", "a", "b", "a");
    }
}
