package dev.gossamer.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.gossamer.bench.Patterns.Dims;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The libraries in this process: each gives the right answers, and a wrong one would be found. */
class PeersTest {

    private static final List<SpmmProblem> PROBLEMS = List.of(
            new SpmmProblem(pattern(17, 33, 0.2), 5, 42),
            new SpmmProblem(pattern(1, 1, 1), 1, 42),
            new SpmmProblem(pattern(8, 9, 0.1), 3, 42),
            SpmmProblem.transposed(pattern(17, 33, 0.2), 5, 42));

    private static SparsityPattern pattern(int rows, int cols, double density) {
        return Patterns.uniform(new Dims(rows, cols), density, 7);
    }

    private static void answers(Function<SpmmProblem, Contender> peer) {
        for (SpmmProblem problem : PROBLEMS) {
            try (Contender contender = peer.apply(problem)) {
                problem.verify("peer", contender);
                // Again, as answers that add up are right only once.
                problem.verify("peer", contender);
            }
        }
        SpmmProblem first = PROBLEMS.getFirst();
        try (Contender other = peer.apply(new SpmmProblem(first.pattern, first.columns, 43))) {
            assertThatThrownBy(() -> first.verify("peer", other)).isInstanceOf(AssertionError.class);
        }
    }

    @Test
    void ejmlAnswers() {
        answers(Ejml.Sparse::new);
        answers(Ejml.Dense::new);
        assertThat(Ejml.version()).matches("EJML \\d+\\.\\d+.*");
    }

    @Test
    void openBlasAnswersAndTellsItsCore() {
        assumeThat(OpenBlas.objection()).isNull();
        answers(OpenBlas.Dense::new);
        assertThat(OpenBlas.core()).isNotBlank();
        assertThat(OpenBlas.version()).contains("OpenBLAS", OpenBlas.core());
    }

    @Test
    void oneMklAnswers() {
        assumeThat(OneMkl.objection()).isNull();
        answers(OneMkl.Dense::new);
        answers(OneMkl.Sparse::new);
    }
}
