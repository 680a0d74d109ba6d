package dev.gossamer.engine;

/** What a set of values over a parameter's {@link Space} is for. Each space holds at most one set per role. */
public enum Role {
    /** The stored, averaged and transmitted parameter. */
    THETA,
    /** The effective weight, where it differs from theta (Powerpropagation). */
    WEIGHT,
    /** Gradient of the loss. */
    GRADIENT,
    /** Momentum buffer of the optimiser. */
    MOMENTUM,
    /** Sums over batches or steps, of gradients or their squares (PruneFL). */
    SUM,
    /** The point a proximal term pulls towards (FedProx: the round's global model). */
    ANCHOR
}
