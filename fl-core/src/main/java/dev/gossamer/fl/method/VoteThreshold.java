package dev.gossamer.fl.method;

/** How many of N votes leave an entry in a mask. */
public enum VoteThreshold {
    /** {@code 2·V ≥ N}, as FedSparsify's paper writes: two of three. */
    HALF,
    /** {@code V ≥ ⌊N/2⌋}, as its published code has it: one of three. The same for an even N. */
    FLOOR;

    /** Fewest votes that are enough; at least one, since what nobody kept has no value. */
    int least(int voters) {
        return Math.max(1, this == HALF ? (voters + 1) / 2 : voters / 2);
    }
}
