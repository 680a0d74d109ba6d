package dev.gossamer.fl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gossamer.engine.Activation;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.ops.Sgd;
import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.TensorState;
import dev.gossamer.fl.method.QuadraticClients.Quadratic;
import dev.gossamer.fl.nn.LinearSpec;
import dev.gossamer.fl.nn.ModelSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Methods on quadratics, against what paper and pencil say. Numbers are sums of powers of two, so that results are exact. */
class ClosedFormsTest {

    private static final ModelSpec SPEC =
            new ModelSpec("one", Shape.of(1, 1), List.of(new LinearSpec("fc", 1, Activation.IDENTITY)));

    /** Weights 1 : 3, so that the mean is exact. */
    private static final Quadratic LEFT = new Quadratic(1, 1, 8);

    private static final Quadratic RIGHT = new Quadratic(3, 2, -4);
    private static final double RATE = 0.25;
    private static final int STEPS = 3;

    @Test
    void fedAvgIsTheMeanOfContractionsTowardsEachCentre() {
        FedAvg method = new FedAvg(SPEC, training(Sgd.PLAIN));
        double w = 16;

        // w_k = c_k + (1 - η·a_k)^E·(w - c_k)
        double left = 8 + Math.pow(1 - RATE, STEPS) * (w - 8);
        double right = -4 + Math.pow(1 - 2 * RATE, STEPS) * (w + 4);

        assertThat(weight(method.round(state(w), both(), clients()))).isEqualTo((left + 3 * right) / 4);
    }

    @Test
    void fedProxContractsTowardsACentreBetweenTheClientsAndTheServers() {
        double mu = 1;
        FedProx method = new FedProx(SPEC, training(Sgd.PLAIN), mu);
        double w = 16;

        double left = proximal(1, 8, mu, w);
        double right = proximal(2, -4, mu, w);

        assertThat(weight(method.round(state(w), both(), clients()))).isCloseTo((left + 3 * right) / 4, within(1e-6));
    }

    /** With contraction {@code 1 - η·(a + μ)} and fixed point {@code (a·c + μ·w)/(a + μ)}. */
    private static double proximal(double a, double c, double mu, double w) {
        double fixed = (a * c + mu * w) / (a + mu);
        return fixed + Math.pow(1 - RATE * (a + mu), STEPS) * (w - fixed);
    }

    @Test
    void fedProxWithoutItsTermIsFedAvg() {
        FedProx method = new FedProx(SPEC, training(Sgd.PLAIN), 0);
        FedAvg plain = new FedAvg(SPEC, training(Sgd.PLAIN));

        assertThat(method.round(state(16), both(), clients()).state())
                .isEqualTo(plain.round(state(16), both(), clients()).state());
    }

    @Test
    void fedAvgMTakesStepsAlongItsVelocity() {
        FedAvgM method = new FedAvgM(SPEC, training(Sgd.PLAIN), 0.5, 2);
        ServerState first = at(method.init(1), 16);
        double mean1 = mean(16);
        double v1 = 16 - mean1;
        double w1 = 16 - 2 * v1;
        ServerState second = method.round(first, both(), clients()).state();
        assertThat(weight(second)).isEqualTo(w1);

        double v2 = 0.5 * v1 + (w1 - mean(w1));
        ServerState third =
                method.round(second, new Cohort(2, List.of(0, 1)), clients()).state();
        assertThat(weight(third)).isEqualTo(w1 - 2 * v2);
    }

    @Test
    void fedAvgMWithoutMomentumIsFedAvg() {
        FedAvgM method = new FedAvgM(SPEC, training(Sgd.PLAIN), 0, 1);
        FedAvg plain = new FedAvg(SPEC, training(Sgd.PLAIN));

        assertThat(method.round(at(method.init(1), 0.1), both(), clients())
                        .state()
                        .model())
                .isEqualTo(plain.round(state(0.1), both(), clients()).state().model());
    }

    @Test
    void mflOfEqualClientsThatStepOnceIsMomentumDescent() {
        LocalTraining once = new LocalTraining(1, 1, RATE, new Sgd(0.5f, false, 0, 0));
        Mfl method = new Mfl(SPEC, once);
        QuadraticClients equal = new QuadraticClients(SPEC, new Quadratic(2, 1, 8), new Quadratic(2, 1, 8));
        ServerState state = at(method.init(1), 16);
        double w = 16;
        double d = 0;
        for (int round = 1; round <= 5; round++) {
            state = method.round(state, new Cohort(round, List.of(0, 1)), equal).state();
            d = 0.5 * d + (w - 8);
            w -= RATE * d;
            assertThat(weight(state)).as("round %d", round).isEqualTo(w);
        }
    }

    @Test
    void mflRefusesToAverageWhatIsNotThere() {
        assertThatThrownBy(() -> new Mfl(SPEC, training(Sgd.PLAIN)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("momentum must be above 0");
    }

    private static double mean(double w) {
        double left = 8 + Math.pow(1 - RATE, STEPS) * (w - 8);
        double right = -4 + Math.pow(1 - 2 * RATE, STEPS) * (w + 4);
        return (left + 3 * right) / 4;
    }

    private static LocalTraining training(Sgd rule) {
        return new LocalTraining(STEPS, 1, RATE, rule);
    }

    private static QuadraticClients clients() {
        return new QuadraticClients(SPEC, LEFT, RIGHT);
    }

    private static Cohort both() {
        return new Cohort(1, List.of(0, 1));
    }

    private static ServerState state(double w) {
        return at(new ServerState(0, SPEC.initial(1), Map.of()), w);
    }

    private static ServerState at(ServerState state, double w) {
        List<TensorState> tensors = state.model().tensors().stream()
                .map(tensor -> tensor.with(null, new float[] {(float) w}))
                .toList();
        return new ServerState(state.round(), new ModelState(tensors), state.memory());
    }

    private static double weight(RoundOutcome outcome) {
        return weight(outcome.state());
    }

    private static double weight(ServerState state) {
        return state.model().tensor("fc.weight").values()[0];
    }
}
