package dev.gossamer.fl.run;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.data.FileReason;
import dev.gossamer.fl.method.ServerState;
import dev.gossamer.fl.run.ClientMemories.Memory;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder with a run's checkpoints: the last two that were written or read, so that there is one more if the newest is
 * damaged; what cannot be read is no spare, however new. A checkpoint is a file of its round, with the server's state and a list
 * of what clients remember; each memory is a file of its own, written in the round in which it was set and shared by all
 * checkpoints until it is set again. The round's file comes last, so that it names only what is on the disk.
 */
final class Checkpoints {

    /** The name of the folder in a run's directory. */
    static final String FOLDER = "checkpoint";

    private static final Pattern ROUND = Pattern.compile("round-(\\d{1,9})\\.checkpoint");
    private static final Pattern MEMORY = Pattern.compile("client-\\d+-.*-\\d+\\.memory");

    /**
     * A memory's file.
     *
     * @param round in which the memory was set
     * @param checksum of the file
     */
    private record Written(ClientMemories.Key key, int round, int checksum) {

        String file() {
            String name = URLEncoder.encode(key.name(), StandardCharsets.UTF_8);
            return "client-" + key.client() + "-" + name + "-" + round + ".memory";
        }
    }

    private record RoundFile(ServerState state, long metricsBytes, List<Written> memories) {}

    private final Path folder;
    private final byte[] fingerprint;

    /** Of the checkpoint that was last written or read. */
    private Map<ClientMemories.Key, Written> newest = new HashMap<>();

    /** Its files. */
    private Set<String> spare = Set.of();

    /**
     * The checkpoints of a run.
     *
     * @param fingerprint of the run, {@link CheckpointFile#FINGERPRINT_BYTES} bytes
     */
    Checkpoints(Path folder, byte[] fingerprint) {
        this.folder = folder;
        this.fingerprint = fingerprint.clone();
    }

    /** Whether a run writes a file of that name into the folder. */
    static boolean writes(String name) {
        return ROUND.matcher(name).matches() || MEMORY.matcher(name).matches();
    }

    /** Whether such a file is a run's, or was to become one when the run was killed; others are somebody else's. */
    private static boolean isOurs(Path file) {
        String name = file.getFileName().toString();
        String target = AtomicFile.target(name);
        return writes(target == null ? name : target);
    }

    // ---- writing

    /**
     * Adds a checkpoint, and removes all but that and the one that was last written or read.
     *
     * @throws UncheckedIOException if it cannot be written; those before are unharmed
     */
    void write(Checkpoint checkpoint) {
        try {
            AtomicFile.createFolder(folder);
            Map<ClientMemories.Key, Written> memories = new TreeMap<>();
            for (Map.Entry<ClientMemories.Key, Memory> memory :
                    checkpoint.memories().entrySet()) {
                memories.put(memory.getKey(), written(memory.getKey(), memory.getValue()));
            }
            CheckpointFile.write(roundFile(checkpoint.state().round()), fingerprint, out -> {
                write(out, checkpoint);
                out.writeInt(memories.size());
                for (Written memory : memories.values()) {
                    write(out, memory);
                }
            });
            Set<String> needed = new HashSet<>(spare);
            keep(checkpoint.state().round(), memories);
            needed.addAll(spare);
            clean(needed);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    folder + ": a checkpoint of round " + checkpoint.state().round() + " cannot be written: "
                            + FileReason.of(e),
                    e);
        }
    }

    /** The next checkpoint that is written has this one as a spare, and its memories to share. */
    private void keep(int round, Map<ClientMemories.Key, Written> memories) {
        Set<String> files = new HashSet<>();
        files.add(roundFile(round).getFileName().toString());
        memories.values().forEach(memory -> files.add(memory.file()));
        newest = memories;
        spare = files;
    }

    private Written written(ClientMemories.Key key, Memory memory) throws IOException {
        Written known = newest.get(key);
        if (known != null && known.round() == memory.round()) {
            return known;
        }
        Path file = folder.resolve(new Written(key, memory.round(), 0).file());
        return new Written(
                key,
                memory.round(),
                CheckpointFile.write(file, fingerprint, out -> CheckpointFile.write(out, memory.state())));
    }

    private static void write(DataOutputStream out, Checkpoint checkpoint) throws IOException {
        ServerState state = checkpoint.state();
        out.writeInt(state.round());
        out.writeLong(checkpoint.metricsBytes());
        CheckpointFile.write(out, state.model());
        SortedMap<String, ModelState> memory = new TreeMap<>(state.memory());
        out.writeInt(memory.size());
        for (Map.Entry<String, ModelState> part : memory.entrySet()) {
            out.writeUTF(part.getKey());
            CheckpointFile.write(out, part.getValue());
        }
    }

    private static void write(DataOutputStream out, Written memory) throws IOException {
        out.writeInt(memory.key().client());
        out.writeUTF(memory.key().name());
        out.writeInt(memory.round());
        out.writeInt(memory.checksum());
    }

    /** Removes all other files, also what a run left that was killed while it wrote. */
    private void clean(Set<String> needed) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                if (isOurs(file) && !needed.contains(file.getFileName().toString())) {
                    Files.delete(file);
                }
            }
        }
    }

    // ---- reading

    /**
     * The newest checkpoint that can be read; null if there is none at all.
     *
     * @param damaged is told of each newer one that cannot be read
     * @throws CheckpointException of the newest, if there are some and none can be read
     */
    @Nullable
    Checkpoint latest(Consumer<String> damaged) {
        CheckpointException first = null;
        for (int round : rounds()) {
            try {
                return read(round);
            } catch (CheckpointException e) {
                damaged.accept(String.valueOf(e.getMessage()));
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
        return null;
    }

    private Checkpoint read(int round) {
        Path file = roundFile(round);
        RoundFile read = CheckpointFile.read(file, fingerprint, Checkpoints::readRound);
        if (read.state().round() != round) {
            throw new CheckpointException(file + ": is of round " + read.state().round());
        }
        SortedMap<ClientMemories.Key, Memory> memories = new TreeMap<>();
        Map<ClientMemories.Key, Written> files = new TreeMap<>();
        for (Written memory : read.memories()) {
            ModelState state = read(memory);
            memories.put(memory.key(), new Memory(memory.round(), state));
            files.put(memory.key(), memory);
        }
        keep(round, files);
        return new Checkpoint(read.state(), read.metricsBytes(), memories);
    }

    private ModelState read(Written memory) {
        Path file = folder.resolve(memory.file());
        int checksum = CheckpointFile.checksum(file);
        if (checksum != memory.checksum()) {
            throw new CheckpointException(file + ": is not the one that the checkpoint was made with");
        }
        return CheckpointFile.read(file, fingerprint, CheckpointFile::readModel);
    }

    private static RoundFile readRound(DataInputStream in) throws IOException {
        int round = in.readInt();
        long metricsBytes = in.readLong();
        ModelState model = CheckpointFile.readModel(in);
        Map<String, ModelState> memory = new HashMap<>();
        for (int left = CheckpointFile.count(in, 1, "parts of a state"); left > 0; left--) {
            memory.put(in.readUTF(), CheckpointFile.readModel(in));
        }
        List<Written> memories = new ArrayList<>();
        for (int left = CheckpointFile.count(in, 1, "memories"); left > 0; left--) {
            ClientMemories.Key key = new ClientMemories.Key(in.readInt(), in.readUTF());
            memories.add(new Written(key, in.readInt(), in.readInt()));
        }
        return new RoundFile(new ServerState(round, model, memory), metricsBytes, memories);
    }

    private Path roundFile(int round) {
        return folder.resolve("round-" + round + ".checkpoint");
    }

    /** Those that have a checkpoint, the newest first. */
    private List<Integer> rounds() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> ROUND.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .map(name -> Integer.valueOf(name.group(1)))
                    .sorted(Comparator.reverseOrder())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be read: " + FileReason.of(e), e);
        }
    }

    /** Removes all that are in a folder, and the folder, if nothing else is in it: a run that is complete needs none. */
    static void delete(Path folder) {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try {
            AtomicFile.deleteFrom(folder, Checkpoints::isOurs);
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be removed: " + FileReason.of(e), e);
        }
    }
}
