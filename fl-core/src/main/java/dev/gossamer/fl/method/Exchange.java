package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.CodecException;
import dev.gossamer.fl.codec.DecodeOptions;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.sparsity.Masking;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One exchange with the clients of a round, on the server's side: encodes the model once, decodes and checks each update,
 * hands it on, and counts bytes and time. Holds one decoded update at a time. An update that cannot be used is counted with
 * its reason, and the round goes on with the others.
 */
final class Exchange {

    private static final double NANOS_PER_SECOND = 1e9;

    private final String method;
    private final ModelState model;
    private final ModelState answer;
    private final Cohort cohort;
    private final Consumer<SparseUpdate> fold;
    private final List<Traffic.Refusal> refused = new ArrayList<>();
    /** Clients whose update was used. */
    private final Set<Integer> used = new HashSet<>();

    private int asked;
    private long bytesUp;
    private long samples;
    private double lossSum;
    private double pruneErrorSum;
    private double agreementSum;
    private double flops;
    private double denseFlops;
    private long savedBytes;
    private long encodeNanos;
    private long decodeNanos;
    private long workNanos;

    private Exchange(String method, ModelState model, ModelState answer, Cohort cohort, Consumer<SparseUpdate> fold) {
        this.method = method;
        this.model = model;
        this.answer = answer;
        this.cohort = cohort;
        this.fold = fold;
    }

    /**
     * Sends a model to the clients of a cohort, which answer with one of the same names and shapes.
     *
     * @param fold takes the updates in the cohort's order
     * @throws ClientException if fewer than the cohort's quorum send an update that can be used
     */
    static Traffic run(
            String method,
            ModelState model,
            Cohort cohort,
            ClientWork work,
            ClientRunner clients,
            Consumer<SparseUpdate> fold) {
        return run(method, model, model, cohort, work, clients, fold);
    }

    /**
     * As above, where answers have tensors behind the model's.
     *
     * @param answer a model with the names and shapes of an answer
     */
    static Traffic run(
            String method,
            ModelState model,
            ModelState answer,
            Cohort cohort,
            ClientWork work,
            ClientRunner clients,
            Consumer<SparseUpdate> fold) {
        return new Exchange(method, model, answer, cohort, fold).run(work, clients);
    }

    private Traffic run(ClientWork work, ClientRunner clients) {
        long start = System.nanoTime();
        byte[] message = WireCodec.encode(new SparseUpdate(cohort.round(), SparseUpdate.SERVER, 0, method, model));
        encodeNanos += System.nanoTime() - start;
        List<Integer> missing = cohort.clients();
        for (int attempt = 0; attempt <= cohort.quorum().retries() && !missing.isEmpty(); attempt++) {
            asked += missing.size();
            clients.run(message, cohort.of(missing), work, this::receive);
            missing = missing.stream().filter(client -> !used.contains(client)).toList();
        }
        if (used.size() < cohort.quorum().least()) {
            throw tooFew();
        }
        return new Traffic(
                asked,
                used.size(),
                refused,
                (long) asked * message.length,
                bytesUp,
                lossSum / samples,
                pruneErrorSum / used.size(),
                agreementSum / used.size(),
                flops,
                denseFlops,
                savedBytes,
                encodeNanos / NANOS_PER_SECOND,
                decodeNanos / NANOS_PER_SECOND,
                workNanos / NANOS_PER_SECOND);
    }

    private ClientException tooFew() {
        Traffic.Refusal first = refused.getFirst();
        return new ClientException(
                first.client(),
                cohort.round(),
                first.reason() + ". It is the first of " + refused.size() + " that cannot be used; " + used.size()
                        + " of "
                        + cohort.clients().size() + " clients sent what can be, and a round needs "
                        + cohort.quorum().least());
    }

    private void receive(ClientUpdate update) {
        if (update.failure() != null) {
            refused.add(new Traffic.Refusal(update.client(), update.failure()));
            return;
        }
        bytesUp += update.message().length;
        long start = System.nanoTime();
        SparseUpdate decoded = decodedOrRefused(update);
        decodeNanos += System.nanoTime() - start + update.decodeNanos();
        encodeNanos += update.encodeNanos();
        flops += update.report().flops();
        denseFlops += update.report().denseFlops();
        savedBytes = Math.max(savedBytes, update.report().savedBytes());
        workNanos += update.workNanos();
        if (decoded == null) {
            return;
        }
        samples += decoded.samples();
        lossSum += update.report().loss() * decoded.samples();
        pruneErrorSum += update.report().pruneError();
        agreementSum += agreement(decoded.model());
        used.add(decoded.sender());
        fold.accept(decoded);
    }

    private double agreement(ModelState sent) {
        List<TensorState> tensors = sent.tensors().subList(0, model.tensors().size());
        return Masking.agreement(model, new ModelState(tensors));
    }

    /** Null if the server has no use for it; then it stands with its reason among the refused ones. */
    private @Nullable SparseUpdate decodedOrRefused(ClientUpdate update) {
        try {
            SparseUpdate decoded = WireCodec.decode(update.message(), DecodeOptions.forModel(answer), model);
            check(decoded, update.client());
            return decoded;
        } catch (CodecException | IllegalArgumentException e) {
            refused.add(new Traffic.Refusal(update.client(), String.valueOf(e.getMessage())));
            return null;
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
        answer.requireSameLayout(decoded.model(), "update");
    }
}
