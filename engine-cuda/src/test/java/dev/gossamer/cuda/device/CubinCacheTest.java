package dev.gossamer.cuda.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CubinCacheTest {

    private static final byte[] CONTENT = {3, 1, 4, 1, 5};

    @TempDir
    Path folder;

    @Test
    void givesBackWhatItKept() throws IOException {
        CubinCache cache = new CubinCache(Optional.of(folder.resolve("made/when/needed")));
        assertThat(cache.read("a")).isEmpty();

        assertThat(cache.write("a", CONTENT)).isEqualTo("kept in " + folder.resolve("made/when/needed"));
        assertThat(cache.read("a")).hasValue(CONTENT);
        assertThat(cache.read("b")).isEmpty();
        try (Stream<Path> left = Files.list(folder.resolve("made/when/needed"))) {
            assertThat(left).hasSize(1);
        }
    }

    @Test
    void replacesAnEntry() {
        CubinCache cache = new CubinCache(Optional.of(folder));
        cache.write("a", new byte[] {9});
        cache.write("a", CONTENT);
        assertThat(cache.read("a")).hasValue(CONTENT);
    }

    @Test
    void anyDamageMakesAnEntryAbsent() throws IOException {
        CubinCache cache = new CubinCache(Optional.of(folder));
        cache.write("a", CONTENT);
        Path entry = folder.resolve("a");
        byte[] whole = Files.readAllBytes(entry);
        for (int at = 0; at < whole.length; at++) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 4;
            Files.write(entry, damaged);
            assertThat(cache.read("a")).as("bit of byte %d turned", at).isEmpty();
            Files.write(entry, Arrays.copyOf(whole, at));
            assertThat(cache.read("a")).as("cut to %d bytes", at).isEmpty();
        }
        Files.write(entry, Arrays.copyOf(whole, whole.length + 1));
        assertThat(cache.read("a")).as("a byte too long").isEmpty();
        Files.write(entry, whole);
        assertThat(cache.read("a")).hasValue(CONTENT);
    }

    @Test
    void goesOnWithoutAFolderItCannotWrite() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "not a folder");
        CubinCache cache = new CubinCache(Optional.of(file));
        assertThat(cache.write("a", CONTENT)).startsWith("not kept, as " + file + " cannot be written");
        assertThat(cache.read("a")).isEmpty();

        CubinCache none = new CubinCache(Optional.empty());
        assertThat(none.write("a", CONTENT)).startsWith("not kept").contains("-Dgossamer.cuda.cache=FOLDER");
        assertThat(none.read("a")).isEmpty();
    }

    @Test
    void theFolderIsThePropertysOrThePlatforms() {
        Path base = folder.toAbsolutePath();
        Properties none = new Properties();
        Properties home = of("user.home", base.toString());
        Map<String, String> xdg = Map.of("XDG_CACHE_HOME", base.resolve("xdg").toString());
        Map<String, String> local = Map.of("LOCALAPPDATA", base.resolve("local").toString());

        assertThat(CubinCache.folder(of(CubinCache.PROPERTY, base.toString()), xdg, false))
                .hasValue(base);
        assertThat(CubinCache.folder(home, xdg, false)).hasValue(base.resolve("xdg/gossamer/cubin"));
        assertThat(CubinCache.folder(home, Map.of(), false)).hasValue(base.resolve(".cache/gossamer/cubin"));
        assertThat(CubinCache.folder(home, local, true)).hasValue(base.resolve("local/gossamer/cubin"));
        assertThat(CubinCache.folder(home, Map.of("XDG_CACHE_HOME", "relative"), false))
                .as("relative folders are to be ignored, says the XDG specification")
                .hasValue(base.resolve(".cache/gossamer/cubin"));
        assertThat(CubinCache.folder(none, Map.of(), false)).isEmpty();
        assertThat(CubinCache.folder(of("user.home", "?"), Map.of(), false)).isEmpty();
        assertThat(CubinCache.folder(none, Map.of(), true)).isEmpty();
    }

    private static Properties of(String key, String value) {
        Properties properties = new Properties();
        properties.setProperty(key, value);
        return properties;
    }
}
