package dev.gossamer.fl.run;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Workspace;
import dev.gossamer.fl.codec.DecodeOptions;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.data.Split;
import dev.gossamer.fl.data.SplitMix64;
import dev.gossamer.fl.method.ClientUpdate;
import dev.gossamer.fl.method.LocalTraining;
import dev.gossamer.fl.nn.Evaluation;
import dev.gossamer.fl.nn.EvaluationSession;
import dev.gossamer.fl.nn.Footprint;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Network;
import dev.gossamer.fl.nn.TrainingSession;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One thread's share of a simulation: a single-threaded workspace with a network, the data sets and the sessions, all kept
 * from client to client and from round to round. Belongs to the thread that made it.
 */
final class Worker implements AutoCloseable {

    /** Sets the streams of client shuffles apart from the other uses of a run's seed. */
    private static final long SHUFFLE = 0x5417F;

    /** Sets the keys of dropout and augmentation apart from the other uses of a run's seed. */
    private static final long NOISE = 0x2015E;

    private static final int EVALUATION_BATCH = 256;

    /**
     * What all workers of a run share.
     *
     * @param parts for each client the indices of its training samples
     */
    @SuppressWarnings("ArrayRecordComponent") // shared, read only, never compared
    record Setup(Backend backend, ModelSpec spec, Dataset data, int[][] parts, long seed) {

        int largestPart() {
            return Arrays.stream(parts).mapToInt(part -> part.length).max().orElse(1);
        }
    }

    private final Setup setup;
    private final Workspace workspace;
    private final Network network;
    private final Samples train;
    private final EvaluationSession evaluation;
    private final long dataBytes;
    private @Nullable TrainingSession training;
    private @Nullable LocalTraining trainingFor;

    Worker(Setup setup) {
        this.setup = setup;
        this.workspace = setup.backend().workspace(1);
        this.train = samples(setup.data().train());
        Samples test = samples(setup.data().test());
        this.dataBytes = workspace.allocatedBytes();
        this.network = new Network(workspace, setup.spec());
        this.evaluation = new EvaluationSession(network, test, setup.data().transform(), EVALUATION_BATCH);
    }

    private Samples samples(Split split) {
        return workspace.samples(split.images(), split.labels(), split.one(), split.count());
    }

    /** Number of batches that {@link #evaluate} counts through. */
    static int evaluationBatches(Dataset data) {
        return (data.test().count() + EVALUATION_BATCH - 1) / EVALUATION_BATCH;
    }

    /**
     * One client's part of a round. The order of its samples is a function of seed, round and client.
     *
     * @param message the encoded global model
     */
    ClientUpdate train(int client, byte[] message, LocalTraining work) {
        long start = System.nanoTime();
        SparseUpdate received = WireCodec.decode(message, DecodeOptions.forModel(network.layout()));
        network.load(received.model());
        long decoded = System.nanoTime();
        TrainingSession session = session(work);
        session.begin(
                work.rate(),
                SplitMix64.of(setup.seed(), NOISE, received.round(), client).nextLong());
        int[] order = setup.parts()[client].clone();
        SplitMix64 random = SplitMix64.of(setup.seed(), SHUFFLE, received.round(), client);
        for (int epoch = 0; epoch < work.epochs(); epoch++) {
            random.shuffle(order);
            session.trainEpoch(MemorySegment.ofArray(order), order.length);
        }
        double loss = session.lastEpoch().loss();
        ModelState trained = network.state();
        long done = System.nanoTime();
        byte[] answer =
                WireCodec.encode(new SparseUpdate(received.round(), client, order.length, received.method(), trained));
        return new ClientUpdate(client, answer, loss, decoded - start, done - decoded, System.nanoTime() - done);
    }

    private TrainingSession session(LocalTraining work) {
        TrainingSession session = training;
        if (session == null || !work.equals(trainingFor)) {
            if (session != null) {
                session.close();
            }
            session = new TrainingSession(
                    network,
                    train,
                    setup.data().transform(),
                    work.augment(),
                    work.batch(),
                    setup.largestPart(),
                    work.rule(),
                    work.sparse());
            training = session;
            trainingFor = work;
        }
        return session;
    }

    /** Memory of training, after {@link #train}. */
    Footprint footprint() {
        TrainingSession session = Objects.requireNonNull(training, "a worker that has trained");
        return session.footprint(workspace.allocatedBytes() - dataBytes - evaluation.allocatedBytes());
    }

    void load(ModelState model) {
        network.load(model);
    }

    /** The loaded model on one batch of the test samples. */
    Evaluation evaluate(int batch) {
        return evaluation.evaluate(batch);
    }

    @Override
    public void close() {
        workspace.close();
    }
}
