package dev.gossamer.engine;

import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Whether a backend can run here. A refusal keeps its reason. */
public sealed interface Availability {

    /**
     * It can.
     *
     * @param device what it would run on
     * @param open opens it
     * @param details lines on what it would use besides, for people; may load libraries and throw what opening throws
     */
    record Available(String device, Function<BackendOptions, Backend> open, Supplier<List<String>> details)
            implements Availability {

        /** Without details. */
        public Available(String device, Function<BackendOptions, Backend> open) {
            this(device, open, List::of);
        }
    }

    /**
     * It cannot.
     *
     * @param reason what is missing, as a clause
     * @param remedy what to do about it, as a sentence
     * @param cause what the attempt threw, if anything
     * @param isSetting whether it is a setting made for this backend that stands in the way: who made it wants the backend, so that
     *     {@code auto} passes over it for no other
     */
    record Unavailable(
            String reason, String remedy, @Nullable Throwable cause, boolean isSetting) implements Availability {

        /** What the machine lacks. */
        public Unavailable(String reason, String remedy, @Nullable Throwable cause) {
            this(reason, remedy, cause, false);
        }
    }
}
