package dev.gossamer.fl.run;

import dev.gossamer.engine.Backend;
import dev.gossamer.engine.OutOfDeviceMemoryException;
import dev.gossamer.engine.Samples;
import dev.gossamer.engine.Workspace;
import dev.gossamer.fl.codec.CodecException;
import dev.gossamer.fl.codec.DecodeOptions;
import dev.gossamer.fl.codec.ErrorFeedback;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.RoundedMessage;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.ValueType;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.data.Split;
import dev.gossamer.fl.data.SplitMix64;
import dev.gossamer.fl.method.Client;
import dev.gossamer.fl.method.ClientUpdate;
import dev.gossamer.fl.method.ClientWork;
import dev.gossamer.fl.method.LocalTraining;
import dev.gossamer.fl.method.Reply;
import dev.gossamer.fl.method.TrainingReport;
import dev.gossamer.fl.nn.Evaluation;
import dev.gossamer.fl.nn.EvaluationSession;
import dev.gossamer.fl.nn.Footprint;
import dev.gossamer.fl.nn.GradientSession;
import dev.gossamer.fl.nn.GradientSettings;
import dev.gossamer.fl.nn.GradientSquares;
import dev.gossamer.fl.nn.HessianProduct;
import dev.gossamer.fl.nn.ModelSpec;
import dev.gossamer.fl.nn.Network;
import dev.gossamer.fl.nn.TrainingFlops;
import dev.gossamer.fl.nn.TrainingSession;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One thread's share of a simulation: a single-threaded workspace with a network, the data sets and the sessions, all kept
 * from client to client and from round to round. Belongs to the thread that made it.
 */
final class Worker implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Worker.class.getName());

    /** Sets the streams of client shuffles apart from the other uses of a run's seed. */
    private static final long SHUFFLE = 0x5417F;

    /** Sets the keys of dropout and augmentation apart from the other uses of a run's seed. */
    private static final long NOISE = 0x2015E;

    /** Sets the streams of samples that clients draw apart from the other uses of a run's seed. */
    private static final long DRAW = 0xD4A3;

    /** A message may hold the model and something of its size beside it, as momentum. */
    private static final int MOST_COPIES = 2;

    /** Samples of a gradient that are computed at a time. */
    private static final int GRADIENT_BATCH = 256;

    /** Under which a client remembers what rounding took away from its last update. */
    private static final String RESIDUAL = "residual";

    /**
     * What all workers of a run share.
     *
     * @param parts for each client the indices of its training samples
     * @param memories what clients keep from round to round
     * @param uploads what the values of clients' updates travel as
     */
    @SuppressWarnings("ArrayRecordComponent") // shared, read only, never compared
    record Setup(
            Backend backend,
            ModelSpec spec,
            Dataset data,
            int[][] parts,
            long seed,
            ClientMemories memories,
            ValueType uploads) {

        int largestPart() {
            return Arrays.stream(parts).mapToInt(part -> part.length).max().orElse(1);
        }

        private int testBatch() {
            return EvaluationSession.batch(backend, spec, data.test().count());
        }

        /** Number of batches that {@link Worker#evaluate} counts through. */
        int testBatches() {
            return Math.ceilDiv(data.test().count(), testBatch());
        }
    }

    private final Setup setup;
    private final Workspace workspace;
    private final Network network;
    private final Samples train;
    private final EvaluationSession evaluation;
    private final long dataBytes;

    /** Of a training step, for each sample. */
    private final double denseFlops;

    private @Nullable TrainingSession training;
    private @Nullable LocalTraining trainingFor;
    private @Nullable GradientSquares squares;

    /** Most that the backend had given out, data included, since this worker first trained; 0 before. */
    private long trainingBytes;

    /** Memory of the last training; null before. */
    private @Nullable Footprint footprint;

    Worker(Setup setup) {
        this.setup = setup;
        this.workspace = setup.backend().workspace(1);
        this.denseFlops = TrainingFlops.of(setup.spec()).dense();
        try {
            this.train = samples(setup.data().train());
            Samples test = samples(setup.data().test());
            this.dataBytes = workspace.allocatedBytes();
            this.network = new Network(workspace, setup.spec());
            this.evaluation = new EvaluationSession(network, test, setup.data().transform(), setup.testBatch());
        } catch (RuntimeException e) {
            workspace.close();
            throw e;
        }
    }

    private Samples samples(Split split) {
        return workspace.samples(split.images(), split.labels(), split.one(), split.count());
    }

    /**
     * One client's part of a round.
     *
     * @param message the encoded global model
     */
    ClientUpdate perform(int client, byte[] message, ClientWork work) {
        return perform(client, message, work, setup.memories(), new StopSignal());
    }

    private ClientUpdate perform(
            int client, byte[] message, ClientWork work, ClientMemories memories, StopSignal stop) {
        long start = System.nanoTime();
        SparseUpdate received = WireCodec.decode(message, DecodeOptions.forCopies(network.layout(), MOST_COPIES));
        long decoded = System.nanoTime();
        AtWork atWork = new AtWork(client, received.round(), memories, stop);
        Reply reply = work.perform(atWork, received.model());
        long done = System.nanoTime();
        byte[] answer = encode(client, received, reply, memories);
        atWork.keepChanges();
        return new ClientUpdate(
                client, answer, reply.report(), decoded - start, done - decoded, System.nanoTime() - done);
    }

    /**
     * As above; a client that fails is one that does not answer: the others of its round go on. So is one that the signal stops.
     *
     * @throws OutOfDeviceMemoryException if there is no room for its work, which is not for the client to answer for
     */
    ClientUpdate attempt(int client, byte[] message, ClientWork work, ClientMemories memories, StopSignal stop) {
        try {
            return perform(client, message, work, memories, stop);
        } catch (OutOfDeviceMemoryException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "Client " + client + " failed", e);
            String said = e.getMessage();
            return ClientUpdate.failed(client, "it failed: " + (said == null ? e : said));
        }
    }

    /**
     * What rounding takes away from an update is added to the client's next one, whenever that is. An update with a value that
     * the type cannot hold travels as it is, so that it is up to the server to refuse it.
     */
    private byte[] encode(int client, SparseUpdate received, Reply reply, ClientMemories memories) {
        if (setup.uploads() == ValueType.F32 || reply.exact()) {
            return WireCodec.encode(update(client, received, reply.payload()), received.model());
        }
        ModelState residual = memories.recall(client, RESIDUAL, 1);
        SparseUpdate compensated = update(
                client,
                received,
                residual == null ? reply.payload() : ErrorFeedback.withResidual(reply.payload(), residual));
        try {
            RoundedMessage rounded = WireCodec.encodeRounded(compensated, setup.uploads(), received.model());
            memories.remember(client, RESIDUAL, received.round(), rounded.residual());
            return rounded.message();
        } catch (CodecException e) {
            memories.forget(client, RESIDUAL);
            return WireCodec.encode(compensated, received.model());
        }
    }

    private SparseUpdate update(int client, SparseUpdate received, ModelState payload) {
        return new SparseUpdate(received.round(), client, setup.parts()[client].length, received.method(), payload);
    }

    /**
     * A client whose turn it is on this worker's network. What it remembers holds when all its work is done: one that fails half
     * way may be asked again, and begins with what it knew.
     */
    private final class AtWork implements Client {

        private final int index;
        private final int round;
        private final ClientMemories memories;
        private final StopSignal stop;
        private final Map<String, Optional<ModelState>> changes = new HashMap<>();

        AtWork(int index, int round, ClientMemories memories, StopSignal stop) {
            this.index = index;
            this.round = round;
            this.memories = memories;
            this.stop = stop;
        }

        @Override
        public int index() {
            return index;
        }

        @Override
        public int round() {
            return round;
        }

        @Override
        public long samples() {
            return setup.parts()[index].length;
        }

        @Override
        public ModelSpec spec() {
            return setup.spec();
        }

        @Override
        public void load(ModelState model) {
            network.load(model);
        }

        @Override
        public TrainingReport train(LocalTraining training, @Nullable ModelState momentum) {
            return train(session(training), training, momentum);
        }

        private TrainingReport train(TrainingSession session, LocalTraining training, @Nullable ModelState momentum) {
            session.begin(
                    (float) training.rate().at(round),
                    SplitMix64.of(setup.seed(), NOISE, round, index).nextLong(),
                    momentum);
            int[] order = setup.parts()[index].clone();
            SplitMix64 random = SplitMix64.of(setup.seed(), SHUFFLE, round, index);
            for (int epoch = 0; epoch < training.epochs(); epoch++) {
                random.shuffle(order);
                session.trainEpoch(MemorySegment.ofArray(order), order.length, stop::check);
            }
            trainingBytes = Math.max(trainingBytes, workspace.allocatedBytes());
            footprint = session.footprint(workspace.allocatedBytes() - dataBytes - evaluation.allocatedBytes());
            long seen = (long) training.epochs() * order.length;
            return new TrainingReport(
                    session.lastEpoch().loss(), 0, session.flops(), seen * denseFlops, session.savedActivationBytes());
        }

        @Override
        public Squared trainWithSquares(LocalTraining training) {
            GradientSquares sums = squares();
            sums.reset();
            try (TrainingSession session = openWithSquares(training, sums)) {
                TrainingReport report = train(session, training, null);
                return new Squared(report, sums.state());
            }
        }

        @Override
        public int[] draw(int count) {
            int[] drawn = setup.parts()[index].clone();
            SplitMix64.of(setup.seed(), DRAW, round, index).shuffle(drawn);
            return Arrays.copyOf(drawn, Math.min(count, drawn.length));
        }

        @Override
        public int[] drawPerClass(int count) {
            int[] left = new int[setup.data().classes()];
            Arrays.fill(left, count);
            return Arrays.stream(draw(Integer.MAX_VALUE))
                    .filter(sample -> left[setup.data().train().label(sample)]-- > 0)
                    .toArray();
        }

        @Override
        public ModelState gradient(GradientSettings settings, int[] samples) {
            try (GradientSession session = new GradientSession(
                    network, train, setup.data().transform(), batch(samples), samples.length, settings)) {
                ModelState gradient = session.gradient(samples);
                keepPeak();
                return gradient;
            }
        }

        @Override
        public ModelState hessianGradient(GradientSettings settings, int[] samples) {
            try (HessianProduct session = new HessianProduct(
                    network, train, setup.data().transform(), batch(samples), samples.length, settings)) {
                ModelState product = session.ofGradient(samples);
                keepPeak();
                return product;
            }
        }

        /** Of one that trains as well, as FedDST's; who only scores does so alone, and gives all of it back. */
        private void keepPeak() {
            if (trainingBytes > 0) {
                trainingBytes = Math.max(trainingBytes, workspace.allocatedBytes());
            }
        }

        private static int batch(int... samples) {
            return Math.min(samples.length, GRADIENT_BATCH);
        }

        @Override
        public ModelState state() {
            return network.state();
        }

        @Override
        public ModelState momentum() {
            return network.momentum();
        }

        @Override
        public @Nullable ModelState recall(String name, int since) {
            Optional<ModelState> change = changes.get(name);
            return change == null ? memories.recall(index, name, since) : change.orElse(null);
        }

        @Override
        public void remember(String name, ModelState state) {
            changes.put(name, Optional.of(state));
        }

        @Override
        public void forget(String name) {
            changes.put(name, Optional.empty());
        }

        void keepChanges() {
            changes.forEach((name, state) -> state.ifPresentOrElse(
                    kept -> memories.remember(index, name, round, kept), () -> memories.forget(index, name)));
        }
    }

    private TrainingSession session(LocalTraining work) {
        TrainingSession session = training;
        if (session == null || !work.equals(trainingFor)) {
            if (session != null) {
                session.close();
                training = null;
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

    private TrainingSession openWithSquares(LocalTraining work, GradientSquares sums) {
        return new TrainingSession(
                network,
                train,
                setup.data().transform(),
                work.augment(),
                work.batch(),
                setup.largestPart(),
                work.rule(),
                sums);
    }

    /** Sums of squared gradients, for the methods that ask for them. */
    private GradientSquares squares() {
        GradientSquares known = squares;
        if (known == null) {
            known = new GradientSquares(network);
            squares = known;
        }
        return known;
    }

    /**
     * Bytes that the backend has given out for this worker, data included, at most; 0 if it has not trained yet: what a score
     * takes says nothing of what training does.
     */
    long trainingBytes() {
        return trainingBytes;
    }

    /** Memory of training; null if this worker has not trained yet. */
    @Nullable
    Footprint footprint() {
        return footprint;
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
