package dev.gossamer.fl.run;

import java.io.Serial;
import java.nio.file.Path;

/** A run directory that another run has open. */
public final class RunInUseException extends ConfigException {

    @Serial
    private static final long serialVersionUID = 1;

    RunInUseException(Path directory) {
        super("Run directory " + directory + " is in use: a run that goes on in it has to end first");
    }
}
