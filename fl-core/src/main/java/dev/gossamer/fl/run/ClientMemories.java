package dev.gossamer.fl.run;

import dev.gossamer.fl.codec.ModelState;
import java.util.Comparator;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What the clients of a run keep from round to round. Threads may use it at once, each for a client of its own. */
final class ClientMemories {

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

    private final Map<Key, Memory> memories = new ConcurrentHashMap<>();

    @Nullable
    ModelState recall(int client, String name) {
        Memory memory = memories.get(new Key(client, name));
        return memory == null ? null : memory.state();
    }

    void remember(int client, String name, int round, ModelState state) {
        memories.put(new Key(client, name), new Memory(round, state));
    }

    void forget(int client, String name) {
        memories.remove(new Key(client, name));
    }

    void putAll(Map<Key, Memory> others) {
        memories.putAll(others);
    }

    /** A copy of all of them, by client and name. */
    SortedMap<Key, Memory> all() {
        return new TreeMap<>(memories);
    }
}
