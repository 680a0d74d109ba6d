package dev.gossamer.fl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.engine.Backends;
import org.junit.jupiter.api.Test;

class TestBackendsTest {

    /** Without this, a backend that went missing would only make the tests fewer. */
    @Test
    void testsRunOnTheBackendAskedForOrOnBothOfThisBuild() {
        String asked = System.getProperty(Backends.PROPERTY, "");
        if (asked.isEmpty() || asked.equals(Backends.AUTO)) {
            assertThat(TestBackends.names()).contains("reference", "cpu-vector");
            assertThat(TestBackends.convolving()).contains("reference");
        } else {
            assertThat(TestBackends.names()).containsExactly(asked);
        }
    }
}
