package dev.gossamer.bench;

import dev.gossamer.engine.sparse.SparsityPattern;

/** The product with the transposed matrix, as an input gradient has it; parameters as {@link SpmmBenchmark}. */
public class SpmmTransposedBenchmark extends SpmmBenchmark {

    @Override
    SpmmProblem problem(SparsityPattern pattern) {
        return SpmmProblem.transposed(pattern, batch, 42);
    }
}
