package dev.gossamer.fl.method;

/**
 * What a client answered.
 *
 * @param client its index
 * @param message the encoded update
 * @param loss mean training loss over the client's last epoch
 * @param decodeNanos to read the model
 * @param trainNanos to train
 * @param encodeNanos to write the update
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
public record ClientUpdate(
        int client, byte[] message, double loss, long decodeNanos, long trainNanos, long encodeNanos) {}
