package dev.gossamer.spark;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.EngineException;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.method.ClientRunner;
import dev.gossamer.fl.run.ClientMemories;
import dev.gossamer.fl.run.Experiment;
import dev.gossamer.fl.run.RunStoppedException;
import dev.gossamer.fl.run.Site;
import dev.gossamer.fl.run.StopSignal;
import java.nio.file.Path;
import org.apache.spark.SparkContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An application that ends while the driver is between clients, as a signal has it: Spark hears the signal too. Each call of
 * Spark then fails in a way of its own.
 */
@Timeout(120)
class SparkEndsTest {

    @TempDir
    private Path folder;

    private final StopSignal stop = new StopSignal();
    private Runs runs;
    private Site site;
    private Site.Session session;
    private ModelState model;

    @BeforeEach
    void endSpark() {
        runs = new Runs(Runs.FEDAVG, folder);
        site = new SparkSiteProvider().open(SparkHome.quiet("local[1]"));
        Experiment experiment = runs.experiment().at(site);
        model = experiment.method().init(1).model();
        session = site.open(experiment, new ClientMemories(), stop);
        session.evaluate(model);
        SparkContext.getOrCreate().stop();
    }

    @AfterEach
    void close() {
        session.close();
        site.close();
        runs.close();
    }

    @Test
    void aRunThatIsStoppedSaysSo() {
        stop.give();
        assertThatThrownBy(() -> session.evaluate(model)).isInstanceOf(RunStoppedException.class);
        assertThatThrownBy(() -> runs.rounds((ClientRunner) session, 1)).isInstanceOf(RunStoppedException.class);
    }

    /** The signal comes to the run a moment later. */
    @Test
    void aRunThatIsAboutToBeStoppedSaysSoToo() {
        Thread.ofPlatform().start(() -> {
            try {
                Thread.sleep(500);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            stop.give();
        });
        assertThatThrownBy(() -> session.evaluate(model)).isInstanceOf(RunStoppedException.class);
    }

    @Test
    void anApplicationThatEndsByItselfIsNamed() {
        assertThatThrownBy(() -> session.evaluate(model))
                .isInstanceOf(EngineException.class)
                .hasMessageStartingWith("The Spark application has ended: ");
        assertThatThrownBy(() -> runs.rounds((ClientRunner) session, 1))
                .isInstanceOf(EngineException.class)
                .hasMessageStartingWith("The Spark application has ended: ");
    }
}
