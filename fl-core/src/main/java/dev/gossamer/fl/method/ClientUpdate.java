package dev.gossamer.fl.method;

import org.jspecify.annotations.Nullable;

/**
 * What a client answered, or why it did not.
 *
 * @param client its index
 * @param message the encoded update
 * @param report of its training
 * @param decodeNanos to read the model
 * @param workNanos to train, and to select what is sent
 * @param encodeNanos to write the update
 * @param failure why there is no answer, in words; null if there is one
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
public record ClientUpdate(
        int client,
        byte[] message,
        TrainingReport report,
        long decodeNanos,
        long workNanos,
        long encodeNanos,
        @Nullable String failure) {

    /** An answer. */
    public ClientUpdate(
            int client, byte[] message, TrainingReport report, long decodeNanos, long workNanos, long encodeNanos) {
        this(client, message, report, decodeNanos, workNanos, encodeNanos, null);
    }

    /** Of a client that did not answer. */
    public static ClientUpdate failed(int client, String reason) {
        return new ClientUpdate(client, new byte[0], TrainingReport.NONE, 0, 0, 0, reason);
    }

    /** The same with another message. */
    public ClientUpdate with(byte[] other) {
        return new ClientUpdate(client, other, report, decodeNanos, workNanos, encodeNanos, failure);
    }

    /** From the server's message to this one. */
    public double seconds() {
        return (decodeNanos + workNanos + encodeNanos) / 1e9;
    }
}
