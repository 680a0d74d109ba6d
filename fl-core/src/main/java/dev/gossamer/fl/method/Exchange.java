package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.CodecException;
import dev.gossamer.fl.codec.DecodeOptions;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.WireCodec;
import java.util.function.Consumer;

/**
 * One round's exchange with the clients, on the server's side: encodes the model once, decodes and checks each update, hands
 * it on, and counts bytes and time. Holds one decoded update at a time.
 */
final class Exchange {

    private static final double NANOS_PER_SECOND = 1e9;

    private final String method;
    private final ModelState model;
    private final Cohort cohort;
    private final Consumer<SparseUpdate> fold;
    private int answered;
    private long bytesUp;
    private long samples;
    private double lossSum;
    private long encodeNanos;
    private long decodeNanos;
    private long trainNanos;

    private Exchange(String method, ModelState model, Cohort cohort, Consumer<SparseUpdate> fold) {
        this.method = method;
        this.model = model;
        this.cohort = cohort;
        this.fold = fold;
    }

    /**
     * Runs the clients of a cohort on a model.
     *
     * @param fold takes the updates in the cohort's order
     * @throws ClientException naming the client whose update is not one of this round and model
     */
    static Traffic run(
            String method,
            ModelState model,
            Cohort cohort,
            LocalTraining work,
            ClientRunner clients,
            Consumer<SparseUpdate> fold) {
        return new Exchange(method, model, cohort, fold).run(work, clients);
    }

    private Traffic run(LocalTraining work, ClientRunner clients) {
        long start = System.nanoTime();
        byte[] message = WireCodec.encode(new SparseUpdate(cohort.round(), SparseUpdate.SERVER, 0, method, model));
        encodeNanos += System.nanoTime() - start;
        clients.run(message, cohort, work, this::receive);
        int asked = cohort.clients().size();
        return new Traffic(
                asked,
                answered,
                (long) asked * message.length,
                bytesUp,
                lossSum / samples,
                encodeNanos / NANOS_PER_SECOND,
                decodeNanos / NANOS_PER_SECOND,
                trainNanos / NANOS_PER_SECOND);
    }

    private void receive(ClientUpdate update) {
        bytesUp += update.message().length;
        long start = System.nanoTime();
        SparseUpdate decoded = decode(update);
        decodeNanos += System.nanoTime() - start + update.decodeNanos();
        encodeNanos += update.encodeNanos();
        trainNanos += update.trainNanos();
        samples += decoded.samples();
        lossSum += update.loss() * decoded.samples();
        answered++;
        fold.accept(decoded);
    }

    private SparseUpdate decode(ClientUpdate update) {
        try {
            SparseUpdate decoded = WireCodec.decode(update.message(), DecodeOptions.forModel(model), model);
            check(decoded, update.client());
            return decoded;
        } catch (CodecException | IllegalArgumentException e) {
            throw new ClientException(update.client(), cohort.round(), "its update is refused: " + e.getMessage(), e);
        }
    }

    private void check(SparseUpdate decoded, int client) {
        if (decoded.sender() != client
                || decoded.round() != cohort.round()
                || !decoded.method().equals(method)) {
            throw new IllegalArgumentException("it says client " + decoded.sender() + ", round " + decoded.round()
                    + ", method " + decoded.method() + "; the method here is " + method);
        }
        if (decoded.samples() < 1) {
            throw new IllegalArgumentException("it was trained on no samples");
        }
        model.requireSameLayout(decoded.model(), "update");
    }
}
