package dev.gossamer.fl.method;

/**
 * What a client answered.
 *
 * @param client its index
 * @param message the encoded update
 * @param report of its training
 * @param decodeNanos to read the model
 * @param workNanos to train, and to select what is sent
 * @param encodeNanos to write the update
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
public record ClientUpdate(
        int client, byte[] message, TrainingReport report, long decodeNanos, long workNanos, long encodeNanos) {}
