package dev.gossamer.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackendOptionsTest {

    private static final String THREADS = "gossamer.threads";

    private String before;

    @BeforeEach
    void clearTheProperty() {
        before = System.clearProperty(THREADS);
    }

    @AfterEach
    void restoreTheProperty() {
        if (before == null) {
            System.clearProperty(THREADS);
        } else {
            System.setProperty(THREADS, before);
        }
    }

    @Test
    void usesEveryProcessorUnlessTheThreadsAreGiven() {
        assertThat(BackendOptions.defaults())
                .isEqualTo(new BackendOptions(Runtime.getRuntime().availableProcessors(), TuningTable.EMPTY));
        System.setProperty(THREADS, " 3 ");
        assertThat(BackendOptions.defaults().threads()).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "two", "1.5"})
    void refusesThreadsThatAreNone(String threads) {
        System.setProperty(THREADS, threads);
        assertThatThrownBy(BackendOptions::defaults)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("threads", threads);
    }

    @Test
    void keepsTheRestWithAnotherTuning() {
        TuningTable tuning = new TuningTable(Map.of("a", 1.0));
        assertThat(new BackendOptions(5, TuningTable.EMPTY).withTuning(tuning))
                .isEqualTo(new BackendOptions(5, tuning));
    }
}
