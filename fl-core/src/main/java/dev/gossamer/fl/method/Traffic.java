package dev.gossamer.fl.method;

import java.util.List;
import java.util.stream.Stream;

/**
 * What a round sent and how long its parts took. Seconds are added up over the clients, which may have run side by side.
 *
 * @param asked clients that were sent something, each time
 * @param answered clients whose update was used, each time
 * @param refused clients whose update was not used, and why
 * @param bytesDown lengths of all messages to clients
 * @param bytesUp lengths of all messages from clients, the refused ones included
 * @param trainingLoss mean over the clients, weighted by samples, of the loss in their last epoch
 * @param pruneError mean over the clients of what they pruned, see {@link TrainingReport}
 * @param agreement mean over the clients of how the mask that they sent agrees with the one that they received, as
 *     intersection over union; 1 where neither has a mask
 * @param flops of the clients' training, all together, see {@link TrainingReport}
 * @param denseFlops what it would have taken with a dense model
 * @param savedBytes most that a client's step kept for its backward pass
 * @param encodeSeconds spent encoding, both sides
 * @param decodeSeconds spent decoding, both sides
 * @param trainSeconds spent by clients on their work: training, and selecting what is sent
 */
public record Traffic(
        int asked,
        int answered,
        List<Refusal> refused,
        long bytesDown,
        long bytesUp,
        double trainingLoss,
        double pruneError,
        double agreement,
        double flops,
        double denseFlops,
        long savedBytes,
        double encodeSeconds,
        double decodeSeconds,
        double trainSeconds) {

    /**
     * An update that the server did not use.
     *
     * @param client whose it was
     * @param reason in words
     */
    public record Refusal(int client, String reason) {}

    public Traffic {
        refused = List.copyOf(refused);
    }

    /** Both exchanges of a round that has two. Loss, error and agreement are those of the one that comes last. */
    public Traffic then(Traffic next) {
        return new Traffic(
                asked + next.asked,
                answered + next.answered,
                Stream.concat(refused.stream(), next.refused.stream()).toList(),
                bytesDown + next.bytesDown,
                bytesUp + next.bytesUp,
                next.trainingLoss,
                next.pruneError,
                next.agreement,
                flops + next.flops,
                denseFlops + next.denseFlops,
                Math.max(savedBytes, next.savedBytes),
                encodeSeconds + next.encodeSeconds,
                decodeSeconds + next.decodeSeconds,
                trainSeconds + next.trainSeconds);
    }
}
