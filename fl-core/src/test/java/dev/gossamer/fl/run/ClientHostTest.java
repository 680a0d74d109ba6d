package dev.gossamer.fl.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.EngineException;
import dev.gossamer.fl.TestBackends;
import dev.gossamer.fl.TestData;
import dev.gossamer.fl.codec.ValueType;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.data.Partition;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Models;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A host that is closed while others count on it: each of them is told, nobody waits for ever. */
class ClientHostTest {

    private static final Duration SOON = Duration.ofMinutes(1);
    private static final ModelSpec SPEC = Models.mlp(TestData.FEATURES, 9, TestData.CLASSES);
    private static final byte[] MODEL = ModelBytes.encode(SPEC.initial(1));

    @Test
    void aClosedHostRefusesWork() {
        with(setup -> {
            ClientHost host = new ClientHost(setup);
            assertThat(host.evaluate(MODEL, 0, 1)).hasSize(1);
            host.close();
            assertTimeoutPreemptively(
                    SOON,
                    () -> assertThatThrownBy(() -> host.evaluate(MODEL, 0, 1))
                            .isInstanceOf(EngineException.class)
                            .hasMessageContaining("workers have ended"));
        });
    }

    @Test
    void aPoolThatIsClosedDoesWhatItWasGivenBefore() {
        with(setup -> {
            WorkerPool pool = new WorkerPool(setup, 1);
            CountDownLatch closing = new CountDownLatch(1);
            CompletableFuture<String> atWork = pool.submit(worker -> {
                await(closing);
                return "done";
            });
            CompletableFuture<String> waiting = pool.submit(worker -> "done too");
            CompletableFuture<Void> closed = CompletableFuture.runAsync(pool::close);
            closing.countDown();
            assertTimeoutPreemptively(SOON, () -> {
                assertThat(atWork.join()).isEqualTo("done");
                assertThat(waiting.join()).isEqualTo("done too");
                closed.join();
            });
            assertThatThrownBy(() -> pool.submit(worker -> "late")).isInstanceOf(EngineException.class);
            assertThatThrownBy(() -> pool.grow(2)).isInstanceOf(EngineException.class);
        });
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new CompletionException(e);
        }
    }

    private static void with(Consumer<Worker.Setup> test) {
        try (Dataset data = TestData.rows();
                Backend backend = TestBackends.open("cpu-vector")) {
            int[][] parts = Partition.parse("iid", 1).assign(data, 2);
            test.accept(new Worker.Setup(backend, SPEC, data, parts, 1, new ClientMemories(), ValueType.F32));
        }
    }
}
