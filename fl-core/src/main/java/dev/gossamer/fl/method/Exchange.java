package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.WireCodec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One exchange with the clients of a round, on the server's side: encodes the model once, decodes and checks each update,
 * hands it on, and counts bytes and time. Holds no update but those that {@link ClientRunner} has under way, and of a large
 * cohort the sums of a block. An update that cannot be used is counted with its reason, and the round goes on with the others.
 */
final class Exchange {

    private static final double NANOS_PER_SECOND = 1e9;

    private final String method;
    private final ModelState model;
    private final ModelState answer;
    private final Cohort cohort;
    private final Intake intake;
    private final Consumer<SparseUpdate> sink;
    private final @Nullable Fold fold;
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

    private Exchange(String method, ModelState model, ModelState answer, Cohort cohort, Consumer<SparseUpdate> sink) {
        this.method = method;
        this.model = model;
        this.answer = answer;
        this.cohort = cohort;
        this.intake = new Intake(method, cohort.round(), model, answer);
        this.sink = sink;
        this.fold = sink instanceof Fold its ? its : null;
    }

    /**
     * Sends a model to the clients of a cohort, which answer with one of the same names and shapes.
     *
     * @param fold takes the updates in the cohort's order; a {@link Fold} those of a large cohort in blocks
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
        if (cohort.screens()) {
            askOneAfterTheOther(message, work, clients);
        } else {
            askWithRetries(message, cohort.clients(), work, clients);
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

    private void askWithRetries(byte[] message, List<Integer> some, ClientWork work, ClientRunner clients) {
        List<Integer> missing = some;
        for (int attempt = 0; attempt <= cohort.quorum().retries() && !missing.isEmpty(); attempt++) {
            asked += missing.size();
            ask(message, cohort.of(missing), work, clients);
            missing = missing.stream().filter(client -> !used.contains(client)).toList();
        }
    }

    /** Until one has sent what can be used. */
    private void askOneAfterTheOther(byte[] message, ClientWork work, ClientRunner clients) {
        for (int client : cohort.clients()) {
            if (used.isEmpty()) {
                askWithRetries(message, List.of(client), work, clients);
            }
        }
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

    /** Of a large cohort each block is summed by itself, see {@link BlockWork}, here or where its clients run. */
    private void ask(byte[] message, Cohort asked, ClientWork work, ClientRunner clients) {
        if (fold == null || asked.clients().size() <= BlockWork.CLIENTS) {
            clients.run(message, asked, work, intake::read, reading -> account(reading.into(sink)));
            return;
        }
        Fold.Kind kind = fold.kind();
        boolean alike = model.tensors().size() == answer.tensors().size();
        boolean done = alike
                && clients.runBlocks(message, asked, new BlockWork(method, asked.round(), work, kind), block -> {
                    Fold next = kind.of(answer);
                    BlockWork.read(block, next).forEach(this::account);
                    fold.append(next);
                });
        if (!done) {
            Blocks blocks = new Blocks(fold, answer);
            clients.run(message, asked, work, intake::read, reading -> {
                blocks.next();
                account(reading.into(blocks.part));
            });
            fold.append(blocks.part);
        }
    }

    /** The block that is being folded here. */
    private static final class Blocks {

        private final Fold whole;
        private final ModelState layout;
        private Fold part;
        private int clients;

        Blocks(Fold whole, ModelState layout) {
            this.whole = whole;
            this.layout = layout;
            this.part = whole.kind().of(layout);
        }

        /** Before a client, whether or not it answered. */
        void next() {
            if (clients == BlockWork.CLIENTS) {
                whole.append(part);
                part = whole.kind().of(layout);
                clients = 0;
            }
            clients++;
        }
    }

    private void account(Intake.Taken update) {
        bytesUp += update.bytes();
        decodeNanos += update.decodeNanos();
        encodeNanos += update.encodeNanos();
        flops += update.report().flops();
        denseFlops += update.report().denseFlops();
        savedBytes = Math.max(savedBytes, update.report().savedBytes());
        workNanos += update.workNanos();
        if (update.refusal() != null) {
            refused.add(new Traffic.Refusal(update.client(), update.refusal()));
            return;
        }
        samples += update.samples();
        lossSum += update.report().loss() * update.samples();
        pruneErrorSum += update.report().pruneError();
        agreementSum += update.agreement();
        used.add(update.client());
    }
}
