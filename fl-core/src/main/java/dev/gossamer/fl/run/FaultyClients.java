package dev.gossamer.fl.run;

import dev.gossamer.fl.codec.DecodeOptions;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.data.SplitMix64;
import dev.gossamer.fl.method.Client;
import dev.gossamer.fl.method.ClientRunner;
import dev.gossamer.fl.method.ClientUpdate;
import dev.gossamer.fl.method.ClientWork;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.method.Reply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Clients of which some fail. Which, and how, is a function of the run's seed, the round, and how often the client was asked in
 * it, so that a study can be repeated; only a deadline in seconds depends on the machine. A client that drops out does not
 * train; injected faults hit those that remain, the first time that a round has clients train.
 */
final class FaultyClients implements ClientRunner {

    /** Sets these streams apart from the other uses of a run's seed. */
    private static final long DROPOUT = 0xD209;

    private static final long INJECTED = 0xFA017;

    private static final DecodeOptions ANYTHING = new DecodeOptions(false, Long.MAX_VALUE);

    private final ClientRunner clients;
    private final ClientFaults faults;
    private final long seed;
    private final Map<Integer, Integer> asked = new HashMap<>();
    private int round;

    /** Whether the round has had clients train. */
    private boolean trained;

    FaultyClients(ClientRunner clients, ClientFaults faults, long seed) {
        this.clients = clients;
        this.faults = faults;
        this.seed = seed;
    }

    @Override
    public void run(byte[] message, Cohort cohort, ClientWork work, Consumer<ClientUpdate> updates) {
        if (cohort.round() != round) {
            asked.clear();
            trained = false;
            round = cohort.round();
        }
        boolean first = !trained && !cohort.screens();
        trained |= first;
        List<Integer> present = cohort.clients().stream().filter(this::answers).toList();
        Map<Integer, ClientFaults.Kind> injected = first ? injected(present) : Map.of();
        Absences absences = new Absences(cohort.clients(), updates);
        if (!present.isEmpty()) {
            Set<Integer> throwing = new HashSet<>(injected.keySet());
            throwing.removeIf(client -> injected.get(client) != ClientFaults.Kind.THROW);
            clients.run(message, cohort.of(present), new FailingWork(work, throwing), update -> {
                ClientFaults.Kind kind = injected.get(update.client());
                absences.next(inTime(kind == null ? update : spoilt(update, kind, message)));
            });
        }
        absences.rest();
    }

    private boolean answers(int client) {
        int time = asked.merge(client, 1, Integer::sum);
        return SplitMix64.of(seed, DROPOUT, round, client, time).nextDouble() >= faults.dropout();
    }

    /** The clients that fail, each in one way. */
    private Map<Integer, ClientFaults.Kind> injected(List<Integer> present) {
        int[] order = present.stream().mapToInt(Integer::intValue).toArray();
        SplitMix64.of(seed, INJECTED, round).shuffle(order);
        Map<Integer, ClientFaults.Kind> kinds = new HashMap<>();
        int next = 0;
        for (Map.Entry<ClientFaults.Kind, Integer> fault : new TreeMap<>(faults.injected()).entrySet()) {
            for (int i = 0; i < fault.getValue() && next < order.length; i++) {
                kinds.put(order[next++], fault.getKey());
            }
        }
        return kinds;
    }

    private ClientUpdate inTime(ClientUpdate update) {
        if (faults.deadline() > 0 && update.failure() == null && update.seconds() > faults.deadline()) {
            return ClientUpdate.failed(
                    update.client(),
                    String.format(
                            Locale.ROOT,
                            "it took %.1f s, and the deadline is %s s",
                            update.seconds(),
                            faults.deadline()));
        }
        return update;
    }

    private ClientUpdate spoilt(ClientUpdate update, ClientFaults.Kind kind, byte[] message) {
        if (update.failure() != null) {
            return update;
        }
        return switch (kind) {
            case THROW -> update;
            case SLOW -> ClientUpdate.failed(update.client(), "it missed the deadline (injected)");
            case CORRUPT -> update.with(flipped(update.message()));
            case NAN, SHAPE, ROUND -> update.with(rewritten(update.message(), kind, message));
        };
    }

    private static byte[] flipped(byte[] message) {
        byte[] changed = message.clone();
        changed[changed.length / 2] ^= 1;
        return changed;
    }

    private static byte[] rewritten(byte[] answer, ClientFaults.Kind kind, byte[] message) {
        ModelState known = WireCodec.decode(message, ANYTHING).model();
        SparseUpdate sent = WireCodec.decode(answer, ANYTHING, known);
        List<TensorState> tensors = new ArrayList<>(sent.model().tensors());
        switch (kind) {
            case NAN -> tensors.replaceAll(FaultyClients::withNan);
            case SHAPE -> tensors.removeLast();
            default -> {}
        }
        int wrong = kind == ClientFaults.Kind.ROUND ? sent.round() - 1 : sent.round();
        return WireCodec.encode(
                new SparseUpdate(wrong, sent.sender(), sent.samples(), sent.method(), new ModelState(tensors)), known);
    }

    private static TensorState withNan(TensorState tensor) {
        float[] values = tensor.values().clone();
        if (values.length > 0) {
            values[values.length / 2] = Float.NaN;
        }
        return tensor.with(tensor.pattern(), values);
    }

    /** Tells of those that dropped out where their turn is. */
    private static final class Absences {

        private final List<Integer> order;
        private final Consumer<ClientUpdate> updates;
        private int next;

        Absences(List<Integer> order, Consumer<ClientUpdate> updates) {
            this.order = order;
            this.updates = updates;
        }

        void next(ClientUpdate update) {
            while (order.get(next) != update.client()) {
                absent();
            }
            next++;
            updates.accept(update);
        }

        void rest() {
            while (next < order.size()) {
                absent();
            }
        }

        private void absent() {
            updates.accept(ClientUpdate.failed(order.get(next++), "it dropped out"));
        }
    }

    /** Work in which some clients fail. */
    private record FailingWork(ClientWork work, Set<Integer> failing) implements ClientWork {

        @Override
        public Reply perform(Client client, ModelState received) {
            if (failing.contains(client.index())) {
                throw new IllegalStateException("its work threw (injected)");
            }
            return work.perform(client, received);
        }
    }
}
