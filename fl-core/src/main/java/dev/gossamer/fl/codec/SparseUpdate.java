package dev.gossamer.fl.codec;

/**
 * What travels between server and client in a round, in either direction: a model and where it comes from.
 *
 * @param round the round it belongs to, counted from 1; 0 is the initial model
 * @param sender index of the client, or {@link #SERVER}
 * @param samples training samples behind this model, the client's weight in an average; 0 from the server
 * @param method the federated method's name, so that messages of another run's method are told apart
 * @param model the tensors
 */
public record SparseUpdate(int round, int sender, long samples, String method, ModelState model) {

    /** The {@link #sender} of a message from the server. */
    public static final int SERVER = -1;

    public SparseUpdate {
        require(round >= 0, "round", round, "0 or more");
        require(sender >= SERVER, "sender", sender, "a client's index, or -1 for the server");
        require(samples >= 0, "samples", samples, "0 or more");
    }

    private static void require(boolean good, String field, long value, String allowed) {
        if (!good) {
            throw new IllegalArgumentException("Message: " + field + " is " + value + ", but must be " + allowed);
        }
    }
}
