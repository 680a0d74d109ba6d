package dev.gossamer.fl.method;

import java.io.Serial;

/** A client could not do its part of a round, or sent what cannot be used. */
public final class ClientException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1;

    public ClientException(int client, int round, String problem) {
        super("Client " + client + " in round " + round + ": " + problem);
    }

    public ClientException(int client, int round, String problem, Throwable cause) {
        super("Client " + client + " in round " + round + ": " + problem, cause);
    }
}
