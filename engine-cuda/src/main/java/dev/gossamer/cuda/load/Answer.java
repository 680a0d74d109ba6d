package dev.gossamer.cuda.load;

import dev.gossamer.engine.Availability.Unavailable;

/** What an attempt gave, kept so that it is made once: a failed load of a class or library cannot be repeated in a JVM. */
sealed interface Answer<T> {

    /** It succeeded. */
    record Got<T>(T value) implements Answer<T> {}

    /** It failed. */
    record Refused<T>(Unavailable why) implements Answer<T> {}

    /** An attempt. */
    @FunctionalInterface
    interface Attempt<T> {
        T make() throws RefusedException;
    }

    /** Makes the attempt. */
    static <T> Answer<T> of(Attempt<T> attempt) {
        try {
            return new Got<>(attempt.make());
        } catch (RefusedException e) {
            return new Refused<>(e.why());
        }
    }

    /** The value, or the refusal again. */
    default T orThrow() throws RefusedException {
        return switch (this) {
            case Got<T>(T value) -> value;
            case Refused<T>(Unavailable why) -> throw new RefusedException(why);
        };
    }
}
