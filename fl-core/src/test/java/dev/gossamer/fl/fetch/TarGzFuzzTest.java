package dev.gossamer.fl.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.fl.FileFuzz;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged and forged archives: a {@link FetchException} that names the archive, or files that are within the folder and the
 * limits. They are a tenth of {@code -Dgossamer.fuzz.messages}, 1,000 unless told otherwise; {@code -Dgossamer.fuzz.seed} for
 * others.
 */
class TarGzFuzzTest {

    private static final int FILES = Math.max(1, FileFuzz.FILES / 10);
    private static final Limits LIMITS = new Limits(6, 2_000, 4_000);

    @TempDir
    Path root;

    private final FileFuzz fuzz = new FileFuzz();

    @Test
    void damagedArchivesAreRefusedOrUnpackedWithinTheirFolder() throws IOException {
        byte[] good = tar();
        Path archive = root.resolve("some.tar.gz");
        Path folder = root.resolve("unpacked");
        int accepted = 0;
        for (int i = 0; i < FILES; i++) {
            byte[] bad = fuzz.damagedGzip(good);
            Files.write(archive, bad);
            accepted += FileFuzz.isAccepted(i, bad, FetchException.class, archive.toString(), () -> {
                        TarGz.unpack(archive, folder, LIMITS);
                        return folder;
                    })
                    ? 1
                    : 0;
            assertThat(bytes(folder)).isLessThanOrEqualTo(LIMITS.bytes());
            try (Stream<Path> beside = Files.list(root)) {
                assertThat(beside).isSubsetOf(archive, folder);
            }
            delete(folder);
        }
        // The contents may be any, and the format ends with zeros that nobody reads.
        assertThat(accepted).isBetween(FILES / 100, FILES * 9 / 10);
    }

    private static long bytes(Path folder) throws IOException {
        long bytes = 0;
        for (Path path : all(folder)) {
            bytes += Files.isRegularFile(path) ? Files.size(path) : 0;
        }
        return bytes;
    }

    private static void delete(Path folder) throws IOException {
        for (Path path : all(folder).stream().sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(path);
        }
    }

    private static List<Path> all(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(folder)) {
            return all.toList();
        }
    }

    private static byte[] tar() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            for (String name : new String[] {"a/b.bin", "c.txt", "a/" + "long".repeat(30)}) {
                byte[] content = name.repeat(10).getBytes(StandardCharsets.US_ASCII);
                TarArchiveEntry entry = new TarArchiveEntry(name);
                entry.setSize(content.length);
                tar.putArchiveEntry(entry);
                tar.write(content);
                tar.closeArchiveEntry();
            }
        }
        return out.toByteArray();
    }
}
