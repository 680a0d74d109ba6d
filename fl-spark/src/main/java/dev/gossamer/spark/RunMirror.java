package dev.gossamer.spark;

import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.RoundMetrics;
import dev.gossamer.fl.run.RunListener;
import dev.gossamer.fl.run.RunResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
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
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * Keeps a copy of a run directory on a file system of Hadoop's, as it is after each round, for a driver that is lost with its
 * disk. Files go there in the order in which a run writes them, each beside its place and then renamed: what is there can
 * always be gone on with.
 */
final class RunMirror implements RunListener {

    private static final String ROUND = "checkpoint/round-";
    private static final String RESULT = "result.json";
    private static final String MANIFEST = "manifest.json";

    private final java.nio.file.Path directory;
    private final Path mirror;
    private final Configuration hadoop;
    private final Map<String, Version> copied = new HashMap<>();

    /** A file that has neither changed is not copied again. */
    private record Version(long length, FileTime time) {}

    RunMirror(java.nio.file.Path directory, String mirror, Configuration hadoop) {
        this.directory = directory;
        this.mirror = new Path(mirror);
        this.hadoop = hadoop;
    }

    @Override
    public void started(Experiment experiment) {
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

    @Override
    public void finished(RunResult result) {
        copy();
    }

    private void copy() {
        try {
            FileContext files = FileContext.getFileContext(mirror.toUri(), hadoop);
            List<String> names = names();
            for (String name : names) {
                java.nio.file.Path file = directory.resolve(name);
                Version version = new Version(Files.size(file), Files.getLastModifiedTime(file));
                if (!version.equals(copied.get(name))) {
                    put(files, name);
                    copied.put(name, version);
                }
            }
            for (String gone : new HashSet<>(there(files))) {
                if (!names.contains(gone)) {
                    files.delete(new Path(mirror, gone), false);
                    copied.remove(gone);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(mirror + ": a copy of the run cannot be kept: " + e.getMessage(), e);
        }
    }

    /** In the order in which a run writes them: a checkpoint's memories and metrics before it, the result last. */
    private List<String> names() throws IOException {
        try (Stream<java.nio.file.Path> files = Files.walk(directory, 2)) {
            List<String> names = new ArrayList<>(files.filter(Files::isRegularFile)
                    .map(file -> directory.relativize(file).toString().replace('\\', '/'))
                    .toList());
            names.sort(Comparator.comparing((String name) -> name.equals(RESULT))
                    .thenComparing(name -> name.startsWith(ROUND))
                    .thenComparing(Comparator.naturalOrder()));
            return names;
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

    private void put(FileContext files, String name) throws IOException {
        Path place = new Path(mirror, name);
        Path beside = place.suffix(".copying");
        try (var out = files.create(
                beside, EnumSet.of(CreateFlag.CREATE, CreateFlag.OVERWRITE), Options.CreateOpts.createParent())) {
            Files.copy(directory.resolve(name), out);
        }
        files.rename(beside, place, Options.Rename.OVERWRITE);
    }

    /** Brings the run back, unless its directory has one. */
    void restore() {
        if (Files.exists(directory.resolve(MANIFEST))) {
            return;
        }
        try {
            FileContext files = FileContext.getFileContext(mirror.toUri(), hadoop);
            if (!files.util().exists(mirror)) {
                return;
            }
            for (String name : there(files)) {
                java.nio.file.Path file = directory.resolve(name);
                Files.createDirectories(file.getParent());
                try (var in = files.open(new Path(mirror, name))) {
                    Files.copy(in, file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(mirror + ": the copy of the run cannot be read: " + e.getMessage(), e);
        }
    }
}
