package dev.gossamer.bench;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --python}, else the environment's {@code GOSSAMER_PYTHON}, else {@code python3}. */
final class PythonOption {

    @Option(
            names = "--python",
            paramLabel = "FILE",
            description = {
                "Interpreter with PyTorch; none leaves PyTorch out, as one does that is not named and has none.",
                "Default: $GOSSAMER_PYTHON, else python3"
            })
    private @Nullable String named;

    String interpreter() {
        if (named != null) {
            return named;
        }
        String environment = System.getenv(PyTorch.PYTHON_VARIABLE);
        return environment == null || environment.isEmpty() ? "python3" : environment;
    }

    /** Whoever names an interpreter wants its rows, and not to learn at the end that there are none. */
    void requireWhereNamed() throws MissingPeerException {
        if (named != null && !named.equals(PyTorch.LEFT_OUT)) {
            PyTorch.start(named).close();
        }
    }

    /** What was given, for another process. */
    List<String> again() {
        return named == null ? List.of() : List.of("--python", named);
    }
}
