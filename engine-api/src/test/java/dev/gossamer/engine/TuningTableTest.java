package dev.gossamer.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TuningTableTest {

    private static final TuningTable TABLE = new TuningTable(Map.of("spmm.block", 32.0, "dense.density", 0.3));

    @Test
    void givesItsEntriesByName() {
        assertThat(TABLE.get("spmm.block")).isEqualTo(32);
        assertThat(TABLE.entries().keySet()).containsExactly("dense.density", "spmm.block");
        assertThatThrownBy(() -> TABLE.get("spmm.blok"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("spmm.blok", "spmm.block");
    }

    @Test
    void refusesNumbersOutOfBounds() {
        assertThat(TABLE.between("dense.density", 0, 1)).isEqualTo(0.3);
        assertThat(TABLE.between("dense.density", 0.3, 0.3)).isEqualTo(0.3);
        assertThatThrownBy(() -> TABLE.between("spmm.block", 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tuning entry spmm.block must be between 0 and 1, got 32");
        assertThatThrownBy(() -> TABLE.between("dense.density", 0.5, Double.POSITIVE_INFINITY))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tuning entry dense.density must be at least 0.5, got 0.3");
    }

    @Test
    void refusesWhatIsNoneOfTheNumbers() {
        assertThat(TABLE.oneOf("spmm.block", 16, 32)).isEqualTo(32);
        assertThatThrownBy(() -> TABLE.oneOf("spmm.block", 16, 64))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tuning entry spmm.block must be one of [16, 64], got 32");
        assertThatThrownBy(() -> TABLE.oneOf("dense.density", 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith("got 0.3");
    }

    @Test
    void doesNotChange() {
        Map<String, Double> entries = new HashMap<>(Map.of("a", 1.0));
        TuningTable table = new TuningTable(entries);
        entries.put("a", 2.0);
        assertThat(table.get("a")).isEqualTo(1);
        assertThatThrownBy(() -> table.entries().put("a", 3.0)).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void isOverriddenByWhatItKnows() {
        TuningTable other = new TuningTable(Map.of("dense.density", 0.5));
        TuningTable merged = TABLE.overriddenBy(other);
        assertThat(merged.entries())
                .containsExactlyInAnyOrderEntriesOf(Map.of("spmm.block", 32.0, "dense.density", 0.5));
        assertThat(TABLE.get("dense.density")).isEqualTo(0.3);
        assertThat(TABLE.overriddenBy(TuningTable.EMPTY)).isEqualTo(TABLE);
        assertThatThrownBy(() -> other.overriddenBy(TABLE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("spmm.block", "dense.density");
    }
}
