package dev.gossamer.engine;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Whether a backend can run here. A refusal keeps its reason. */
public sealed interface Availability {

    /**
     * It can.
     *
     * @param device what it would run on
     * @param open opens it
     */
    record Available(String device, Function<BackendOptions, Backend> open) implements Availability {}

    /**
     * It cannot.
     *
     * @param reason what is missing, as a clause
     * @param remedy what to do about it, as a sentence
     * @param cause what the attempt threw, if anything
     */
    record Unavailable(
            String reason, String remedy, @Nullable Throwable cause) implements Availability {}
}
