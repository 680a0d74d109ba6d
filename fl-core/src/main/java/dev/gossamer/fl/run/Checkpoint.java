package dev.gossamer.fl.run;

import dev.gossamer.fl.method.ServerState;
import dev.gossamer.fl.run.ClientMemories.Memory;
import java.util.SortedMap;

/**
 * Where a run stands after a round. With the configuration, the data and the backend, the rounds to come are a function of it:
 * whatever is drawn at random is a function of the seed, the round and the client.
 *
 * @param metricsBytes length of the metrics file with the lines of this round and those before
 * @param memories what clients keep; not changed any more
 */
record Checkpoint(ServerState state, long metricsBytes, SortedMap<ClientMemories.Key, Memory> memories) {}
