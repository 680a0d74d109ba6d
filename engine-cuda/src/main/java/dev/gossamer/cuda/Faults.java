package dev.gossamer.cuda;

import dev.gossamer.engine.EngineException;

/**
 * What kernels find wrong with their data. They cannot throw, so they leave a number (those of {@code common.cuh}) in the
 * workspace's fault word, and the next call that waits throws. An op that raised a fault computed nothing from the offending
 * sample; what it wrote is not to be used.
 */
final class Faults {

    private Faults() {}

    /** Throws for a fault word that is not 0. */
    static void check(int word) {
        switch (word) {
            case 0 -> {}
            case 1 ->
                throw new EngineException(
                        "A label lay outside the classes of the logits, in an op since the last call that"
                                + " waited; the logits need as many classes as the data set has");
            case 2 ->
                throw new EngineException(
                        "A batch lay outside the order of its epoch, in an op since the last call that"
                                + " waited; reset the position at the start of an epoch");
            case 3 ->
                throw new EngineException(
                        "The order named a sample that the data set has not, in an op since the last call"
                                + " that waited; upload numbers from 0 to the data set's count - 1");
            default -> throw new EngineException("A kernel left the unknown fault " + word);
        }
    }
}
