package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Experiment files with anything in them: a {@link ConfigException} that names the file, or a configuration that is written and
 * read back the same. {@code -Dgossamer.fuzz.messages=1000000} for as many, {@code -Dgossamer.fuzz.seed} for others.
 */
class ConfigFuzzTest {

    private static final int FILES = Integer.getInteger("gossamer.fuzz.messages", 10_000);
    private static final long SEED = Long.getLong("gossamer.fuzz.seed", 1);
    private static final String[] PIECES = {
        "method: zerofl\n",
        "rounds: ",
        "1e400",
        "-",
        "?",
        ": ",
        "\n",
        "  ",
        "[",
        "]",
        "{",
        "}",
        "&a ",
        "*a",
        "!!int ",
        "|\n",
        ">",
        "#",
        "'",
        "\"",
        "\u0000",
        "\ufeff",
        "\u2028",
        "\ud800",
        "lr: NaN\n",
        "faults: nan:1\n",
        "null",
        "~",
        "---\n",
        "...\n",
        "<<: ",
        "99999999999999999999",
        "0x1F",
        "seed: -9223372036854775808\n",
        "%YAML 1.2\n",
        "\t"
    };

    @TempDir
    Path folder;

    private final SplittableRandom random = new SplittableRandom(SEED);

    @Test
    void anyFileIsRefusedOrMeansSomething() throws IOException {
        String good = Yaml.write(ExperimentConfig.defaults().toMap());
        Path file = folder.resolve("fuzz.yaml");
        Path again = folder.resolve("again.yaml");
        int accepted = 0;
        for (int i = 0; i < FILES; i++) {
            byte[] bytes = mutated(good);
            Files.write(file, bytes);
            try {
                ExperimentConfig config = ExperimentConfig.resolve(file, Map.of());
                Files.writeString(again, config.toYaml());
                assertThat(ExperimentConfig.resolve(again, Map.of())).isEqualTo(config);
                accepted++;
            } catch (ConfigException e) {
                assertThat(e).hasMessageStartingWith(file.toString());
            } catch (RuntimeException | Error e) {
                throw new AssertionError(
                        "file " + i + " of seed " + SEED + ":\n" + new String(bytes, StandardCharsets.UTF_8), e);
            }
        }
        assertThat(accepted).isBetween(FILES / 100, FILES * 9 / 10);
    }

    private byte[] mutated(String good) {
        StringBuilder text = new StringBuilder(good);
        int times = random.nextInt(1, 4);
        for (int i = 0; i < times; i++) {
            int at = random.nextInt(text.length());
            switch (random.nextInt(5)) {
                case 0 -> text.insert(at, PIECES[random.nextInt(PIECES.length)]);
                case 1 -> text.replace(at, Math.min(text.length(), at + random.nextInt(1, 20)), " ");
                case 2 -> text.setCharAt(at, (char) random.nextInt(1, 256));
                case 3 -> {
                    int from = random.nextInt(text.length());
                    text.insert(at, text.substring(from, Math.min(text.length(), from + random.nextInt(1, 40))));
                }
                default -> text.setLength(Math.max(1, at));
            }
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        if (random.nextInt(10) == 0) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        return bytes;
    }
}
