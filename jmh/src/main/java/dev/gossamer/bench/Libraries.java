package dev.gossamer.bench;

/** Peers that are libraries in this process. */
final class Libraries {

    private Libraries() {}

    /** Their versions, and why those that are not there are missing. */
    static String describe() {
        String oneMkl = OneMkl.objection();
        String openBlas = OpenBlas.objection();
        return (oneMkl == null ? OneMkl.version() : oneMkl) + "; "
                + (openBlas == null ? OpenBlas.version() : openBlas) + "; "
                + Ejml.version();
    }
}
