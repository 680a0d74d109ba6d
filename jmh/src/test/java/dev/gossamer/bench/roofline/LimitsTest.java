package dev.gossamer.bench.roofline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LimitsTest {

    private static final Limits LIMITS = new Limits(
            256,
            2,
            100,
            200,
            List.of(
                    new Limits.Level("L1", 32 << 10, 240, 480),
                    new Limits.Level("L2", 1 << 20, 120, 240),
                    new Limits.Level("DRAM", Long.MAX_VALUE, 20, 30)));

    @TempDir
    private Path folder;

    @Test
    void dataLiesInTheNearestLevelThatHoldsIt() {
        assertThat(LIMITS.readOne(32 << 10)).isEqualTo(240);
        assertThat(LIMITS.readOne((32 << 10) + 1)).isEqualTo(120);
        assertThat(LIMITS.readOne(1L << 40)).isEqualTo(20);
    }

    @Test
    void boundIsTheLowerOfBothRoofs() {
        assertThat(LIMITS.boundOne(0, 1L << 40)).isEqualTo(100);
        assertThat(LIMITS.boundOne(2, 1000)).as("memory would give 120").isEqualTo(100);
        assertThat(LIMITS.boundOne(2, 1 << 20)).isEqualTo(60);
        assertThat(LIMITS.boundOne(4, 1L << 30)).isEqualTo(5);
    }

    @Test
    void kernelsComputeWhatTheyAreCountedFor() {
        // x is 0.999 and y 0.001: a step adds x·y to each of twelve chains, of which six begin with x and six with y.
        double sum = 6 * (0.999f + 0.001f);
        assertThat((double) FmaKernel.run(1)).isCloseTo(sum + 12 * 0.999f * 0.001f, within(1e-5));
        assertThat((double) FmaKernel.run(100)).isCloseTo(sum + 1200 * 0.999f * 0.001f, within(1e-4));
        assertThat(FmaKernel.flops()).isEqualTo(24.0 * FmaKernel.vectorBits() / 32);
    }

    @Test
    void measuresEveryLevel() {
        Limits limits = Roofline.measure(1e4);
        assertThat(limits.fmaOne()).isPositive();
        assertThat(limits.fmaAll()).isPositive();
        assertThat(limits.levels())
                .extracting(Limits.Level::name)
                .startsWith("L1", "L2")
                .endsWith("DRAM");
        assertThat(limits.levels()).allSatisfy(level -> {
            assertThat(level.readOne()).isPositive();
            assertThat(level.readAll()).isPositive();
        });
    }

    @Test
    void readsCachesAsLinuxTellsThem() throws IOException {
        cache(0, "Data", 1, "48K");
        cache(1, "Instruction", 1, "32K");
        cache(2, "Unified", 2, "2M");
        cache(3, "Unified", 3, "105M");
        assertThat(Caches.of(folder)).isEqualTo(new Caches(48 << 10, 2 << 20, 105 << 20, true));
    }

    @Test
    void saysThatCachesAreSupposedWhereNoneIsTold() {
        assertThat(Caches.of(folder).told()).isFalse();
        assertThat(Caches.of(folder))
                .hasToString("L1d 32 KiB, L2 1024 KiB, L3 32768 KiB (supposed: the system does not tell)");
    }

    private void cache(int index, String type, int level, String size) throws IOException {
        Path cache = Files.createDirectories(folder.resolve("index" + index));
        Files.writeString(cache.resolve("type"), type + "\n");
        Files.writeString(cache.resolve("level"), level + "\n");
        Files.writeString(cache.resolve("size"), size + "\n");
    }
}
