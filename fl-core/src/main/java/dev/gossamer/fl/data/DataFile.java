package dev.gossamer.fl.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A file of a data set, compressed by gzip or not, which is told from its first bytes and not from its name. Every fault in
 * reading one is a {@link DataException} that names the file.
 */
final class DataFile {

    /** The remedy for a damaged file. */
    static final String AGAIN = "; fetch the file again";

    private DataFile() {}

    /** Takes what it needs from an unpacked file. */
    @FunctionalInterface
    interface Content<T> {
        T read(InputStream in) throws IOException;
    }

    static <T> T read(Path file, Content<T> content) {
        try (InputStream in = open(file)) {
            return content.read(in);
        } catch (NoSuchFileException e) {
            throw new DataException(file + ": no such file", e);
        } catch (ZipException e) {
            throw new DataException(file + ": the gzip data are damaged (" + e.getMessage() + ")" + AGAIN, e);
        } catch (EOFException e) {
            throw new DataException(file + ": the gzip data end too early, the file was cut off" + AGAIN, e);
        } catch (IOException e) {
            throw new DataException(file + ": cannot be read (" + FileReason.of(e) + ")", e);
        }
    }

    private static InputStream open(Path file) throws IOException {
        BufferedInputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        try {
            in.mark(2);
            boolean gzip = in.read() == 0x1F && in.read() == 0x8B;
            in.reset();
            return gzip ? new GZIPInputStream(in, 1 << 16) : in;
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    /** Every path at which a file may lie, as it is or with {@code .gz}, in the order of search. */
    static List<Path> candidates(List<Path> places, String name) {
        return places.stream()
                .flatMap(place -> List.of(place.resolve(name), place.resolve(name + ".gz")).stream())
                .toList();
    }

    static Optional<Path> find(List<Path> places, String name) {
        return candidates(places, name).stream().filter(Files::isRegularFile).findFirst();
    }
}
