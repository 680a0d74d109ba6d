package dev.gossamer.fl.run;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.data.FileReason;
import dev.gossamer.fl.sparsity.PowerPropagation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;

/**
 * The folder that a run writes. It is readable at any time: {@code manifest.json} and then {@code config.yaml} are there before
 * the first round (the manifest gets the memory that training took when all is done), {@code metrics.jsonl} gets whole lines,
 * {@code checkpoint} has what it takes to go on, {@code model.safetensors} and then {@code result.json} appear complete at the
 * end, when the checkpoints go. A folder without {@code result.json} is one of a run that did not finish.
 *
 * <p>What is made of these files ({@code report.html}, {@code plots}, {@code metrics.csv}, TensorBoard's events) may be deleted
 * and made again.
 *
 * <p>One process at a time has it open; the lock is on a file of its own and ends with the process.
 */
public final class RunDirectory implements AutoCloseable {

    public static final String CONFIG = "config.yaml";
    public static final String MANIFEST = "manifest.json";
    public static final String METRICS = "metrics.jsonl";
    public static final String MODEL = "model.safetensors";

    /** Theta that the run began with, where a file gave it. */
    public static final String INIT = "init.safetensors";

    public static final String RESULT = "result.json";

    /** The page about the run, made of the other files; see {@link RunRecord}. */
    public static final String REPORT = "report.html";

    /** The numbers of {@link #METRICS} as a table. */
    public static final String TABLE = "metrics.csv";

    /** The same for TensorBoard, which looks for files of such names. */
    public static final String EVENTS = "events.out.tfevents.gossamer";

    /** A folder with the report's pictures. */
    public static final String PLOTS = "plots";

    private static final String PICTURE = ".png";

    /** What nothing else can be made of again. */
    private static final List<String> ITS_OWN = List.of(RESULT, MODEL, INIT, METRICS, MANIFEST, CONFIG);

    private static final List<String> FILES =
            Stream.concat(ITS_OWN.stream(), Stream.of(REPORT, TABLE, EVENTS)).toList();

    /** Whether a file is one of those that a run directory cannot do without. */
    public static boolean owns(Path file) {
        Path whole = file.toAbsolutePath().normalize();
        Path name = whole.getFileName();
        return name != null
                && ITS_OWN.contains(name.toString())
                && Files.isRegularFile(whole.resolveSibling(CONFIG))
                && Files.isRegularFile(whole.resolveSibling(MANIFEST));
    }

    private final Path path;
    private final boolean fresh;
    private final RunLock lock;
    private final FileChannel metrics;
    private int checkpointEvery = 1;

    private RunDirectory(Path path, boolean fresh, RunLock lock, FileChannel metrics) {
        this.path = path;
        this.fresh = fresh;
        this.lock = lock;
        this.metrics = metrics;
    }

    /**
     * Refuses a path that {@link #create} would refuse, without touching anything.
     *
     * @param overwrite whether a folder with a run in it is fine; one with other things only never is: files of the same names
     *     may be somebody's work
     * @throws ConfigException if it is no folder, or is not empty and may not be overwritten
     */
    public static void check(Path path, boolean overwrite) {
        if (!Files.exists(path)) {
            return;
        }
        if (!Files.isDirectory(path)) {
            throw new ConfigException("Output " + path + " is a file; give a folder that is new or empty");
        }
        if (!overwrite && !isEmpty(path)) {
            throw new ConfigException("Output folder " + path
                    + " is not empty; give another one, or --overwrite to replace the run in it");
        }
        if (!StoredRun.isIn(path) && !isBarelyBegun(path)) {
            throw new ConfigException(
                    "--overwrite: " + path + " is not empty and is not a run of Gossamer (no " + CONFIG
                            + " and " + MANIFEST
                            + " that a run wrote), so it is left alone. Give another folder, or empty this one yourself");
        }
    }

    private static boolean isEmpty(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.findAny().isEmpty();
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
    }

    private static ConfigException unreadable(Path folder, IOException e) {
        return new ConfigException("Output folder " + folder + " cannot be read: " + FileReason.of(e), e);
    }

    /** Whether a run writes a file of that name below its directory; folders end with a slash in it. */
    public static boolean writes(String name) {
        String checkpoints = Checkpoints.FOLDER + "/";
        return FILES.contains(name)
                || (name.startsWith(checkpoints) && Checkpoints.writes(name.substring(checkpoints.length())))
                || (name.startsWith(PLOTS + "/") && name.endsWith(PICTURE));
    }

    /** Whether a process that was killed left the file while it wrote one of a run's. */
    private static boolean isLeftOver(String name) {
        String target = AtomicFile.target(name);
        return target != null && FILES.contains(target);
    }

    /**
     * Whether a folder has nothing in it but what a run has that was killed before its configuration was written: there is
     * nothing to go on with, and nothing to lose.
     */
    public static boolean isBarelyBegun(Path path) {
        boolean begun = StoredRun.hasManifest(path);
        try (Stream<Path> entries = Files.list(path)) {
            for (Path entry : entries.toList()) {
                String name = entry.getFileName().toString();
                boolean empty = name.equals(METRICS)
                        ? Files.size(entry) == 0
                        : List.of(PLOTS, Checkpoints.FOLDER).contains(name)
                                && Files.isDirectory(entry)
                                && isEmpty(entry);
                boolean ours = begun && (name.equals(MANIFEST) || name.equals(INIT));
                if (!empty && !ours && !name.equals(RunLock.FILE) && !isLeftOver(name)) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    /**
     * Makes the folder with an empty metrics file.
     *
     * @param overwrite whether the files of a run that is there already are removed; other files always stay
     * @throws RunInUseException if a run goes on in it
     * @throws ConfigException as {@link #check}, or if the folder cannot be written
     */
    public static RunDirectory create(Path path, boolean overwrite) {
        check(path, overwrite);
        try {
            AtomicFile.createFolder(path);
            return held(path, () -> true);
        } catch (IOException e) {
            throw new ConfigException("Output folder " + path + " cannot be written: " + FileReason.of(e), e);
        }
    }

    /**
     * Opens the folder of a run that did not finish, to go on with it.
     *
     * @throws RunInUseException if a run goes on in it
     * @throws ConfigException if there is no run in it, or it cannot be written
     */
    public static RunDirectory resume(Path path) {
        StoredRun.require(path);
        try {
            return held(path, () -> false);
        } catch (IOException e) {
            throw new ConfigException("Run directory " + path + " cannot be written: " + FileReason.of(e), e);
        }
    }

    /**
     * Opens a folder to begin a run in it, or to go on with the one that it has, which may be complete. Which of them it is, is
     * found out under the lock: of several processes that ask at once one begins the run, and the others are told.
     *
     * @throws RunInUseException if a run goes on in it
     * @throws ConfigException if it has other things than a run, or cannot be written
     */
    public static RunDirectory createOrResume(Path path) {
        check(path, true);
        try {
            AtomicFile.createFolder(path);
            return held(path, () -> isBarelyBegun(path));
        } catch (IOException e) {
            throw new ConfigException("Run directory " + path + " cannot be written: " + FileReason.of(e), e);
        }
    }

    /** The folder, in the hands of this user alone; whether a run begins in it is asked then. Where that fails nobody has it. */
    private static RunDirectory held(Path path, BooleanSupplier fresh) throws IOException {
        RunLock lock = RunLock.take(path);
        try {
            FileChannel metrics = FileChannel.open(
                    path.resolve(METRICS),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            try {
                return new RunDirectory(path, fresh.getAsBoolean(), lock, metrics).tidied();
            } catch (IOException | RuntimeException e) {
                metrics.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /** As its run begins or goes on with it. */
    private RunDirectory tidied() throws IOException {
        if (fresh) {
            clear();
        }
        removeLeftOvers();
        return this;
    }

    /**
     * The result goes first, and what a run is known by last: where that breaks off the folder has a run that is not complete, or
     * one that has barely begun, and can be overwritten again.
     */
    private void clear() throws IOException {
        Files.deleteIfExists(path.resolve(RESULT));
        deleteCheckpoints();
        if (Files.isDirectory(path.resolve(PLOTS))) {
            AtomicFile.deleteFrom(path.resolve(PLOTS), file -> file.toString().endsWith(PICTURE));
        }
        metrics.truncate(0);
        for (String file : List.of(MODEL, REPORT, TABLE, EVENTS, CONFIG, INIT, MANIFEST)) {
            Files.deleteIfExists(path.resolve(file));
        }
    }

    /**
     * The result of a run that is complete. Its checkpoints go, if the process was killed before it had removed them.
     *
     * @throws ConfigException if it is not complete, or cannot be read
     */
    public RunResult result() {
        try {
            RunResult result = Json.parse(Files.readString(path.resolve(RESULT)), RunResult.class);
            deleteCheckpoints();
            return result;
        } catch (IOException | JacksonException e) {
            throw new ConfigException(path.resolve(RESULT) + ": cannot be read: " + FileReason.of(e), e);
        }
    }

    /** Whether the run in it came to its end. */
    boolean isComplete() {
        return !fresh && Files.isRegularFile(path.resolve(RESULT));
    }

    private void removeLeftOvers() throws IOException {
        try (Stream<Path> entries = Files.list(path)) {
            for (Path entry : entries.toList()) {
                if (isLeftOver(entry.getFileName().toString())) {
                    Files.delete(entry);
                }
            }
        }
    }

    /**
     * How often a checkpoint is written: after every so many rounds, and when a run is stopped or fails.
     *
     * @param rounds at least 1
     */
    public RunDirectory checkpointEvery(int rounds) {
        if (rounds < 1) {
            throw new IllegalArgumentException("A checkpoint is written every 1 or more rounds, not " + rounds);
        }
        checkpointEvery = rounds;
        return this;
    }

    int checkpointEvery() {
        return checkpointEvery;
    }

    /** Whether the run in it begins, rather than goes on. */
    boolean isFresh() {
        return fresh;
    }

    /** The checkpoints of a run with this fingerprint. */
    Checkpoints checkpoints(byte[] fingerprint) {
        return new Checkpoints(path.resolve(Checkpoints.FOLDER), fingerprint);
    }

    /** A run that is complete needs none. */
    void deleteCheckpoints() {
        Checkpoints.delete(path.resolve(Checkpoints.FOLDER));
    }

    public Path path() {
        return path;
    }

    void writeConfig(ExperimentConfig config) {
        write(CONFIG, config.toYaml());
    }

    void writeManifest(Map<String, Object> manifest) {
        write(MANIFEST, Json.pretty(manifest));
    }

    /**
     * What the manifest says.
     *
     * @throws ConfigException if it is none
     */
    Map<String, Object> manifest() {
        return StoredRun.manifest(path);
    }

    /**
     * The rounds in the first bytes of the metrics file, which loses what it has behind them.
     *
     * @throws CheckpointException if it does not have so many, or they are no rounds
     */
    List<RoundMetrics> metrics(long bytes) {
        Path file = path.resolve(METRICS);
        try {
            if (bytes < 0 || bytes > Math.min(metrics.size(), Integer.MAX_VALUE)) {
                throw new CheckpointException(
                        file + ": has " + metrics.size() + " bytes, but had " + bytes + " at the checkpoint");
            }
            ByteBuffer head = ByteBuffer.allocate((int) bytes);
            while (head.hasRemaining() && metrics.read(head, head.position()) >= 0) {
                // reads on
            }
            metrics.truncate(bytes);
            metrics.position(bytes);
            return new String(head.array(), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> Json.parse(line, RoundMetrics.class))
                    .toList();
        } catch (IOException | JacksonException e) {
            throw new CheckpointException(file + ": cannot be read: " + FileReason.of(e), e);
        }
    }

    /**
     * Adds a line, whole and at once.
     *
     * @return the length of the file
     */
    long append(RoundMetrics round) {
        ByteBuffer line = ByteBuffer.wrap(Json.line(round).getBytes(StandardCharsets.UTF_8));
        try {
            while (line.hasRemaining()) {
                metrics.write(line);
            }
            return metrics.position();
        } catch (IOException e) {
            throw unwritten(METRICS, e);
        }
    }

    /** Forces all lines to the disk, beside a thread that adds some. */
    void forceMetrics() {
        try {
            metrics.force(false);
        } catch (IOException e) {
            throw unwritten(METRICS, e);
        }
    }

    /** All elements of every tensor under PyTorch's names; the bytes depend on the model and what its weights are of it alone. */
    void writeModel(ModelState model, PowerPropagation power) {
        write(MODEL, model, power);
    }

    /** As {@link #writeModel}, the model that the run begins with. */
    void writeInit(ModelState model, PowerPropagation power) {
        write(INIT, model, power);
    }

    private void write(String file, ModelState model, PowerPropagation power) {
        try {
            ModelFile.write(path.resolve(file), model, power);
        } catch (IOException e) {
            throw unwritten(file, e);
        }
    }

    void writeResult(RunResult result) {
        write(RESULT, result.toJson());
    }

    private void write(String file, String text) {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        try {
            AtomicFile.write(path.resolve(file), channel -> {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            });
        } catch (IOException e) {
            throw unwritten(file, e);
        }
    }

    /** With the system's reason: a message is all that is shown. */
    private UncheckedIOException unwritten(String file, IOException e) {
        return new UncheckedIOException(path.resolve(file) + ": cannot be written: " + FileReason.of(e), e);
    }

    @Override
    public void close() {
        try (lock) {
            metrics.close();
        } catch (IOException e) {
            throw new UncheckedIOException(path.resolve(METRICS) + ": cannot be closed: " + FileReason.of(e), e);
        }
    }
}
