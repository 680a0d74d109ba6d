package dev.gossamer.fl.run;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.method.ClientRunner;
import dev.gossamer.fl.method.Cohort;
import dev.gossamer.fl.method.FederatedMethod;
import dev.gossamer.fl.method.RoundOutcome;
import dev.gossamer.fl.method.ServerState;
import dev.gossamer.fl.method.Traffic;
import dev.gossamer.fl.nn.Evaluation;
import dev.gossamer.fl.run.RoundMetrics.LayerSparsity;
import dev.gossamer.fl.sparsity.Masking;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Round after round: a cohort, the method's round, a test of the new model, a line of metrics. */
final class RoundLoop {

    /** A run's accuracy is the mean over this many last rounds: single rounds move by a point. */
    private static final int ACCURACY_ROUNDS = 10;

    private final Experiment experiment;
    private final ExperimentConfig config;
    private final ClientRunner clients;
    private final Evaluator evaluator;
    private final RunDirectory directory;
    private final RunListener listener;
    private final Set<String> trained;
    private final List<RoundMetrics> history = new ArrayList<>();

    RoundLoop(
            Experiment experiment,
            ClientRunner clients,
            Evaluator evaluator,
            RunDirectory directory,
            RunListener listener) {
        this.experiment = experiment;
        this.config = experiment.config();
        this.trained = experiment.spec().trainedNames();
        this.clients = clients;
        this.evaluator = evaluator;
        this.directory = directory;
        this.listener = listener;
    }

    /**
     * What it takes to be stopped and to go on.
     *
     * @param memories of the clients, as they are at any time
     */
    record Progress(Checkpoints checkpoints, ClientMemories memories, StopSignal stop) {}

    /**
     * All rounds that are left.
     *
     * @param from where to go on; null for the first round
     */
    RunResult run(FederatedMethod method, Progress progress, @Nullable Checkpoint from) {
        long start = System.nanoTime();
        ServerState initial = method.init(config.seed());
        Checkpoint first = from == null ? new Checkpoint(initial, 0, new TreeMap<>()) : from;
        history.addAll(directory.metrics(first.metricsBytes()));
        double secondsBefore =
                history.stream().mapToDouble(RoundMetrics::seconds).sum();
        PaperAccounting accounting = accounting(initial);
        listener.started(experiment);
        Checkpoint last = rounds(method, first, accounting, progress);
        directory.forceMetrics();
        ModelState model = method.inferenceModel(last.state().model());
        directory.writeModel(model, experiment.spec().power());
        RunResult result = result(model, secondsBefore + secondsSince(start));
        directory.writeResult(result);
        directory.deleteCheckpoints();
        listener.finished(result);
        return result;
    }

    /** All rounds after a checkpoint; where the run stands after the last one. */
    private Checkpoint rounds(FederatedMethod method, Checkpoint from, PaperAccounting accounting, Progress progress) {
        Cohorts cohorts = new Cohorts(config.seed(), config.clients(), config.clientsPerRound());
        Checkpoint last = from;
        try (CheckpointWriter writer = new CheckpointWriter(
                directory, progress.checkpoints(), from.state().round())) {
            try {
                while (last.state().round() < config.rounds()) {
                    progress.stop().check();
                    int round = last.state().round() + 1;
                    Cohort cohort =
                            new Cohort(round, cohorts.of(round), config.faults().quorum());
                    last = round(method, cohort, last.state(), accounting, progress);
                    if (round % directory.checkpointEvery() == 0) {
                        writer.write(last);
                    }
                    if (listener.readsCheckpoints()) {
                        writer.settle();
                    }
                    listener.roundDone(history.getLast());
                }
            } catch (RunStoppedException e) {
                halt(last, writer); // whoever stopped it is told that it can go on
                throw e;
            } catch (RuntimeException e) {
                keep(last, writer, e);
                throw e;
            }
        }
        return last;
    }

    /** So that no round is lost that was complete, here and where copies are kept. */
    private void halt(Checkpoint last, CheckpointWriter writer) {
        if (last.state().round() > writer.round()) {
            writer.write(last);
        }
        writer.settle();
        listener.halted();
    }

    private void keep(Checkpoint last, CheckpointWriter writer, RuntimeException failure) {
        try {
            halt(last, writer);
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    /** What the rounds before have sent. */
    private PaperAccounting accounting(ServerState initial) {
        PaperAccounting accounting = new PaperAccounting(initial.model().nnz());
        for (RoundMetrics done : history) {
            accounting.addRound(
                    done.cohort().size(),
                    done.nonZeroParameters() + experiment.spec().stateCount());
        }
        return accounting;
    }

    private Checkpoint round(
            FederatedMethod method, Cohort cohort, ServerState state, PaperAccounting accounting, Progress progress) {
        long start = System.nanoTime();
        RoundOutcome outcome = method.round(state, cohort, clients);
        ServerState next = outcome.state();
        double agreement = Masking.agreement(state.model(), next.model());
        accounting.addRound(cohort.clients().size(), next.model().nnz());
        long evaluationStart = System.nanoTime();
        Evaluation test = evaluator.evaluate(method.inferenceModel(next.model()));
        RoundMetrics metrics = metrics(
                cohort, outcome, agreement, test, accounting, secondsSince(evaluationStart), secondsSince(start));
        history.add(metrics);
        return new Checkpoint(
                next, directory.append(metrics), progress.memories().all());
    }

    private static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    private RoundMetrics metrics(
            Cohort cohort,
            RoundOutcome outcome,
            double agreement,
            Evaluation test,
            PaperAccounting accounting,
            double evaluateSeconds,
            double seconds) {
        ModelState model = outcome.state().model();
        Traffic traffic = outcome.traffic();
        return new RoundMetrics(
                cohort.round(),
                config.rounds(),
                test.accuracy(),
                test.loss(),
                traffic.trainingLoss(),
                sparsity(experiment.spec().parameterCount(), trainedNonZeros(model)),
                trainedNonZeros(model),
                layers(model),
                outcome.pruneError(),
                agreement,
                traffic.agreement(),
                traffic.flops(),
                traffic.denseFlops(),
                traffic.savedBytes(),
                traffic.bytesDown(),
                traffic.bytesUp(),
                accounting.millions(PaperAccounting.PARAMETERS),
                traffic.asked(),
                traffic.answered(),
                traffic.refused(),
                cohort.clients(),
                traffic.trainSeconds(),
                traffic.encodeSeconds(),
                traffic.decodeSeconds(),
                evaluateSeconds,
                seconds);
    }

    private Map<String, LayerSparsity> layers(ModelState model) {
        Map<String, LayerSparsity> layers = new LinkedHashMap<>();
        for (TensorState tensor : model.tensors()) {
            if (trained.contains(tensor.name())) {
                layers.put(
                        tensor.name(),
                        new LayerSparsity(tensor.size(), tensor.nnz(), sparsity(tensor.size(), tensor.nnz())));
            }
        }
        return layers;
    }

    /** Without the statistics of batch normalisations, which are never pruned. */
    private long trainedNonZeros(ModelState model) {
        return model.nnz() - experiment.spec().stateCount();
    }

    /** Zeros over all; one division, so that 118,282 parameters of which 11,829 are left give the nearest double. */
    private static double sparsity(long size, long nnz) {
        return (double) (size - nnz) / size;
    }

    private RunResult result(ModelState model, double wallSeconds) {
        RoundMetrics last = history.getLast();
        int averaged = Math.min(ACCURACY_ROUNDS, history.size());
        double accuracy = history.subList(history.size() - averaged, history.size()).stream()
                .mapToDouble(RoundMetrics::accuracy)
                .average()
                .orElseThrow();
        return new RunResult(
                config.method(),
                config.dataset(),
                config.model(),
                config.partition(),
                config.clients(),
                config.seed(),
                experiment.backend().backend().name(),
                experiment.backend().source().text(),
                history.size(),
                accuracy,
                averaged,
                last.accuracy(),
                last.loss(),
                experiment.spec().parameterCount(),
                trainedNonZeros(model),
                sparsity(experiment.spec().parameterCount(), trainedNonZeros(model)),
                last.communicationPaperMillions(),
                history.stream().mapToLong(RoundMetrics::bytesUp).sum(),
                history.stream().mapToLong(RoundMetrics::bytesDown).sum(),
                wallSeconds,
                history.stream().mapToDouble(RoundMetrics::trainSeconds).sum(),
                history.stream().mapToDouble(RoundMetrics::encodeSeconds).sum(),
                history.stream().mapToDouble(RoundMetrics::decodeSeconds).sum());
    }
}
