package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.bench.ConvProblem.Direction;
import dev.gossamer.bench.ConvProblem.Size;
import dev.gossamer.engine.Backend;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConvProblemTest {

    private static final Size SIZE = new Size(5, 3, 6);

    @ParameterizedTest
    @ValueSource(doubles = {1, 0.2, 0})
    void engineAndOracleAgree(double density) {
        ConvProblem problem = new ConvProblem(SIZE, density);
        try (Backend engine = BackendSetup.open("auto");
                Backend oracle = BackendSetup.oracle()) {
            for (Direction direction : Direction.values()) {
                try (Contender ours = new EngineConv(engine, problem, direction);
                        Contender exact = new EngineConv(oracle, problem, direction)) {
                    problem.verify("engine", ours, direction);
                    problem.verify("oracle", exact, direction);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void wrongAnswersAreFound(Direction direction) {
        ConvProblem problem = new ConvProblem(SIZE, 0.2);
        ConvProblem other = new ConvProblem(SIZE, 0.2);
        other.x[7] += 1;
        other.gy[3] += 1;
        try (Backend engine = BackendSetup.open("auto");
                Contender ours = new EngineConv(engine, other, direction)) {
            assertThatThrownBy(() -> problem.verify("engine", ours, direction))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining(direction.text);
        }
    }

    /** Images of 3x3x6 in five channels, read and written; 45 x 5 weights, or a fifth of them with their columns. */
    @Test
    void bytesAreOfWhatIsStored() {
        assertThat(new ConvProblem(SIZE, 1).work()).isEqualTo(new Work(2.0 * 54 * 225, 4 * 225 + 4 * 540));
        assertThat(new ConvProblem(SIZE, 0.2).work()).isEqualTo(new Work(2.0 * 54 * 45, 8 * 45 + 4 * 540));
    }

    @Test
    void sizesAreThreeNumbers() {
        assertThatThrownBy(() -> Size.parse("64x32"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("64x32x32");
    }
}
