package dev.gossamer.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackendOptionsTest {

    private static final String THREADS = "gossamer.threads";
    private static final String TUNING = "gossamer.tuning";

    private final Map<String, String> before = new HashMap<>();

    @BeforeEach
    void clearTheProperties() {
        for (String name : List.of(THREADS, TUNING)) {
            before.put(name, System.clearProperty(name));
        }
    }

    @AfterEach
    void restoreTheProperties() {
        before.forEach((name, value) -> {
            if (value == null) {
                System.clearProperty(name);
            } else {
                System.setProperty(name, value);
            }
        });
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
                .hasMessageContainingAll(THREADS, threads);
    }

    @Test
    void takesTuningEntries() {
        System.setProperty(TUNING, "gemm.tf32=1, masked.density = 0.25");
        assertThat(BackendOptions.defaults().tuning())
                .isEqualTo(new TuningTable(Map.of("gemm.tf32", 1.0, "masked.density", 0.25)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemm.tf32", "gemm.tf32=yes", "a=1,,b=2"})
    void refusesTuningThatIsNone(String tuning) {
        System.setProperty(TUNING, tuning);
        assertThatThrownBy(BackendOptions::defaults)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("gossamer.tuning");
    }

    @Test
    void keepsTheRestWithAnotherTuning() {
        TuningTable tuning = new TuningTable(Map.of("a", 1.0));
        assertThat(new BackendOptions(5, TuningTable.EMPTY).withTuning(tuning))
                .isEqualTo(new BackendOptions(5, tuning));
    }
}
