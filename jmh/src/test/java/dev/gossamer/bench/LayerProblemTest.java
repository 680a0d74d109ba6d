package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.bench.LayerProblem.Direction;
import dev.gossamer.engine.Backend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LayerProblemTest {

    private static final Patterns.Dims DIMS = new Patterns.Dims(17, 33);

    @ParameterizedTest
    @ValueSource(doubles = {1, 0.2, 0})
    void engineAndOracleAgree(double density) {
        LayerProblem problem = new LayerProblem(DIMS, density, 5);
        try (Backend engine = BackendSetup.open("auto");
                Backend oracle = BackendSetup.oracle()) {
            for (Direction direction : Direction.values()) {
                try (EngineLayer ours = new EngineLayer(engine, problem, direction);
                        EngineLayer exact = new EngineLayer(oracle, problem, direction)) {
                    problem.verify("engine", ours);
                    problem.verify("oracle", exact);
                }
            }
        }
    }

    @Test
    void bytesAreOfWhatIsStored() {
        LayerProblem dense = new LayerProblem(new Patterns.Dims(10, 20), 1, 3);
        LayerProblem sparse = new LayerProblem(new Patterns.Dims(10, 20), 0.1, 3);
        assertThat(dense.work(Direction.FORWARD)).isEqualTo(new Work(1200, 4 * 200 + 4 * 3 * 30));
        assertThat(sparse.work(Direction.FORWARD)).isEqualTo(new Work(120, 8 * 20 + 4 * 3 * 30));
        assertThat(sparse.work(Direction.BACKWARD)).isEqualTo(new Work(240, 2 * (8 * 20 + 4 * 3 * 30)));
    }

    @ParameterizedTest
    @EnumSource
    void wrongAnswersAreFound(Direction direction) {
        LayerProblem problem = new LayerProblem(DIMS, 0.2, 5);
        LayerProblem other = new LayerProblem(DIMS, 0.2, 5);
        other.x[7] += 1;
        other.gy[3] += 1;
        try (Backend engine = BackendSetup.open("auto");
                EngineLayer ours = new EngineLayer(engine, other, direction)) {
            assertThatThrownBy(() -> problem.verify("engine", ours)).isInstanceOf(AssertionError.class);
        }
    }
}
