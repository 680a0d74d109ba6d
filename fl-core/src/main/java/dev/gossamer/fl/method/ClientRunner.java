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
}
