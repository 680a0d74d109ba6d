package dev.gossamer.fl.fetch;

import dev.gossamer.fl.data.FileReason;
import dev.gossamer.fl.fetch.PublishedData.KnownFile;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** Compares the files of a data set with their published checksums. */
public final class Verification {

    private Verification() {}

    /** What a comparison came to. */
    public enum Verdict {
        /** The published file. */
        GOOD,
        /** Shorter than the published file, as the readers allow; its checksum says nothing. */
        PART,
        /** Unpacked, and a checksum is published of the packed file only. */
        UNKNOWN,
        /** Another file than the published one. */
        WRONG
    }

    /**
     * A file that is there.
     *
     * @param detail for people
     */
    public record Finding(Path file, Verdict verdict, String detail) {}

    /**
     * Looks at the known files of a data set, where its reader looks for them; what is not there is left out.
     *
     * @param folder of the data sets
     */
    public static List<Finding> of(PublishedData data, Path folder) {
        List<Path> places = List.of(folder.resolve(data.name()), folder.resolve(data.archiveFolder()), folder);
        List<Finding> findings = new ArrayList<>();
        for (KnownFile file : data.files()) {
            find(places, file).ifPresent(path -> findings.add(compare(path, file)));
        }
        return findings;
    }

    /** As the readers do: in each place the unpacked file goes first. */
    private static Optional<Path> find(List<Path> places, KnownFile file) {
        String plain = file.name().endsWith(".gz")
                ? file.name().substring(0, file.name().length() - ".gz".length())
                : file.name();
        return places.stream()
                .flatMap(place -> Stream.of(place.resolve(plain), place.resolve(plain + ".gz")))
                .filter(Files::isRegularFile)
                .findFirst();
    }

    private static Finding compare(Path path, KnownFile file) {
        boolean gzip = path.toString().endsWith(".gz");
        if (file.packed() && !gzip) {
            return new Finding(path, Verdict.UNKNOWN, "no checksum is published of the unpacked file");
        }
        try (InputStream raw = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
                Counted in = new Counted(file.packed() || !gzip ? raw : new GZIPInputStream(raw, 1 << 16))) {
            Checksum found = file.checksum().of(in);
            if (found.equals(file.checksum())) {
                return new Finding(path, Verdict.GOOD, found.toString());
            }
            if (!file.packed() && in.count < file.bytes()) {
                return new Finding(path, Verdict.PART, in.count + " of " + file.bytes() + " bytes");
            }
            return new Finding(path, Verdict.WRONG, found + ", published is " + file.checksum());
        } catch (IOException e) {
            return new Finding(path, Verdict.WRONG, "cannot be read: " + FileReason.of(e));
        }
    }

    private static final class Counted extends FilterInputStream {

        private long count;

        Counted(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            int read = super.read(bytes, from, length);
            count += Math.max(read, 0);
            return read;
        }
    }
}
