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

    RunResult run(FederatedMethod method) {
        long start = System.nanoTime();
        Cohorts cohorts = new Cohorts(config.seed(), config.clients(), config.clientsPerRound());
        ServerState state = method.init(config.seed());
        PaperAccounting accounting = new PaperAccounting(state.model().nnz());
        listener.started(experiment);
        for (int round = 1; round <= config.rounds(); round++) {
            long roundStart = System.nanoTime();
            Cohort cohort = cohorts.of(round);
            RoundOutcome outcome = method.round(state, cohort, clients);
            double agreement = Masking.agreement(state.model(), outcome.state().model());
            state = outcome.state();
            accounting.addRound(cohort.clients().size(), state.model().nnz());
            long evaluationStart = System.nanoTime();
            Evaluation test = evaluator.evaluate(state.model());
            RoundMetrics metrics = metrics(
                    cohort,
                    outcome,
                    agreement,
                    test,
                    accounting,
                    secondsSince(evaluationStart),
                    secondsSince(roundStart));
            history.add(metrics);
            directory.append(metrics);
            listener.roundDone(metrics);
        }
        directory.writeModel(state.model());
        RunResult result = result(state.model(), secondsSince(start));
        directory.writeResult(result);
        listener.finished(result);
        return result;
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
