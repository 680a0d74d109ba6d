package dev.gossamer.bench;

import dev.gossamer.bench.TimedClients.Account;
import dev.gossamer.engine.Backends;
import dev.gossamer.fl.data.Dataset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Clients of each method on one model, timed round by round in turn with those of dense FedAvg, whose settings are the same but for
 * the method's own.
 */
final class MethodSpeeds implements AutoCloseable {

    private static final double NANOS_PER_MILLI = 1e6;

    /**
     * What is trained, and for how long it is timed.
     *
     * @param dataset where it is not there, {@code fallback} is taken
     * @param fallback the same name where there is none
     * @param steps of a client in a round
     * @param clients of a round
     * @param rounds that are timed
     * @param warmUpNanos of each method, rounds that are not timed
     */
    record Size(
            String model,
            String dataset,
            String fallback,
            int batch,
            int steps,
            int clients,
            int rounds,
            double warmUpNanos,
            List<String> methods) {

        Size with(int newSteps, int newRounds) {
            return new Size(
                    model,
                    dataset,
                    fallback,
                    batch,
                    newSteps == 0 ? steps : newSteps,
                    clients,
                    newRounds == 0 ? rounds : newRounds,
                    warmUpNanos,
                    methods);
        }
    }

    private final Size size;
    private final Dataset data;
    private final Backends.Choice backend;
    private final Map<String, String> common = new LinkedHashMap<>();
    private final Map<MethodCase, MethodRun> dense = new HashMap<>();

    MethodSpeeds(Size size, Dataset data, Backends.Choice backend) {
        this.size = size;
        this.data = data;
        this.backend = backend;
        common.put("dataset", data.name());
        common.put("model", size.model);
        common.put("batch", Integer.toString(size.batch));
        common.put("epochs", "1");
        common.put("lr", "0.01");
        // As many clients as it takes for each to have so many steps.
        int samples = size.steps * size.batch;
        common.put(
                "clients", Integer.toString(Math.max(size.clients, (data.train().count() + samples - 1) / samples)));
    }

    /** Times one case. */
    MethodRow measure(MethodCase one) {
        MethodRun fedAvg = dense.computeIfAbsent(one.dense(), this::open);
        try (MethodRun run = open(one)) {
            List<Account> ours = new ArrayList<>();
            List<Account> theirs = new ArrayList<>();
            for (int round = 0; round < size.rounds; round++) {
                if (round % 2 == 0) {
                    theirs.add(fedAvg.round());
                    ours.add(run.round());
                } else {
                    ours.add(run.round());
                    theirs.add(fedAvg.round());
                }
            }
            return row(one, run, fedAvg, ours, theirs);
        }
    }

    /** Ready to be timed. */
    private MethodRun open(MethodCase one) {
        MethodRun run = new MethodRun(one, common, data, backend, size.clients);
        long start = System.nanoTime();
        do {
            run.round();
        } while (System.nanoTime() - start < size.warmUpNanos);
        return run;
    }

    private MethodRow row(MethodCase one, MethodRun run, MethodRun fedAvg, List<Account> ours, List<Account> theirs) {
        Account any = ours.getFirst();
        Rounds.Versus all = versus(ours, theirs, Account::nanos);
        Rounds.Versus training = versus(ours, theirs, Account::trainNanos);
        List<MethodRun.Kept> kept = run.finish();
        MethodRun.Kept own = kept.getLast();
        return new MethodRow(
                size.model,
                data.name(),
                size.batch,
                one.label(),
                one.sparsity(),
                own.sparsity(),
                one.sparsity() == null || own.is(one.sparsity()),
                kept.getFirst().nonZeros(),
                kept.getFirst().size(),
                run.work(),
                Math.ceilDiv(any.samples() / any.clients(), size.batch),
                median(ours, Account::nanos),
                median(ours, Account::trainNanos),
                median(ours, account -> account.workNanos() - account.trainNanos()),
                median(ours, Account::codecNanos),
                median(theirs, Account::nanos),
                all.ratio(),
                all.interval(),
                training.ratio(),
                any.bytesUp() / any.clients(),
                any.bytesDown() / any.clients(),
                run.savedActivations(),
                fedAvg.savedActivations());
    }

    /** Of a client, in milliseconds. */
    private static double median(List<Account> rounds, ToDoubleFunction<Account> nanos) {
        return Rounds.median(rounds.stream()
                        .mapToDouble(account -> nanos.applyAsDouble(account) / account.clients())
                        .toArray())
                / NANOS_PER_MILLI;
    }

    private static Rounds.Versus versus(List<Account> ours, List<Account> theirs, ToDoubleFunction<Account> nanos) {
        double[][] times = {
            ours.stream().mapToDouble(nanos).toArray(),
            theirs.stream().mapToDouble(nanos).toArray()
        };
        return Rounds.score(List.of("fedavg"), times).all().getFirst();
    }

    @Override
    public void close() {
        dense.values().forEach(MethodRun::close);
    }
}
