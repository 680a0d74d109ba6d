package dev.gossamer.cuda.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * Compiled kernels on disk, so that only the first start compiles. Nothing here fails: an entry that cannot be read or does
 * not match its digest is not there, one that cannot be written is not kept.
 *
 * <p>An entry is {@link #MAGIC}, the length of its content, the SHA-256 of its content, the content. It appears whole, by a
 * move: many JVMs may share the folder.
 *
 * @param folder made when first needed; empty keeps nothing
 */
record CubinCache(Optional<Path> folder) {

    static final String PROPERTY = "gossamer.cuda.cache";

    private static final long MAGIC = 0x676f_7373_6375_6231L; // "gosscub1"
    private static final int HEADER = 2 * Long.BYTES + 32;

    /** The property's folder, or the platform's for caches. */
    static CubinCache ofThisMachine() {
        return new CubinCache(folder(
                System.getProperties(),
                System.getenv(),
                System.getProperty("os.name", "").startsWith("Windows")));
    }

    static Optional<Path> folder(Properties properties, Map<String, String> env, boolean windows) {
        String asked = properties.getProperty(PROPERTY, "");
        if (!asked.isBlank()) {
            return path(asked).map(Path::toAbsolutePath);
        }
        Path inside = Path.of("gossamer", "cubin");
        if (windows) {
            return absolute(env.getOrDefault("LOCALAPPDATA", "")).map(base -> base.resolve(inside));
        }
        return absolute(env.getOrDefault("XDG_CACHE_HOME", ""))
                .or(() -> absolute(properties.getProperty("user.home", "")).map(home -> home.resolve(".cache")))
                .map(base -> base.resolve(inside));
    }

    /** Unset variables are empty, and a container's user without a home has "?". */
    private static Optional<Path> absolute(String text) {
        return path(text).filter(Path::isAbsolute);
    }

    private static Optional<Path> path(String text) {
        try {
            return Optional.of(Path.of(text));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    /** What was kept under that name, if it is whole. */
    Optional<byte[]> read(String name) {
        if (folder.isEmpty()) {
            return Optional.empty();
        }
        try {
            return content(Files.readAllBytes(folder.get().resolve(name)));
        } catch (IOException | SecurityException e) {
            return Optional.empty();
        }
    }

    private static Optional<byte[]> content(byte[] entry) {
        if (entry.length < HEADER) {
            return Optional.empty();
        }
        ByteBuffer header = ByteBuffer.wrap(entry);
        boolean whole = header.getLong() == MAGIC && header.getLong() == entry.length - HEADER;
        byte[] digest = Arrays.copyOfRange(entry, 2 * Long.BYTES, HEADER);
        byte[] content = Arrays.copyOfRange(entry, HEADER, entry.length);
        return whole && Arrays.equals(digest, Digests.sha256(content)) ? Optional.of(content) : Optional.empty();
    }

    /**
     * Keeps it.
     *
     * @return one line: where, or why not
     */
    String write(String name, byte[] content) {
        if (folder.isEmpty()) {
            return "not kept, as no folder for caches is known (-D" + PROPERTY + "=FOLDER names one)";
        }
        byte[] entry = ByteBuffer.allocate(HEADER + content.length)
                .putLong(MAGIC)
                .putLong(content.length)
                .put(Digests.sha256(content))
                .put(content)
                .array();
        try {
            Files.createDirectories(folder.get());
            replace(folder.get(), name, entry);
            return describe();
        } catch (IOException | SecurityException e) {
            return "not kept, as " + folder.get() + " cannot be written (" + e + ")";
        }
    }

    /** Where entries are. */
    String describe() {
        return folder.map(where -> "kept in " + where).orElse("not kept");
    }

    private static void replace(Path folder, String name, byte[] entry) throws IOException {
        Path whole = Files.createTempFile(folder, name, ".part");
        try {
            Files.write(whole, entry);
            Files.move(
                    whole, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(whole);
        }
    }
}
