package dev.gossamer.bench;

import dev.gossamer.bench.Rounds.Versus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/**
 * Engines that serve the same model, each with as many streams as are asked for: a stream is a thread that asks for one batch after the
 * other. Engines take turns, slice by slice, so that what else the machine does hits all of them; the order turns from round to round.
 *
 * <p>Only latencies count, each as the process took it that ran the batch. What a slice takes on the clock has more in it: a run
 * that is not counted, streams that have ended while others have not, and for some engines a request to another process and
 * what its threads need to come to rest.
 */
final class Serving implements AutoCloseable {

    /** Slices of each engine. */
    private static final int ROUNDS = 20;

    private static final double LONG_RUN_NANOS = 2e7;

    private final Map<String, Engine> engines = new LinkedHashMap<>();
    private final int streams;

    Serving(int streams) {
        this.streams = streams;
    }

    /**
     * What an engine did.
     *
     * @param nanos of each batch, ascending
     * @param sliceMeans of the batches of each slice
     * @param seconds that a stream was at work, on average: the sum of all latencies over the number of streams
     */
    @SuppressWarnings("ArrayRecordComponent") // made once, read only, never compared
    record Served(double[] nanos, double[] sliceMeans, double seconds) {

        long iterations() {
            return nanos.length;
        }

        double meanMillis() {
            return Arrays.stream(nanos).average().orElse(Double.NaN) / 1e6;
        }

        /** Of sorted latencies, the smallest that so large a share does not exceed. */
        double percentileMillis(double share) {
            int at = (int) Math.ceil(share * nanos.length) - 1;
            return nanos[Math.clamp(at, 0, nanos.length - 1)] / 1e6;
        }

        /** Batches in a second, of all streams, while they are at work. */
        double rate() {
            return nanos.length / seconds;
        }
    }

    /** One engine's streams, each with a contender of its own on a thread of its own. */
    private final class Engine implements AutoCloseable {

        private final List<Stream> all = new ArrayList<>();
        private final double[] sliceMeans = new double[ROUNDS];

        Engine(Supplier<Contender> open) {
            for (int i = 0; i < streams; i++) {
                all.add(new Stream(open));
            }
        }

        /** Runs all streams for a while, without counting. */
        void warmUp(double nanos) {
            slice(nanos);
            all.forEach(Stream::forget);
        }

        void measure(int round, double nanos) {
            long before = count();
            double sumBefore = sum();
            slice(nanos);
            sliceMeans[round] = (sum() - sumBefore) / (count() - before);
        }

        private long count() {
            return all.stream().mapToLong(stream -> stream.count).sum();
        }

        private double sum() {
            return all.stream().mapToDouble(stream -> stream.sum).sum();
        }

        private void slice(double nanos) {
            long start = System.nanoTime();
            List<Future<?>> running = new ArrayList<>();
            all.forEach(stream -> running.add(stream.serve(start, nanos)));
            running.forEach(Serving::await);
        }

        Served served() {
            double[] nanos = all.stream()
                    .flatMapToDouble(stream -> Arrays.stream(stream.latencies, 0, stream.count))
                    .sorted()
                    .toArray();
            return new Served(nanos, sliceMeans.clone(), sum() / streams / 1e9);
        }

        @Override
        public void close() {
            all.forEach(Stream::close);
        }
    }

    private static final class Stream implements AutoCloseable {

        private final ExecutorService thread = Executors.newSingleThreadExecutor();
        private final Contender contender;
        private double[] latencies = new double[1024];
        private int count;
        private double sum;

        Stream(Supplier<Contender> open) {
            contender = await(thread.submit(open::get));
        }

        /**
         * A run that is not counted goes before: whoever was before left the caches full of other data. A long run hardly notices, and
         * would take its time twice.
         */
        Future<?> serve(long start, double nanos) {
            return thread.submit(() -> {
                if (count == 0 || latencies[count - 1] < LONG_RUN_NANOS) {
                    contender.run();
                }
                for (double latency : contender.latencies(nanos - (System.nanoTime() - start))) {
                    note(latency);
                }
            });
        }

        private void note(double nanos) {
            if (count == latencies.length) {
                latencies = Arrays.copyOf(latencies, 2 * count);
            }
            latencies[count++] = nanos;
            sum += nanos;
        }

        void forget() {
            count = 0;
            sum = 0;
        }

        float[] answer() {
            return await(thread.submit(() -> {
                contender.run();
                return contender.result();
            }));
        }

        @Override
        public void close() {
            await(thread.submit(contender::close));
            thread.shutdown();
        }
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("A stream failed: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Measuring was interrupted", e);
        }
    }

    /** Opens an engine's streams; contenders are made, run and closed on the threads of their streams. */
    void enter(String name, Supplier<Contender> open) {
        engines.put(name, new Engine(open));
    }

    /**
     * Fails unless all streams of all engines have the same logits.
     *
     * @throws AssertionError naming the engine
     */
    void verify() {
        float[] want = engines.values().iterator().next().all.getFirst().answer();
        engines.forEach(
                (name, engine) -> engine.all.forEach(stream -> ServeProblem.agree(name, stream.answer(), want)));
    }

    /** What each engine does in so many seconds, after so many that are not counted. */
    Map<String, Served> measure(double warmUpSeconds, double seconds) {
        engines.values().forEach(engine -> engine.warmUp(warmUpSeconds * 1e9));
        List<Engine> all = List.copyOf(engines.values());
        for (int round = 0; round < ROUNDS; round++) {
            for (int turn = 0; turn < all.size(); turn++) {
                all.get((round + turn) % all.size()).measure(round, seconds / ROUNDS * 1e9);
            }
        }
        Map<String, Served> served = new LinkedHashMap<>();
        engines.forEach((name, engine) -> served.put(name, engine.served()));
        return served;
    }

    /** How much faster one is than another: the median over rounds of the ratio of neighbouring slices. */
    static Versus speedup(Served one, Served other) {
        double[][] times = {one.sliceMeans, other.sliceMeans};
        return Rounds.score(List.of("other"), times).all().getFirst();
    }

    @Override
    public void close() {
        engines.values().forEach(Engine::close);
    }
}
