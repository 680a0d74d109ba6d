package dev.gossamer.fl.run;

import dev.gossamer.fl.method.ClientRunner;
import dev.gossamer.fl.nn.Footprint;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A place other than this process where the clients of runs are run. The rounds, the fold and the run directory stay here: a
 * run comes to the same bits at every site, as what a client does is a function of seed, round, client, message and memory.
 */
public interface Site extends AutoCloseable {

    /** The data sets' folder on this machine; a copy of it where they lie where no path of this machine leads. */
    Path folder(String data, String dataset);

    /**
     * Asks those who are to run clients whether they can, before anything is written.
     *
     * @throws ConfigException or {@link dev.gossamer.fl.data.DataException} naming who cannot, and why
     */
    void check(Experiment experiment);

    /** What a manifest says of it. */
    Map<String, Object> describe();

    /**
     * Gets ready for the rounds of an experiment.
     *
     * @param memories of the clients: who is asked to work gets its own, and what it keeps is put back
     * @param stop ends the run early
     */
    Session open(Experiment experiment, ClientMemories memories, StopSignal stop);

    /**
     * Refuses to keep copies of runs that begin where something else is, before anything is written.
     *
     * @param overwrite whether copies of another run may be replaced; other files never are
     * @throws ConfigException naming what is there, and the remedy
     */
    default void checkCopies(boolean overwrite) {}

    /** Hears of a run in a directory, to keep copies of it. */
    default RunListener keeper(Path directory) {
        return RunListener.NONE;
    }

    /**
     * Brings a run back that is not in its directory, if copies were kept.
     *
     * @throws ConfigException if it is there, and the copies are of another one
     */
    default void restore(Path directory) {}

    @Override
    void close();

    /** The clients of one run. */
    interface Session extends ClientRunner, Evaluator, AutoCloseable {

        /** Memory of the client that took most so far; null if that is not known. */
        default @Nullable Footprint footprint() {
            return null;
        }

        @Override
        void close();
    }
}
