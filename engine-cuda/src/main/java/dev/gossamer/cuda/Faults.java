package dev.gossamer.cuda;

import dev.gossamer.engine.EngineException;

/** What kernels found wrong with their data, by the codes of common.cuh; told at the next call that waits. */
final class Faults {

    private Faults() {}

    /** The exception for the content of a fault word that is not 0. */
    static RuntimeException of(int code) {
        return switch (code) {
            case 1 ->
                new IllegalArgumentException(
                        "A label of the batch is not below the number of classes; check the labels against the model's outputs");
            case 2 ->
                new IllegalArgumentException(
                        "A batch went beyond the end of its order; set the position back to 0 or use a smaller last batch");
            case 3 -> new IllegalArgumentException("An order names a sample that the data set does not have");
            default -> new EngineException("A kernel reported the unknown fault " + code);
        };
    }
}
