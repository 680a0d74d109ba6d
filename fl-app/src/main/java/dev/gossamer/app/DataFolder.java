package dev.gossamer.app;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/** Where data sets lie when no folder is named. */
final class DataFolder {

    static final String VARIABLE = "GOSSAMER_DATA";

    private DataFolder() {}

    /** {@code $GOSSAMER_DATA}; without it, a folder for this user's caches, which need not exist. */
    static Path standard() {
        return standard(System.getenv(), System.getProperty("os.name"), Path.of(System.getProperty("user.home")));
    }

    static Path standard(Map<String, String> env, String osName, Path userHome) {
        String own = env.getOrDefault(VARIABLE, "");
        return own.isBlank() ? caches(env, osName.toLowerCase(Locale.ROOT), userHome) : path(VARIABLE, own);
    }

    private static Path caches(Map<String, String> env, String os, Path userHome) {
        if (os.startsWith("windows")) {
            String local = env.getOrDefault("LOCALAPPDATA", "");
            Path base = local.isBlank() ? userHome.resolve("AppData").resolve("Local") : path("LOCALAPPDATA", local);
            return base.resolve("gossamer").resolve("cache");
        }
        String xdg = env.getOrDefault("XDG_CACHE_HOME", "");
        // The XDG specification tells programs to ignore a relative one.
        if (!xdg.isBlank() && path("XDG_CACHE_HOME", xdg).isAbsolute()) {
            return path("XDG_CACHE_HOME", xdg).resolve("gossamer");
        }
        return (os.startsWith("mac") ? userHome.resolve("Library/Caches") : userHome.resolve(".cache"))
                .resolve("gossamer");
    }

    private static Path path(String variable, String value) {
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new UsageException(
                    "The environment variable " + variable + " is not a path: '" + value + "'. Change or unset it.", e);
        }
    }
}
