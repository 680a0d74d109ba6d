package dev.gossamer.spark;

import dev.gossamer.fl.data.FileReason;
import dev.gossamer.fl.run.AtomicFile;
import dev.gossamer.fl.run.ConfigException;
import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.RoundMetrics;
import dev.gossamer.fl.run.RunDirectory;
import dev.gossamer.fl.run.RunListener;
import dev.gossamer.fl.run.RunResult;
import dev.gossamer.fl.run.StoredRun;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * A folder on a file system of Hadoop's with a copy of a run directory, as it is after each round, for a driver that is lost with
 * its disk. Files go there in the order in which a run writes them, each beside its place and then renamed: what is there can
 * always be gone on with. A folder with another run or other files is refused, and only files that a run writes are ever deleted.
 */
final class RunMirror {

    private static final String ROUND = "checkpoint/round-";
    private static final String COPYING = ".copying";

    /**
     * The manifest first, which tells whose the folder is, and what the run began with before the configuration that names it; a
     * checkpoint's memories and metrics before it, the result last.
     */
    private static final Comparator<String> AS_WRITTEN = Comparator.comparing(
                    (String name) -> !name.equals(RunDirectory.MANIFEST))
            .thenComparing(name -> !name.equals(RunDirectory.INIT))
            .thenComparing(name -> name.equals(RunDirectory.RESULT))
            .thenComparing(name -> name.startsWith(ROUND))
            .thenComparing(Comparator.naturalOrder());

    /** The manifest last: a directory that has it has all the others. */
    private static final Comparator<String> AS_RESTORED = Comparator.comparing(
                    (String name) -> name.equals(RunDirectory.MANIFEST))
            .thenComparing(AS_WRITTEN);

    private final Path mirror;
    private final Configuration hadoop;
    private final boolean overwrite;

    /** @param overwrite whether the copy of another run may be replaced */
    RunMirror(String mirror, Configuration hadoop, boolean overwrite) {
        this.mirror = new Path(mirror);
        this.hadoop = hadoop;
        this.overwrite = overwrite;
    }

    // ---- what is there

    /**
     * Refuses a folder in which something else would be lost.
     *
     * @param started of the run that is to be kept, as {@link StoredRun#started} tells it; empty of one that is yet to begin
     * @throws ConfigException naming it, and the remedy
     */
    void check(String started) {
        try {
            FileContext files = files();
            if (!files.util().exists(mirror)) {
                return;
            }
            String there = startThere(files);
            if (there.isEmpty()) {
                requireEmpty(files);
            } else if (!overwrite && !there.equals(started)) {
                throw new ConfigException("Mirror " + mirror + " holds another run, which began at " + there
                        + "; give a folder that is new or empty, or --overwrite to `train` to replace it");
            }
        } catch (IOException e) {
            throw new ConfigException("Mirror " + mirror + " cannot be read: " + FileReason.of(e), e);
        }
    }

    /** Of the run whose copy is there; empty if there is no manifest. */
    private String startThere(FileContext files) throws IOException {
        Path manifest = new Path(mirror, RunDirectory.MANIFEST);
        if (!files.util().exists(manifest)) {
            return "";
        }
        String started = StoredRun.started(read(files, manifest));
        if (started.isEmpty()) {
            throw new ConfigException("Mirror " + mirror + " does not hold a run, as its " + RunDirectory.MANIFEST
                    + " is none of ours; give a folder that is new or empty");
        }
        return started;
    }

    /**
     * Names say nothing of whose files they are where there is no manifest: others have a {@code config.yaml} and a folder {@code
     * checkpoint} too. All that a copy leaves that breaks off before its manifest is there is a part of that.
     */
    private void requireEmpty(FileContext files) throws IOException {
        for (FileStatus entry : files.util().listStatus(mirror)) {
            String name = entry.getPath().getName();
            if (!name.equals(RunDirectory.MANIFEST + COPYING)) {
                throw new ConfigException("Mirror " + mirror + " does not hold a run but " + name
                        + "; nothing in it is overwritten, give a folder that is new or empty");
            }
        }
    }

    /** Whether it is a run's file, or was to become one. */
    private static boolean isCopied(String name) {
        String whole = name.endsWith(COPYING) ? name.substring(0, name.length() - COPYING.length()) : name;
        return RunDirectory.writes(whole);
    }

    private FileContext files() throws IOException {
        return FileContext.getFileContext(mirror.toUri(), hadoop);
    }

    private static byte[] read(FileContext files, Path file) throws IOException {
        try (var in = files.open(file)) {
            return in.readAllBytes();
        }
    }

    private Set<String> there(FileContext files) throws IOException {
        Set<String> names = new HashSet<>();
        String root = files.makeQualified(mirror).toUri().getPath() + "/";
        for (RemoteIterator<LocatedFileStatus> found = files.util().listFiles(mirror, true); found.hasNext(); ) {
            names.add(found.next().getPath().toUri().getPath().substring(root.length()));
        }
        return names;
    }

    // ---- there

    /** Hears of a run, and copies its directory. */
    RunListener keeper(java.nio.file.Path directory) {
        return new Keeper(directory);
    }

    private final class Keeper implements RunListener {

        private final java.nio.file.Path directory;
        private final Map<String, Version> copied = new HashMap<>();

        /** A file that has neither changed is not copied again. */
        private record Version(long length, FileTime time) {}

        Keeper(java.nio.file.Path directory) {
            this.directory = directory;
        }

        @Override
        public void started(Experiment experiment) {
            String started = startOf(directory);
            check(started);
            clear(started);
            copy();
        }

        @Override
        public boolean readsCheckpoints() {
            return true;
        }

        @Override
        public void roundDone(RoundMetrics metrics) {
            copy();
        }

        /** The checkpoint of the last round may have come only now. */
        @Override
        public void halted() {
            copy();
        }

        @Override
        public void finished(RunResult result) {
            copy();
        }

        /** Of another run nothing stays, lest its checkpoints be gone on with: the manifest goes last, as it says that they may go. */
        private void clear(String started) {
            try {
                FileContext files = files();
                String there = startThere(files);
                if (there.isEmpty() || there.equals(started)) {
                    return;
                }
                for (String name : there(files).stream()
                        .filter(RunMirror::isCopied)
                        .sorted(AS_WRITTEN.reversed())
                        .toList()) {
                    files.delete(new Path(mirror, name), false);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(mirror + ": the run there cannot be removed: " + FileReason.of(e), e);
            }
        }

        private void copy() {
            try {
                FileContext files = files();
                List<String> names = names();
                for (String name : names) {
                    java.nio.file.Path file = directory.resolve(name);
                    Version version = new Version(Files.size(file), Files.getLastModifiedTime(file));
                    if (!version.equals(copied.get(name))) {
                        put(files, directory.resolve(name), name);
                        copied.put(name, version);
                    }
                }
                for (String gone : there(files)) {
                    if (isCopied(gone) && !names.contains(gone)) {
                        files.delete(new Path(mirror, gone), false);
                        copied.remove(gone);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(mirror + ": a copy of the run cannot be kept: " + FileReason.of(e), e);
            }
        }

        private List<String> names() throws IOException {
            try (Stream<java.nio.file.Path> files = Files.walk(directory, 2)) {
                return files.filter(Files::isRegularFile)
                        .map(file -> directory.relativize(file).toString().replace('\\', '/'))
                        .filter(RunDirectory::writes)
                        .sorted(AS_WRITTEN)
                        .toList();
            }
        }
    }

    private void put(FileContext files, java.nio.file.Path file, String name) throws IOException {
        Path place = new Path(mirror, name);
        Path beside = place.suffix(COPYING);
        try (var out = files.create(
                beside, EnumSet.of(CreateFlag.CREATE, CreateFlag.OVERWRITE), Options.CreateOpts.createParent())) {
            Files.copy(file, out);
        }
        files.rename(beside, place, Options.Rename.OVERWRITE);
    }

    // ---- and back

    /**
     * Brings the run back, unless its directory has one. Where that breaks off it can be done again: what has come back is as it
     * is here.
     *
     * @throws ConfigException if the directory has another run, or a file that would be replaced; nothing is written then
     */
    void restore(java.nio.file.Path directory) {
        if (StoredRun.hasManifest(directory)) {
            check(startOf(directory));
            return;
        }
        try {
            FileContext files = files();
            if (startThere(files).isEmpty()) {
                return;
            }
            List<String> names = there(files).stream()
                    .filter(RunDirectory::writes)
                    .sorted(AS_RESTORED)
                    .toList();
            for (String name : names) {
                requireNoOther(files, name, directory.resolve(name));
            }
            for (String name : names) {
                java.nio.file.Path file = directory.resolve(name);
                Files.createDirectories(file.getParent());
                try (var in = files.open(new Path(mirror, name))) {
                    AtomicFile.write(file, channel -> in.transferTo(Channels.newOutputStream(channel)));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(mirror + ": the copy of the run cannot be read: " + FileReason.of(e), e);
        }
    }

    /** Refuses to replace a file that is not a copy of what is here: without a manifest of ours it can be anybody's. */
    private void requireNoOther(FileContext files, String name, java.nio.file.Path file) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) == 0) {
            return;
        }
        try (var in = files.open(new Path(mirror, name));
                var there = new BufferedInputStream(in);
                var here = new BufferedInputStream(Files.newInputStream(file))) {
            int next;
            do {
                next = there.read();
                if (next != here.read()) {
                    throw new ConfigException(file + " is no part of the run whose copy is in " + mirror
                            + ", and would be replaced by one; nothing was brought back. Move it away, or resume in a"
                            + " folder that is new or empty");
                }
            } while (next >= 0);
        }
    }

    /** Of the run in a directory; empty if there is none that can be told. */
    private static String startOf(java.nio.file.Path directory) {
        java.nio.file.Path manifest = directory.resolve(RunDirectory.MANIFEST);
        try {
            return Files.isRegularFile(manifest) ? StoredRun.started(Files.readAllBytes(manifest)) : "";
        } catch (IOException e) {
            throw new ConfigException(manifest + ": cannot be read: " + FileReason.of(e), e);
        }
    }
}
