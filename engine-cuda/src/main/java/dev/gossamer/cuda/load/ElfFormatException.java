package dev.gossamer.cuda.load;

import java.io.IOException;

/** A file is not the shared object that it should be. The message is a clause about the file. */
final class ElfFormatException extends IOException {

    private static final long serialVersionUID = 1L;

    ElfFormatException(String message) {
        super(message);
    }
}
