package dev.gossamer.fl.method;

import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.codec.WireCodec;
import dev.gossamer.fl.nn.GradientSettings;
import dev.gossamer.fl.nn.ModelSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Clients whose loss is a quadratic, {@code F_k(θ) = a_k/2·‖θ - c_k‖²}, trained by full-gradient steps in doubles: what methods
 * make of them has a closed form. An epoch is a step. Messages go through the codec as always, so where the closed form's
 * numbers are f32 the result is exact.
 */
final class QuadraticClients implements ClientRunner {

    /**
     * One client.
     *
     * @param samples its weight
     * @param curvature a_k
     * @param centre c_k, the same for all parameters
     */
    record Quadratic(long samples, double curvature, double centre) {}

    private record Memory(int round, ModelState state) {}

    private final ModelSpec spec;
    private final List<Quadratic> clients;
    private final Map<String, Memory> memory = new HashMap<>();

    QuadraticClients(ModelSpec spec, Quadratic... clients) {
        this.spec = spec;
        this.clients = List.of(clients);
    }

    @Override
    public void run(byte[] message, Cohort cohort, ClientWork work, Consumer<ClientUpdate> updates) {
        for (int index : cohort.clients()) {
            SparseUpdate received = WireCodec.decode(message);
            Reply reply = work.perform(new AtWork(index, received.round()), received.model());
            byte[] answer = WireCodec.encode(
                    new SparseUpdate(
                            received.round(), index, clients.get(index).samples(), received.method(), reply.payload()),
                    received.model());
            updates.accept(new ClientUpdate(index, answer, reply.report(), 0, 0, 0));
        }
    }

    private final class AtWork implements Client {

        private final int index;
        private final int round;
        private @Nullable ModelState model;
        private @Nullable ModelState momentum;

        AtWork(int index, int round) {
            this.index = index;
            this.round = round;
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
            return clients.get(index).samples();
        }

        @Override
        public ModelSpec spec() {
            return spec;
        }

        @Override
        public void load(ModelState loaded) {
            model = loaded;
        }

        @Override
        public TrainingReport train(LocalTraining training, @Nullable ModelState start) {
            List<TensorState> trained = new ArrayList<>();
            List<TensorState> buffers = new ArrayList<>();
            for (TensorState tensor : state().tensors()) {
                float[] theta = tensor.values().clone();
                float[] buffer = start == null
                        ? new float[theta.length]
                        : start.tensor(tensor.name()).values().clone();
                for (int i = 0; i < theta.length; i++) {
                    train(training, theta, buffer, i);
                }
                trained.add(tensor.with(tensor.pattern(), theta));
                buffers.add(tensor.with(tensor.pattern(), buffer));
            }
            model = new ModelState(trained);
            momentum = new ModelState(buffers);
            return new TrainingReport(1, 0, 0, 0, 0);
        }

        @Override
        public Squared trainWithSquares(LocalTraining training) {
            throw new UnsupportedOperationException("Quadratics have no squares");
        }

        @Override
        public int[] draw(int count) {
            throw new UnsupportedOperationException("Quadratics have no samples");
        }

        @Override
        public int[] drawPerClass(int count) {
            throw new UnsupportedOperationException("Quadratics have no samples");
        }

        @Override
        public ModelState gradient(GradientSettings settings, int[] samples) {
            throw new UnsupportedOperationException("Quadratics have no samples");
        }

        @Override
        public ModelState hessianGradient(GradientSettings settings, int[] samples) {
            throw new UnsupportedOperationException("Quadratics have no samples");
        }

        private void train(LocalTraining training, float[] theta, float[] buffer, int i) {
            Quadratic own = clients.get(index);
            Sgd rule = training.rule();
            double anchor = theta[i];
            double w = theta[i];
            double v = buffer[i];
            for (int step = 0; step < training.epochs(); step++) {
                double gradient = own.curvature() * (w - own.centre()) + rule.proximal() * (w - anchor);
                v = rule.momentum() * v + gradient;
                w -= training.rate().at(round) * v;
            }
            theta[i] = (float) w;
            buffer[i] = (float) v;
        }

        @Override
        public ModelState state() {
            return Objects.requireNonNull(model, "a loaded model");
        }

        @Override
        public ModelState momentum() {
            return Objects.requireNonNull(momentum, "a trained model");
        }

        @Override
        public @Nullable ModelState recall(String name, int since) {
            Memory known = memory.get(index + name);
            return known == null || known.round() < since ? null : known.state();
        }

        @Override
        public void remember(String name, ModelState state) {
            memory.put(index + name, new Memory(round, state));
        }

        @Override
        public void forget(String name) {
            memory.remove(index + name);
        }
    }
}
