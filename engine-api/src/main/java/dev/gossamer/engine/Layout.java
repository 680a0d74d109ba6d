package dev.gossamer.engine;

/** Where the numbers of a tensor lie. */
public enum Layout {
    /**
     * The backend's own order and padding, opaque to callers. {@code upload} and {@code download} convert. <b>Contract:
     * padding (halo and tail lanes) holds +0.0 on exit from every op.</b>
     */
    NATIVE,

    /** Plain row-major {@code [features, batch]} without padding, for users of the sparse library. */
    ROW_MAJOR
}
