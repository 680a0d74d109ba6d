package dev.gossamer.fl.method;

import java.util.function.Consumer;
import java.util.function.Function;

/** How clients are run: on local threads, on a cluster. A method does not know which. */
@FunctionalInterface
public interface ClientRunner {

    /**
     * Has every client of a cohort decode a model, do its work and encode the result.
     *
     * @param message the encoded model, handed to each client as it is; not written to
     * @param updates receives the updates in the cohort's order, on the calling thread, each as soon as it and all before it
     *     are there, so that no more than a bounded number of them is ever held; also of clients that failed
     * @throws ClientException if clients cannot be run at all; the round is then lost and the model before it still good
     */
    void run(byte[] message, Cohort cohort, ClientWork work, Consumer<ClientUpdate> updates);

    /**
     * As {@link #run(byte[], Cohort, ClientWork, Consumer)}, where something is read from each update first. Where clients share
     * the server's process it is read on their threads, as those that finish together would wait for each other on one.
     *
     * @param reader a function of the update alone; called on any thread, for several updates at once
     * @param readings receives what was read of each
     */
    default <T> void run(
            byte[] message,
            Cohort cohort,
            ClientWork work,
            Function<? super ClientUpdate, ? extends T> reader,
            Consumer<? super T> readings) {
        run(message, cohort, work, update -> readings.accept(reader.apply(update)));
    }

    /**
     * As {@link #run(byte[], Cohort, ClientWork, Consumer)} for a cohort of more than a block, where that pays to fold blocks of
     * clients where they run. Those that do not run clients elsewhere have no use for it.
     *
     * @param blocks receives them encoded, in the cohort's order, of {@link BlockWork#CLIENTS} clients each but for the last
     * @return whether it was done; false if nothing was, and the clients are to be run one by one
     */
    default boolean runBlocks(byte[] message, Cohort cohort, BlockWork work, Consumer<byte[]> blocks) {
        return false;
    }
}
