package dev.gossamer.fl.method;

import java.util.function.Consumer;

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
     * As {@link #run} for a cohort of more than a block, where that pays to fold blocks of clients where they run. Those that do
     * not run clients elsewhere have no use for it.
     *
     * @param blocks receives them encoded, in the cohort's order, of {@link BlockWork#CLIENTS} clients each but for the last
     * @return whether it was done; false if nothing was, and {@link #run} is to be called
     */
    default boolean runBlocks(byte[] message, Cohort cohort, BlockWork work, Consumer<byte[]> blocks) {
        return false;
    }
}
