package dev.gossamer.fl.method;

/**
 * What a round sent and how long its parts took. Seconds are added up over the clients, which may have run side by side.
 *
 * @param asked clients that were sent the model
 * @param answered clients whose update was used
 * @param bytesDown lengths of all messages to clients
 * @param bytesUp lengths of all messages from clients
 * @param trainingLoss mean over the clients, weighted by samples, of the loss in their last epoch
 * @param encodeSeconds spent encoding, both sides
 * @param decodeSeconds spent decoding, both sides
 * @param trainSeconds spent training
 */
public record Traffic(
        int asked,
        int answered,
        long bytesDown,
        long bytesUp,
        double trainingLoss,
        double encodeSeconds,
        double decodeSeconds,
        double trainSeconds) {}
