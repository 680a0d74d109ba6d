package dev.gossamer.engine.io;

import java.io.IOException;

/** A matrix file that cannot be read. The message is {@code file:line: problem; remedy}. */
public final class MatrixFileException extends IOException {

    private static final long serialVersionUID = 1L;

    private final String file;
    private final long line;

    MatrixFileException(String file, long line, String problem, String remedy) {
        super(file + ":" + line + ": " + problem + "; " + remedy);
        this.file = file;
        this.line = line;
    }

    MatrixFileException(String file, String problem, String remedy, Throwable cause) {
        super(file + ": " + problem + "; " + remedy, cause);
        this.file = file;
        this.line = 0;
    }

    /** The file as the caller named it. */
    public String file() {
        return file;
    }

    /** Line of the problem, from 1; 0 if the file could not be read at all. */
    public long line() {
        return line;
    }
}
