package dev.gossamer.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class GuardTest {

    private static void write(MemorySegment host, int from, int to) {
        for (int i = from; i < to; i++) {
            host.setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
        }
    }

    @Test
    void givesBackWhatWasWritten() {
        assertThat(Guard.guarded("x", 3, host -> write(host, 0, 3))).containsExactly(0, 1, 2);
        assertThat(Guard.guarded("x", 0, host -> {})).isEmpty();
    }

    @Test
    void noticesAWriteBesideTheTarget() {
        assertThatThrownBy(() -> Guard.guarded("x", 3, host -> write(host, 0, 4)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("guard word 3");
    }

    @Test
    void noticesWhatWasNotWritten() {
        assertThatThrownBy(() -> Guard.guarded("x", 3, host -> write(host, 0, 2)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("number 2");
    }
}
