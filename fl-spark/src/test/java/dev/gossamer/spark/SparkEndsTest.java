package dev.gossamer.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.gossamer.engine.EngineException;
import dev.gossamer.fl.run.ClientMemories;
import dev.gossamer.fl.run.RoundMetrics;
import dev.gossamer.fl.run.RunDirectory;
import dev.gossamer.fl.run.RunListener;
import dev.gossamer.fl.run.RunStoppedException;
import dev.gossamer.fl.run.Site;
import dev.gossamer.fl.run.StopSignal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An application that ends under its run, as a signal has it: Spark hears the signal too, and here hears it first. Each call of
 * Spark then fails in a way of its own.
 */
@Timeout(120)
class SparkEndsTest {

    private static final long MILLIS = 300;

    /** Of tasks in this process. */
    private static final CountDownLatch NEVER = new CountDownLatch(1);

    @TempDir
    Path folder;

    private final StopSignal stop = new StopSignal();
    private SparkSite site;

    @BeforeEach
    void startSpark() {
        site = (SparkSite) new SparkSiteProvider().open(SparkHome.quiet("local[1]"));
    }

    @AfterEach
    void stopSpark() {
        site.close();
    }

    /** What a run asks of Spark; so many clients make blocks that executors fold, or do not. */
    private enum Request {
        CLIENTS(3),
        BLOCKS(130),
        TEST(3);

        private final int clients;

        Request(int clients) {
            this.clients = clients;
        }

        Runs runs(Path folder) {
            return new Runs(
                    Map.of("method", "fedavg", "model", "linear", "clients", Integer.toString(clients)), folder);
        }

        void ask(Runs runs, Site.Session session) {
            if (this == TEST) {
                session.evaluate(runs.experiment().spec().initial(1));
            } else {
                runs.rounds(session, 1);
            }
        }
    }

    private Site.Session session(Runs runs) {
        return site.open(runs.experiment(), new ClientMemories(), stop);
    }

    private void stopLater() {
        CompletableFuture.delayedExecutor(MILLIS, TimeUnit.MILLISECONDS).execute(stop::give);
    }

    @ParameterizedTest
    @EnumSource(Request.class)
    void aRunThatIsStoppedSaysSo(Request request) {
        try (Runs runs = request.runs(folder);
                Site.Session session = session(runs)) {
            site.close();
            stop.give();
            assertThatThrownBy(() -> request.ask(runs, session)).isInstanceOf(RunStoppedException.class);
        }
    }

    /** The signal comes to the run a moment later. */
    @ParameterizedTest
    @EnumSource(Request.class)
    void aSignalBetweenJobsStopsTheRun(Request request) {
        try (Runs runs = request.runs(folder);
                Site.Session session = session(runs)) {
            site.close();
            stopLater();
            assertThatThrownBy(() -> request.ask(runs, session)).isInstanceOf(RunStoppedException.class);
        }
    }

    @ParameterizedTest
    @EnumSource(Request.class)
    void aSignalDuringAJobStopsTheRun(Request request) {
        try (Runs runs = request.runs(folder);
                Site.Session session = session(runs)) {
            occupy();
            CompletableFuture<Void> signal = CompletableFuture.runAsync(() -> {
                awaitJobs(2);
                site.close();
                stopLater();
            });
            Throwable thrown = catchThrowable(() -> request.ask(runs, session));
            signal.join();
            assertThat(thrown).isInstanceOf(RunStoppedException.class);
        }
    }

    @ParameterizedTest
    @EnumSource(Request.class)
    void anApplicationThatEndsByItselfIsTold(Request request) {
        try (Runs runs = request.runs(folder);
                Site.Session session = session(runs)) {
            site.close();
            assertThatThrownBy(() -> request.ask(runs, session))
                    .isInstanceOf(EngineException.class)
                    .hasMessageStartingWith("The Spark application has ended: ");
        }
    }

    @Test
    void theLastWholeRoundIsKept() throws IOException {
        Path out = folder.resolve("out");
        RunListener stopper = new RunListener() {
            @Override
            public void roundDone(RoundMetrics metrics) {
                if (metrics.round() == 2) {
                    site.close();
                    stopLater();
                }
            }
        };
        try (Runs runs = new Runs(Runs.REMEMBERING, folder)) {
            try (RunDirectory directory = RunDirectory.create(out, false).checkpointEvery(10)) {
                assertThatThrownBy(() -> runs.experiment().at(site).run(directory, stopper, stop))
                        .isInstanceOf(RunStoppedException.class);
            }
            assertThat(out.resolve("checkpoint/round-2.checkpoint")).exists();
            try (RunDirectory directory = RunDirectory.resume(out)) {
                runs.experiment().run(directory, RunListener.NONE);
            }
            assertThat(out.resolve(RunDirectory.MODEL)).hasBinaryContent(runs.model(null));
        }
    }

    /** Takes the only slot, so that whatever comes next waits in Spark. */
    private static void occupy() {
        JavaFutureAction<List<Boolean>> busy = spark().parallelize(List.of(1), 1)
                .map(one -> NEVER.await(1, TimeUnit.MINUTES))
                .collectAsync();
        awaitJobs(1);
        assertThat(busy.isDone()).isFalse();
    }

    private static JavaSparkContext spark() {
        return JavaSparkContext.fromSparkContext(SparkContext.getOrCreate());
    }

    private static void awaitJobs(int count) {
        JavaSparkContext spark = spark();
        long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (spark.statusTracker().getActiveJobIds().length < count) {
            assertThat(System.nanoTime()).as("jobs came").isLessThan(until);
            Thread.onSpinWait();
        }
    }
}
