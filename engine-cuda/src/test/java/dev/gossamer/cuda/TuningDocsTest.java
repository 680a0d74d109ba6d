package dev.gossamer.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class TuningDocsTest {

    /** Rows such as {@code | `spmm.own`, `sddmm.own` | 4194304 | ... |}. */
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (`[a-z]+\\.[^|]*`) \\| ([0-9., ]+) \\|");

    @Test
    void theDocumentHasTheDefaults() throws IOException {
        Map<String, Double> documented = new TreeMap<>();
        for (MatchResult row : ROW.matcher(Files.readString(Path.of("../docs/gpu.md")))
                .results()
                .toList()) {
            String[] names = row.group(1).replace("`", "").split(", ", -1);
            String[] values = row.group(2).split(", ", -1);
            for (int i = 0; i < names.length; i++) {
                documented.put(names[i], Double.valueOf(values[Math.min(i, values.length - 1)]));
            }
        }
        assertThat(documented.keySet()).containsAll(List.of("masked.density.small", "launch.overlap"));
        documented.forEach((entry, value) ->
                assertThat(CudaTuning.DEFAULTS.get(entry)).as(entry).isEqualTo(value));
    }
}
