package dev.gossamer.engine;

import dev.gossamer.engine.Availability.Available;
import dev.gossamer.engine.Availability.Unavailable;
import dev.gossamer.engine.check.CheckedBackend;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds the backends on the class path and chooses one. A backend asked for by name is strict; {@code auto} takes the best
 * available one and says in one line which, and why not a better one. There is no silent fallback.
 */
public final class Backends {

    /** System property that chooses the backend: {@code auto} or a backend's name. */
    public static final String PROPERTY = "gossamer.backend";

    /** The choice of the best available backend. */
    public static final String AUTO = "auto";

    private static final System.Logger LOG = System.getLogger(Backends.class.getName());

    private Backends() {}

    /** Where the choice of a backend came from. */
    public enum Source {
        ARGUMENT("asked for by argument"),
        PROPERTY("system property " + Backends.PROPERTY),
        DEFAULT("chosen automatically");

        private final String text;

        Source(String text) {
            this.text = text;
        }

        /** The source for people. */
        public String text() {
            return text;
        }
    }

    /** A provider and what it said. */
    public record Candidate(String name, int priority, Availability availability) {}

    /**
     * An opened choice.
     *
     * @param backend checked, open; the caller closes it
     * @param requested the name asked for, possibly {@code auto}
     * @param source where the request came from
     * @param explanation one line: the choice, and why not a better one
     */
    public record Choice(Backend backend, String requested, Source source, String explanation) {}

    /** Every backend on the class path, best first. */
    public static List<Candidate> candidates() {
        return candidates(ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader()));
    }

    /** Opens the backend that {@code gossamer.backend} names; without the property, {@code auto}. */
    public static Choice open() {
        return open(null, BackendOptions.defaults());
    }

    /**
     * Opens a backend.
     *
     * @param requested a name or {@code auto}; null or blank reads the property
     * @throws BackendSelectionException if it is unknown or cannot run here
     */
    public static Choice open(@Nullable String requested, BackendOptions options) {
        Source source = Source.ARGUMENT;
        String name = requested == null ? "" : requested.strip();
        if (name.isEmpty()) {
            name = System.getProperty(PROPERTY, "").strip();
            source = Source.PROPERTY;
        }
        if (name.isEmpty()) {
            name = AUTO;
            source = Source.DEFAULT;
        }
        return open(name, source, options, candidates());
    }

    static Choice open(String name, Source source, BackendOptions options, List<Candidate> candidates) {
        Choice choice =
                name.equals(AUTO) ? best(source, options, candidates) : named(name, source, options, candidates);
        LOG.log(System.Logger.Level.INFO, choice.explanation());
        return choice;
    }

    static List<Candidate> candidates(Iterable<BackendProvider> providers) {
        List<Candidate> found = new ArrayList<>();
        Iterator<BackendProvider> iterator = providers.iterator();
        while (true) {
            try {
                if (!iterator.hasNext()) {
                    break;
                }
                found.add(probe(iterator.next()));
            } catch (ServiceConfigurationError | LinkageError e) {
                found.add(broken(e));
            }
        }
        found.sort(Comparator.comparingInt(Candidate::priority).reversed().thenComparing(Candidate::name));
        return found;
    }

    private static Candidate probe(BackendProvider provider) {
        try {
            return new Candidate(provider.name(), provider.priority(), provider.probe());
        } catch (RuntimeException | LinkageError e) {
            Unavailable why = new Unavailable("its probe failed: " + e, "Report this with the stack trace.", e);
            return new Candidate(provider.name(), provider.priority(), why);
        }
    }

    private static Candidate broken(Throwable e) {
        Unavailable why = new Unavailable(
                "a provider could not be loaded: " + e.getMessage(),
                "Check that the jars on the class path belong together.",
                e);
        return new Candidate("(unknown)", Integer.MIN_VALUE, why);
    }

    private static Choice named(String name, Source source, BackendOptions options, List<Candidate> candidates) {
        for (Candidate candidate : candidates) {
            if (candidate.name().equals(name)) {
                return chosen(candidate, name, source, options, "");
            }
        }
        throw new BackendSelectionException("Unknown backend '" + name + "' (" + source.text() + "). Known: " + AUTO
                + candidates.stream().map(c -> ", " + c.name()).collect(Collectors.joining())
                + ". `gossamer backends` shows which can run here.");
    }

    /**
     * The candidate that {@code auto} comes to, by falling priority: one that can run, or one that a setting made for it keeps
     * from running, which {@code auto} refuses as if it were asked for by name. Empty where nothing can run.
     */
    public static Optional<Candidate> automatic(List<Candidate> candidates) {
        return candidates.stream()
                .filter(candidate -> !(candidate.availability() instanceof Unavailable why) || why.isSetting())
                .findFirst();
    }

    private static Choice best(Source source, BackendOptions options, List<Candidate> candidates) {
        Optional<Candidate> best = automatic(candidates);
        StringBuilder skipped = new StringBuilder();
        StringBuilder remedies = new StringBuilder();
        for (Candidate candidate : candidates) {
            if (best.equals(Optional.of(candidate))) {
                return chosen(candidate, AUTO, source, options, skipped.toString());
            }
            if (candidate.availability() instanceof Unavailable why) {
                skipped.append("; not ").append(candidate.name()).append(": ").append(why.reason());
                remedies.append(' ').append(why.remedy());
            }
        }
        throw new BackendSelectionException("No backend can run here" + skipped + "."
                + (candidates.isEmpty() ? " Put a backend's jar on the class path." : remedies));
    }

    private static Choice chosen(
            Candidate candidate, String requested, Source source, BackendOptions options, String skipped) {
        String name = candidate.name();
        return switch (candidate.availability()) {
            case Available available ->
                new Choice(
                        openChecked(name, available, options),
                        requested,
                        source,
                        "Backend " + name + " on " + available.device() + " (" + source.text() + skipped + ")");
            case Unavailable why -> throw unavailable(name, source, why);
        };
    }

    private static Backend openChecked(String name, Available available, BackendOptions options) {
        try {
            return new CheckedBackend(available.open().apply(options));
        } catch (LinkageError e) {
            throw new BackendSelectionException("Backend " + name + " is available but could not be opened: " + e, e);
        }
    }

    private static BackendSelectionException unavailable(String name, Source source, Unavailable why) {
        String message =
                "Backend " + name + " (" + source.text() + ") cannot run here: " + why.reason() + ". " + why.remedy();
        return new BackendSelectionException(message, why.cause());
    }
}
