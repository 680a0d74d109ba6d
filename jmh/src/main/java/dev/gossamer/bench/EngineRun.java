package dev.gossamer.bench;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Backends;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.run.DataSource;
import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.RoundMetrics;
import dev.gossamer.fl.run.RunDirectory;
import dev.gossamer.fl.run.RunListener;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The run of {@link FederatedProblem} as {@code gossamer train} does it, for {@link FederatedCell}, in this process. */
@Command(name = EngineRun.NAME, hidden = true, description = "Trains the federated cell.")
final class EngineRun implements Callable<Integer> {

    static final String NAME = "federated-run";

    @Mixin
    private BackendOption backend = new BackendOption();

    @Option(names = "--data", required = true)
    private Path data = Path.of("");

    @Option(names = "--out", required = true)
    private Path out = Path.of("");

    @Option(names = "--rounds", required = true)
    private int rounds;

    @Option(names = "--threads", required = true)
    private int threads;

    /** Where a run leaves a line for each round. */
    static Path metrics(Path directory) {
        return directory.resolve(RunDirectory.METRICS);
    }

    @Override
    public Integer call() {
        ExperimentConfig config = FederatedProblem.config(rounds);
        Backends.Choice choice = backend.open();
        try (Backend opened = choice.backend();
                Dataset set = DataSource.load(config.dataset(), data);
                RunDirectory directory = RunDirectory.create(out, false)) {
            System.out.println("# " + opened.name() + ": " + opened.device() + ", " + threads + " used");
            Experiment.prepare(config, set, choice, threads).run(directory, new RunListener() {
                @Override
                public void roundDone(RoundMetrics metrics) {
                    FederatedCell.tell(metrics.round(), metrics.rounds(), metrics.accuracy());
                }
            });
        }
        return 0;
    }
}
