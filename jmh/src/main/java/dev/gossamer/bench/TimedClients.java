package dev.gossamer.bench;

import dev.gossamer.fl.codec.DecodeOptions;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.method.ClientRunner;
import dev.gossamer.fl.method.ClientUpdate;
import dev.gossamer.fl.method.ClientWork;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.method.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** Clients as they are run otherwise, with an account of where their time goes and what they are sent and send. */
final class TimedClients implements ClientRunner {

    /**
     * A round, summed over the clients.
     *
     * @param trainNanos passes over samples
     * @param workNanos all that a client does between what it is sent and what it sends, training included
     * @param codecNanos decoding what it is sent, encoding what it sends
     */
    record Account(
            int clients, long samples, long trainNanos, long workNanos, long codecNanos, long bytesUp, long bytesDown) {

        static final Account NONE = new Account(0, 0, 0, 0, 0, 0, 0);

        Account plus(Account other) {
            return new Account(
                    clients + other.clients,
                    samples + other.samples,
                    trainNanos + other.trainNanos,
                    workNanos + other.workNanos,
                    codecNanos + other.codecNanos,
                    bytesUp + other.bytesUp,
                    bytesDown + other.bytesDown);
        }

        /** All that a client does. */
        long nanos() {
            return workNanos + codecNanos;
        }
    }

    private final ClientRunner clients;
    private Account account = Account.NONE;
    private byte[] message = {};
    private List<ClientUpdate> answers = List.of();

    TimedClients(ClientRunner clients) {
        this.clients = clients;
    }

    /** What there was since the last call. */
    Account account() {
        Account all = account;
        account = Account.NONE;
        return all;
    }

    /** What the clients of the last exchange sent. */
    List<ModelState> sent() {
        ModelState received = WireCodec.decode(message).model();
        return answers.stream()
                .map(update -> WireCodec.decode(update.message(), DecodeOptions.DEFAULT, received)
                        .model())
                .toList();
    }

    @Override
    public void run(byte[] global, Cohort cohort, ClientWork work, Consumer<ClientUpdate> updates) {
        AtomicLong trainNanos = new AtomicLong();
        AtomicLong samples = new AtomicLong();
        ClientWork timed = (client, received) -> {
            TimedClient watched = new TimedClient(client);
            Reply reply = work.perform(watched, received);
            trainNanos.addAndGet(watched.trainNanos());
            samples.addAndGet(client.samples());
            return reply;
        };
        message = global;
        answers = new ArrayList<>();
        clients.run(global, cohort, timed, update -> {
            answers.add(update);
            updates.accept(update);
        });
        account = account.plus(new Account(
                answers.size(),
                samples.get(),
                trainNanos.get(),
                answers.stream().mapToLong(ClientUpdate::workNanos).sum(),
                answers.stream()
                        .mapToLong(update -> update.decodeNanos() + update.encodeNanos())
                        .sum(),
                answers.stream().mapToLong(update -> update.message().length).sum(),
                (long) answers.size() * global.length));
    }
}
