package dev.gossamer.fl.run;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.data.FileReason;
import dev.gossamer.fl.method.Cohort;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** What the clients of a run keep from round to round. Threads may use it at once, each for a client of its own. */
public final class ClientMemories {

    /** Whose memory, and the name it is kept under. */
    record Key(int client, String name) implements Comparable<Key> {

        private static final Comparator<Key> ORDER =
                Comparator.comparingInt(Key::client).thenComparing(Key::name);

        @Override
        public int compareTo(Key other) {
            return ORDER.compare(this, other);
        }
    }

    /**
     * A memory.
     *
     * @param round in which it was last set
     */
    record Memory(int round, ModelState state) {}

    private final ConcurrentSkipListMap<Key, Memory> memories = new ConcurrentSkipListMap<>();

    /** What those remembered that are asked in the present exchange when they were asked first, by client. */
    private final Map<Integer, Map<Key, Memory>> before = new HashMap<>();

    /** The exchange: a round, and whether it screens. */
    private int round;

    private boolean screens;

    /**
     * Before clients are asked. One that is asked again in an exchange, as what it sent could not be used, begins with what it
     * knew when it was asked first: what it did in vain counts once. One thread at a time, and no client is at work.
     */
    public void begin(Cohort cohort) {
        if (cohort.round() != round || cohort.screens() != screens) {
            before.clear();
            round = cohort.round();
            screens = cohort.screens();
        }
        if (cohort.quorum().retries() == 0) {
            return; // nobody is: twice the memory would be held for nothing
        }
        for (int client : cohort.clients()) {
            Map<Key, Memory> known = before.putIfAbsent(client, new TreeMap<>(of(client)));
            if (known != null) {
                of(client).clear();
                memories.putAll(known);
            }
        }
    }

    /**
     * What a client remembers; null if that is nothing, or was set before a round.
     *
     * @param since that round, at least 1
     */
    @Nullable
    ModelState recall(int client, String name, int since) {
        Memory memory = memories.get(new Key(client, name));
        return memory == null || memory.round() < since ? null : memory.state();
    }

    void remember(int client, String name, int round, ModelState state) {
        memories.put(new Key(client, name), new Memory(round, state));
    }

    void forget(int client, String name) {
        memories.remove(new Key(client, name));
    }

    /** All that a client remembers, for another process; empty if that is nothing. */
    public byte[] encoded(int client) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            for (Map.Entry<Key, Memory> memory : of(client).entrySet()) {
                out.writeUTF(memory.getKey().name());
                out.writeInt(memory.getValue().round());
                CheckpointFile.write(out, memory.getValue().state());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Has a client remember what another process says, and nothing else. */
    public void replace(int client, byte[] encoded) {
        Map<Key, Memory> read = new TreeMap<>();
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(encoded))) {
            while (in.available() > 0) {
                Key key = new Key(client, in.readUTF());
                read.put(key, new Memory(in.readInt(), CheckpointFile.readModel(in)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "The memory of client " + client + " cannot be read: " + FileReason.of(e), e);
        }
        of(client).clear();
        memories.putAll(read);
    }

    private SortedMap<Key, Memory> of(int client) {
        return memories.subMap(new Key(client, ""), new Key(client + 1, ""));
    }

    void putAll(Map<Key, Memory> others) {
        memories.putAll(others);
    }

    /** A copy of all of them, by client and name. */
    SortedMap<Key, Memory> all() {
        return new TreeMap<>(memories);
    }
}
