package dev.gossamer.bench;

/** Why what ours is to be compared with is not here; the message has the remedy. */
final class MissingPeerException extends Exception {

    private static final long serialVersionUID = 1;

    MissingPeerException(String message, Throwable cause) {
        super(message, cause);
    }

    MissingPeerException(String message) {
        super(message);
    }
}
