package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {

    @TempDir
    Path home;

    private Path folder(Map<String, String> env, String os) {
        return DataFolder.standard(env, os, home);
    }

    @Test
    void theOwnVariableGoesFirst() {
        Path own = home.resolve("data");
        Map<String, String> env = Map.of("GOSSAMER_DATA", own.toString(), "XDG_CACHE_HOME", home.toString());

        assertThat(folder(env, "Linux")).isEqualTo(own);
        assertThat(folder(env, "Windows 11")).isEqualTo(own);
    }

    @Test
    void otherwiseItIsTheUsersCacheFolderOfThePlatform() {
        assertThat(folder(Map.of(), "Linux")).isEqualTo(home.resolve(".cache/gossamer"));
        assertThat(folder(Map.of("GOSSAMER_DATA", " "), "Linux")).isEqualTo(home.resolve(".cache/gossamer"));
        assertThat(folder(Map.of(), "Mac OS X")).isEqualTo(home.resolve("Library/Caches/gossamer"));
        assertThat(folder(Map.of(), "Windows 11")).isEqualTo(home.resolve("AppData/Local/gossamer/cache"));
        assertThat(folder(Map.of("LOCALAPPDATA", home.toString()), "Windows 11"))
                .isEqualTo(home.resolve("gossamer/cache"));
    }

    @Test
    void anXdgCacheIsUsedIfAbsolute() {
        assertThat(folder(Map.of("XDG_CACHE_HOME", home.toString()), "Linux")).isEqualTo(home.resolve("gossamer"));
        assertThat(folder(Map.of("XDG_CACHE_HOME", "relative"), "Linux")).isEqualTo(home.resolve(".cache/gossamer"));
    }

    @Test
    void aVariableThatIsNoPathIsNamed() {
        assertThatThrownBy(() -> folder(Map.of("GOSSAMER_DATA", "a\0b"), "Linux"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("GOSSAMER_DATA");
    }
}
