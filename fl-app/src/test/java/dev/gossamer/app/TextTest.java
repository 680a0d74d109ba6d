package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class TextTest {

    @Test
    void bytesAreCountedInDecimalUnits() {
        assertThat(Text.bytes(0)).isEqualTo("0.0 kB");
        assertThat(Text.bytes(999_900)).isEqualTo("999.9 kB");
        assertThat(Text.bytes(1_000_000)).isEqualTo("1.00 MB");
        assertThat(Text.bytes(2_345_678_901L)).isEqualTo("2.35 GB");
    }

    @Test
    void numbersAreTheSameInEveryCountry() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            assertThat(Text.of("%,d %.1f", 1234, 0.5)).isEqualTo("1,234 0.5");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void columnsAreAsWideAsTheirWidestCell() {
        Table table = new Table();
        table.row("a", "bb", "long last cell");
        table.row("aaa", "", "c");
        StringWriter out = new StringWriter();
        table.print(new PrintWriter(out, true));

        assertThat(out.toString().lines()).containsExactly("a    bb  long last cell", "aaa      c");
        assertThatThrownBy(() -> table.row("one", "two")).isInstanceOf(IllegalArgumentException.class);
    }
}
