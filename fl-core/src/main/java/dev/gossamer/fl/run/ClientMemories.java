package dev.gossamer.fl.run;

import dev.gossamer.fl.codec.ModelState;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What the clients of a run keep from round to round. Threads may use it at once, each for a client of its own. */
final class ClientMemories {

    private record Key(int client, String name) {}

    private final Map<Key, ModelState> states = new ConcurrentHashMap<>();

    @Nullable
    ModelState recall(int client, String name) {
        return states.get(new Key(client, name));
    }

    void remember(int client, String name, ModelState state) {
        states.put(new Key(client, name), state);
    }

    void forget(int client, String name) {
        states.remove(new Key(client, name));
    }
}
