package dev.gossamer.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gossamer.engine.Availability.Available;
import dev.gossamer.engine.Availability.Unavailable;
import dev.gossamer.engine.Backends.Candidate;
import dev.gossamer.engine.Backends.Choice;
import dev.gossamer.engine.Backends.Source;
import dev.gossamer.engine.check.CheckedBackend;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BackendsTest {

    private static final BackendOptions OPTIONS = new BackendOptions(2, TuningTable.EMPTY);
    private final UnsatisfiedLinkError cause = new UnsatisfiedLinkError("no libnone.so");
    private final Unavailable missing = new Unavailable("no driver was found", "Install the driver.", cause);

    private String propertyBefore;

    @BeforeEach
    void clearTheProperty() {
        propertyBefore = System.clearProperty(Backends.PROPERTY);
    }

    @AfterEach
    void restoreTheProperty() {
        if (propertyBefore == null) {
            System.clearProperty(Backends.PROPERTY);
        } else {
            System.setProperty(Backends.PROPERTY, propertyBefore);
        }
    }

    /** A backend that has a name and knows how it was opened. */
    private record Named(String name, BackendOptions options) implements Backend {
        @Override
        public String device() {
            return "a desk";
        }

        @Override
        public TuningTable tuning() {
            return options.tuning();
        }

        @Override
        public int parallelism() {
            return 1;
        }

        @Override
        public int bulkBatch() {
            return 256;
        }

        @Override
        public Workspace workspace(int threads) {
            throw new UnsupportedOperationException("only its name is asked for");
        }

        @Override
        public void close() {}
    }

    private record Provider(String name, int priority, Availability probe) implements BackendProvider {}

    private static Candidate available(String name, int priority) {
        return new Candidate(name, priority, new Available("a desk", options -> new Named(name, options)));
    }

    private static Choice open(String name, Candidate... candidates) {
        return Backends.open(name, Source.ARGUMENT, OPTIONS, List.of(candidates));
    }

    // ---- auto

    @Test
    void autoTakesTheBestThatCanRunAndSaysWhyNotABetterOne() {
        Choice choice =
                open(Backends.AUTO, new Candidate("gpu", 9, missing), available("cpu", 5), available("slow", 0));
        assertThat(choice.backend().name()).isEqualTo("cpu");
        assertThat(choice.backend()).isInstanceOf(CheckedBackend.class);
        assertThat(choice.requested()).isEqualTo(Backends.AUTO);
        assertThat(choice.explanation())
                .contains("cpu", "a desk", "not gpu", "no driver was found")
                .doesNotContain("slow")
                .hasLineCount(1);
    }

    @Test
    void autoFailsWhereNothingCanRun() {
        assertThatThrownBy(() -> open(Backends.AUTO, new Candidate("gpu", 9, missing)))
                .isInstanceOf(BackendSelectionException.class)
                .hasMessageContainingAll("No backend can run here", "gpu", "no driver was found", missing.remedy());
        assertThatThrownBy(() -> open(Backends.AUTO))
                .isInstanceOf(BackendSelectionException.class)
                .hasMessageContaining("jar on the class path");
    }

    /** Who sets something for a backend is not served by a slower one without a word. */
    @Test
    void autoDoesNotPassOverASettingThatIsWrong() {
        Unavailable wrong = new Unavailable("bits must be 128, got '100'", "Change that property.", null, true);
        assertThatThrownBy(() -> open(Backends.AUTO, new Candidate("cpu", 5, wrong), available("slow", 0)))
                .isInstanceOf(BackendSelectionException.class)
                .hasMessageContainingAll("cpu", "bits must be 128, got '100'", "Change that property.");
        assertThat(open(Backends.AUTO, available("gpu", 9), new Candidate("cpu", 5, wrong))
                        .backend()
                        .name())
                .isEqualTo("gpu");
    }

    // ---- by name

    @Test
    void aNameIsStrict() {
        Choice choice = open("slow", available("cpu", 5), available("slow", 0));
        assertThat(choice.backend().name()).isEqualTo("slow");
        assertThat(choice.explanation()).contains("slow", "a desk", Source.ARGUMENT.text());
        assertThatThrownBy(() -> open("gpu", new Candidate("gpu", 9, missing), available("cpu", 5)))
                .isInstanceOf(BackendSelectionException.class)
                .hasMessageContainingAll("gpu", "no driver was found", "Install the driver.")
                .hasCause(cause);
    }

    @Test
    void aRefusalWithoutACauseIsARefusalToo() {
        Unavailable plain = new Unavailable("the moon is full", "Wait.", null);
        assertThatThrownBy(() -> open("gpu", new Candidate("gpu", 9, plain)))
                .isInstanceOf(BackendSelectionException.class)
                .hasMessageContainingAll("the moon is full", "Wait.")
                .hasNoCause();
    }

    @Test
    void anUnknownNameListsTheKnown() {
        assertThatThrownBy(() -> open("nonsense", new Candidate("gpu", 9, missing), available("cpu", 5)))
                .isInstanceOf(BackendSelectionException.class)
                .hasMessageContainingAll("nonsense", "auto", "gpu", "cpu", Source.ARGUMENT.text());
        assertThatThrownBy(() -> open("CPU", available("cpu", 5))).hasMessageContaining("Unknown backend 'CPU'");
    }

    @Test
    void passesTheOptionsOn() {
        TuningTable tuning = new TuningTable(Map.of("block", 3.0));
        Choice choice = Backends.open("cpu", Source.ARGUMENT, OPTIONS.withTuning(tuning), List.of(available("cpu", 5)));
        assertThat(choice.backend().tuning()).isEqualTo(tuning);
    }

    @Test
    void aBackendThatBreaksWhileOpeningIsNamed() {
        Candidate breaks = new Candidate("gpu", 9, new Available("a desk", options -> {
            throw cause;
        }));
        for (String name : new String[] {"gpu", Backends.AUTO}) {
            assertThatThrownBy(() -> open(name, breaks))
                    .isInstanceOf(BackendSelectionException.class)
                    .hasMessageContaining("gpu")
                    .hasCause(cause);
        }
    }

    // ---- where the request comes from

    @Test
    void anArgumentWinsOverTheProperty() {
        System.setProperty(Backends.PROPERTY, "of-the-property");
        assertThatThrownBy(() -> Backends.open("of-the-argument", OPTIONS))
                .hasMessageContainingAll("'of-the-argument'", Source.ARGUMENT.text());
        assertThatThrownBy(() -> Backends.open(" ", OPTIONS))
                .hasMessageContainingAll("'of-the-property'", Source.PROPERTY.text());
        assertThatThrownBy(Backends::open).hasMessageContainingAll("'of-the-property'", Backends.PROPERTY);
    }

    @Test
    void withoutBothItIsAuto() {
        // No backend is on the class path of this module.
        assertThat(Backends.candidates()).isEmpty();
        assertThatThrownBy(() -> Backends.open(null, OPTIONS))
                .isInstanceOf(BackendSelectionException.class)
                .hasMessageContaining("No backend can run here");
        System.setProperty(Backends.PROPERTY, "  ");
        assertThatThrownBy(() -> Backends.open(null, OPTIONS)).hasMessageContaining("No backend can run here");
    }

    // ---- providers

    @Test
    void ordersByPriorityThenName() {
        Availability yes = new Available("a desk", options -> new Named("any", options));
        List<Candidate> found = Backends.candidates(
                List.of(new Provider("b", 1, yes), new Provider("z", 7, yes), new Provider("a", 1, missing)));
        assertThat(found).extracting(Candidate::name).containsExactly("z", "a", "b");
        assertThat(found.get(1).availability()).isEqualTo(missing);
    }

    @Test
    void aBrokenProbeIsUnavailableWithItsCause() {
        IllegalStateException failure = new IllegalStateException("probe fell over");
        BackendProvider broken = new BackendProvider() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public int priority() {
                return 3;
            }

            @Override
            public Availability probe() {
                throw failure;
            }
        };
        assertThat(Backends.candidates(List.of(broken))).singleElement().satisfies(candidate -> {
            assertThat(candidate.name()).isEqualTo("broken");
            assertThat(candidate.availability()).isInstanceOfSatisfying(Unavailable.class, why -> {
                assertThat(why.reason()).contains("probe fell over");
                assertThat(why.cause()).isSameAs(failure);
            });
        });
    }

    @Test
    void aProviderThatCannotBeLoadedDoesNotHideTheOthers() {
        Provider good = new Provider("good", 1, new Available("a desk", options -> new Named("good", options)));
        ServiceConfigurationError failure = new ServiceConfigurationError("class of no module");
        Iterable<BackendProvider> providers = () -> new Iterator<>() {
            private int at;

            @Override
            public boolean hasNext() {
                return at < 2;
            }

            @Override
            public BackendProvider next() {
                if (at++ == 0) {
                    throw failure;
                }
                return good;
            }
        };
        List<Candidate> found = Backends.candidates(providers);
        assertThat(found).extracting(Candidate::name).containsExactly("good", "(unknown)");
        assertThat(found.getLast().availability())
                .isInstanceOfSatisfying(
                        Unavailable.class, why -> assertThat(why.cause()).isSameAs(failure));
        assertThat(Backends.open(Backends.AUTO, Source.DEFAULT, OPTIONS, found)
                        .backend()
                        .name())
                .isEqualTo("good");
    }
}
