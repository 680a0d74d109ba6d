package dev.gossamer.fl.fetch;

import dev.gossamer.fl.data.DataException;
import dev.gossamer.fl.data.FileReason;
import dev.gossamer.fl.fetch.PublishedData.RemoteFile;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Brings published data sets into a folder. A file, or what an archive holds, is there whole and checked or not at all. */
public final class Fetcher {

    private final Path folder;
    private final @Nullable URI mirror;
    private final Downloader downloader;
    private final Downloader.Listener listener;

    /**
     * A fetcher.
     *
     * @param folder of the data sets; made if it is not there
     * @param mirror an address that has files of the published names, or null for the publishers' own
     */
    public Fetcher(Path folder, @Nullable URI mirror, Downloader downloader, Downloader.Listener listener) {
        this.folder = folder;
        this.mirror = mirror;
        this.downloader = downloader;
        this.listener = listener;
    }

    /**
     * Fetches what is missing of a data set.
     *
     * @return whether anything was missing
     * @throws DataException if what lies there already is in the way
     * @throws FetchException if it cannot be had, or is not what its publisher says
     */
    public boolean fetch(PublishedData data) {
        if (data.remote().isEmpty()) {
            throw new DataException("Data set " + data.name()
                    + " cannot be fetched: nobody publishes its files with checksums. gossamer data list says more");
        }
        try {
            return data.archives() ? fetchArchive(data) : fetchFiles(data);
        } catch (IOException e) {
            throw new FetchException(folder + ": cannot be written (" + FileReason.of(e) + ")", e);
        }
    }

    private boolean fetchFiles(PublishedData data) throws IOException {
        Path place = folder.resolve(data.name());
        Files.createDirectories(place);
        boolean missing = false;
        for (RemoteFile file : data.remote()) {
            missing |= download(file, place.resolve(file.name()));
        }
        return missing;
    }

    private boolean fetchArchive(PublishedData data) throws IOException {
        Path place = folder.resolve(data.name());
        if (!isEmpty(place)) {
            List<Verification.Finding> findings = Verification.of(data, folder);
            // Where no file has a published checksum, none is known to be missing: what was fetched came here whole, by
            // one rename.
            if (findings.size() == data.files().size()
                    && findings.stream().allMatch(finding -> finding.verdict() == Verification.Verdict.GOOD)) {
                return false;
            }
            throw new DataException(place + " is not empty, and not the whole data set " + data.name()
                    + ". Move it away, or name another folder with --data");
        }
        Files.createDirectories(folder);
        for (RemoteFile file : data.remote()) {
            Path archive = folder.resolve(file.name());
            download(file, archive);
            unpack(archive, place, data);
            Files.delete(archive);
        }
        return true;
    }

    /** Whether the file was not there. */
    private boolean download(RemoteFile file, Path target) throws IOException {
        if (Files.exists(target)) {
            Checksum found;
            try (InputStream in = Files.newInputStream(target)) {
                found = file.checksum().of(in);
            }
            if (found.equals(file.checksum())) {
                return false;
            }
            throw new DataException(target + ": is there, but has " + found + " and not the published "
                    + file.checksum() + ". Move it away");
        }
        downloader.download(address(file), target, file.checksum(), file.mostBytes(), listener);
        return true;
    }

    private URI address(RemoteFile file) {
        if (mirror == null) {
            return file.uri();
        }
        String base = mirror.toString();
        return URI.create(base.endsWith("/") ? base + file.name() : base + "/" + file.name());
    }

    /** Beside its place first, then there at once. */
    private void unpack(Path archive, Path place, PublishedData data) throws IOException {
        Path beside = folder.resolve("." + data.name() + ".unpacking");
        delete(beside);
        try {
            TarGz.unpack(archive, beside, data.limits());
            Path inner = beside.resolve(data.archiveFolder());
            Files.deleteIfExists(place);
            Files.move(Files.isDirectory(inner) ? inner : beside, place, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            delete(beside);
        }
    }

    private static boolean isEmpty(Path place) throws IOException {
        if (!Files.exists(place)) {
            return true;
        }
        try (Stream<Path> entries = Files.list(place)) {
            return entries.findAny().isEmpty();
        }
    }

    private static void delete(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(tree)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
