import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Packs the jars of a folder, the first argument, again without compression: xz does better with what is not compressed. Leaves
 * out the entries whose names contain one of the further arguments.
 */
final class Jars {

    /** Of all entries, since their own depend on the time zone here; so does what a zip file can hold as first, 1 January 1980. */
    private static final LocalDateTime TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

    private Jars() {}

    public static void main(String[] args) throws IOException {
        List<String> unwanted = List.of(args).subList(1, args.length);
        try (Stream<Path> files = Files.list(Path.of(args[0]))) {
            files.filter(file -> file.toString().endsWith(".jar")).forEach(jar -> store(jar, unwanted));
        }
    }

    private static void store(Path jar, List<String> unwanted) {
        Path stored = jar.resolveSibling(jar.getFileName() + ".stored");
        try {
            try (ZipFile from = new ZipFile(jar.toFile());
                    OutputStream file = Files.newOutputStream(stored);
                    ZipOutputStream to = new ZipOutputStream(file)) {
                for (ZipEntry entry : Collections.list(from.entries())) {
                    if (unwanted.stream().noneMatch(entry.getName()::contains)) {
                        copy(from, entry, to);
                    }
                }
            }
            Files.delete(jar);
            Files.move(stored, jar);
        } catch (IOException e) {
            throw new UncheckedIOException(jar.toString(), e);
        }
    }

    private static void copy(ZipFile from, ZipEntry entry, ZipOutputStream to) throws IOException {
        byte[] bytes = from.getInputStream(entry).readAllBytes();
        CRC32 crc = new CRC32();
        crc.update(bytes);
        ZipEntry copy = new ZipEntry(entry.getName());
        copy.setMethod(ZipEntry.STORED);
        copy.setSize(bytes.length);
        copy.setCrc(crc.getValue());
        copy.setTimeLocal(TIME);
        to.putNextEntry(copy);
        to.write(bytes);
        to.closeEntry();
    }
}
