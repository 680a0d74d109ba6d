package dev.gossamer.dist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Classes for the runner to run; none of them is found by the build's own pattern of names. */
final class SampleTests {

    private SampleTests() {}

    static class Mixed {

        @Test
        void passes() {
            assertThat(1 + 1).isEqualTo(2);
        }

        @Test
        void fails() {
            assertThat(1 + 1).isEqualTo(3);
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 2, 3})
        void passesAtOneOfThree(int number) {
            assumeTrue(number == 1, "only at one");
        }

        @Test
        @Disabled("not today")
        void isSwitchedOff() {}
    }

    static class BrokenSetUp {

        @BeforeAll
        static void breaks() {
            assertThat(List.of()).as("no device").isNotEmpty();
        }

        @Test
        void neverRuns() {}
    }

    static class SkippedWhole {

        @BeforeAll
        static void isMissing() {
            assumeTrue(false, "no device");
        }

        @Test
        void one() {}

        @Test
        void two() {}
    }

    static class EndsItsJvm {

        @Test
        void halts() {
            Runtime.getRuntime().halt(7);
        }
    }

    static class NeverReturns {

        @Test
        void sleeps() throws InterruptedException {
            Thread.sleep(3_600_000);
        }
    }
}
