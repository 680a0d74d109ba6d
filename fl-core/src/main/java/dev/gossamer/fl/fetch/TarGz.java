package dev.gossamer.fl.fetch;

import dev.gossamer.fl.data.FileReason;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Unpacks {@code .tar.gz} archives that may have been made to do harm: files and folders alone, all within one folder. */
final class TarGz {

    private final Path archive;
    private final Path folder;
    private final Limits limits;
    private long entries;
    private long bytes;

    private TarGz(Path archive, Path folder, Limits limits) {
        this.archive = archive;
        this.folder = folder.toAbsolutePath().normalize();
        this.limits = limits;
    }

    /**
     * Unpacks an archive.
     *
     * @param folder is made, and must not be there; what is in it after a failure is for the caller to take away
     * @throws FetchException for an entry that leads out of the folder, is no file or folder, is there twice, or goes beyond
     *     a limit, and for damaged archives
     */
    static void unpack(Path archive, Path folder, Limits limits) {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(archive), 1 << 16);
                TarArchiveInputStream tar = new TarArchiveInputStream(new GZIPInputStream(in, 1 << 16))) {
            Files.createDirectories(folder);
            new TarGz(archive, folder, limits).unpack(tar);
        } catch (IOException e) {
            throw new FetchException(
                    archive + ": cannot be unpacked into " + folder + " (" + FileReason.of(e) + ")", e);
        }
    }

    private void unpack(TarArchiveInputStream tar) throws IOException {
        for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            entries++;
            if (entries > limits.entries()) {
                throw refusal("it has more than " + limits.entries() + " entries");
            }
            Path target = target(entry.getName());
            // The library's isFile() is true of devices too.
            switch (entry.getLinkFlag()) {
                case TarConstants.LF_DIR -> Files.createDirectories(target);
                case TarConstants.LF_NORMAL, TarConstants.LF_OLDNORM -> write(tar, entry, target);
                default -> throw refusal("its entry '" + entry.getName() + "' is neither a file nor a folder");
            }
        }
    }

    private Path target(String name) {
        boolean escapes = name.startsWith("/")
                || name.contains("\\")
                || name.contains(":")
                || Stream.of(name.split("/", -1)).anyMatch(".."::equals);
        if (!escapes) {
            try {
                Path target = folder.resolve(name).normalize();
                if (target.startsWith(folder)) {
                    return target;
                }
            } catch (InvalidPathException e) {
                throw refusal("its entry '" + name + "' has a name that is no path here");
            }
        }
        throw refusal("its entry '" + name + "' leads out of the archive");
    }

    private void write(TarArchiveInputStream tar, TarArchiveEntry entry, Path target) throws IOException {
        // The size of a file with holes is that without them.
        if (entry.isSparse()) {
            throw refusal("its entry '" + entry.getName() + "' is a file with holes");
        }
        bytes += entry.getSize();
        if (entry.getSize() > limits.entryBytes() || bytes > limits.bytes()) {
            throw refusal("with its entry '" + entry.getName() + "' of " + entry.getSize()
                    + " bytes it is larger than this data set can be");
        }
        Files.createDirectories(target.resolveSibling(""));
        try (OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW)) {
            tar.transferTo(out);
        } catch (FileAlreadyExistsException e) {
            throw refusal("its entry '" + entry.getName() + "' is there twice");
        }
    }

    private FetchException refusal(String why) {
        return new FetchException(archive + ": " + why + "; nothing of it is used");
    }
}
