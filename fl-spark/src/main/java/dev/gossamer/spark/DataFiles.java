package dev.gossamer.spark;

import dev.gossamer.fl.data.DataException;
import dev.gossamer.fl.run.DataSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.spark.SparkEnv;
import org.apache.spark.deploy.SparkHadoopUtil;

/**
 * Folders of data sets wherever Hadoop's file systems lead. What is not on this machine is copied to it once, for all
 * processes of it: data sets are read at random places, and much smaller than a disk.
 */
final class DataFiles {

    private static final System.Logger LOG = System.getLogger(DataFiles.class.getName());

    /** A scheme has more letters than a drive of Windows. */
    private static final Pattern ADDRESS = Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]+:/.*");

    private static final String FILE = "file:";

    private DataFiles() {}

    /** Of this process, with what Spark was told of file systems. */
    static Configuration hadoop() {
        return SparkHadoopUtil.get().newConfiguration(SparkEnv.get().conf());
    }

    /** A location as other processes of this machine find it. */
    static String absolute(String location) {
        return ADDRESS.matcher(location).matches()
                ? location
                : java.nio.file.Path.of(location).toAbsolutePath().toString();
    }

    /**
     * A folder of this machine with a data set, if it is in files.
     *
     * @throws DataException if there is nothing at the location, or it cannot be read
     */
    static java.nio.file.Path folder(String location, String dataset) {
        if (DataSource.isEmbedded(dataset) || !ADDRESS.matcher(location).matches()) {
            return java.nio.file.Path.of(location);
        }
        if (location.startsWith(FILE)) {
            return java.nio.file.Path.of(new Path(location).toUri().getPath());
        }
        try {
            return copied(new Path(location), dataset);
        } catch (IOException e) {
            throw new DataException(
                    "Data set " + dataset + " cannot be read from " + location + ": " + e + ". Correct the address, or"
                            + " give Spark what its file system needs, as --conf spark.hadoop.KEY=VALUE",
                    e);
        }
    }

    /** The folder of the data set's name there, or that folder itself. */
    private static java.nio.file.Path copied(Path root, String dataset) throws IOException {
        FileSystem files = root.getFileSystem(hadoop());
        Path named = new Path(root, dataset);
        Path from = files.exists(named) ? named : root;
        List<FileStatus> all = new ArrayList<>();
        for (RemoteIterator<LocatedFileStatus> found = files.listFiles(from, true); found.hasNext(); ) {
            all.add(found.next());
        }
        all.sort(Comparator.comparing(FileStatus::getPath));
        java.nio.file.Path cache = java.nio.file.Path.of(
                System.getProperty("java.io.tmpdir"), "gossamer-data-" + System.getProperty("user.name"));
        java.nio.file.Path copy = cache.resolve(dataset + "-" + fingerprint(all));
        if (!Files.isDirectory(copy)) {
            LOG.log(System.Logger.Level.INFO, () -> "Copies " + from + " to " + copy);
            Files.createDirectories(cache);
            copy(files, from, all, cache, copy);
        }
        return copy;
    }

    /** A file that was changed has another time, and is copied again. */
    private static String fingerprint(List<FileStatus> files) {
        CRC32C sum = new CRC32C();
        files.forEach(
                file -> sum.update((file.getPath() + " " + file.getLen() + " " + file.getModificationTime() + "\n")
                        .getBytes(StandardCharsets.UTF_8)));
        return String.format("%08x", sum.getValue());
    }

    /** Beside its place first, so that no process ever sees a part of it. */
    private static void copy(
            FileSystem files, Path from, List<FileStatus> all, java.nio.file.Path cache, java.nio.file.Path copy)
            throws IOException {
        java.nio.file.Path beside = Files.createTempDirectory(cache, "copying-");
        try {
            download(files, from, all, beside);
            place(beside, copy);
        } finally {
            FileUtil.fullyDelete(beside.toFile());
        }
    }

    private static void download(FileSystem files, Path from, List<FileStatus> all, java.nio.file.Path beside)
            throws IOException {
        for (FileStatus file : all) {
            String name = from.toUri().relativize(file.getPath().toUri()).getPath();
            java.nio.file.Path to = beside.resolve(name.replaceFirst("^/+", "")).normalize();
            if (!to.startsWith(beside)) {
                throw new IOException(file.getPath() + " is not below " + from);
            }
            Files.createDirectories(to.getParent());
            try (var in = files.open(file.getPath())) {
                Files.copy(in, to);
            }
        }
    }

    /** Another process may have been first, with the same files. */
    static void place(java.nio.file.Path beside, java.nio.file.Path copy) throws IOException {
        try {
            Files.move(beside, copy, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            // What a system answers where there is a folder differs, and so does its exception.
            if (!Files.isDirectory(copy)) {
                throw e;
            }
            LOG.log(System.Logger.Level.DEBUG, "Another process has copied the same", e);
        }
    }
}
