package dev.gossamer.cpu;

import jdk.incubator.vector.VectorShape;

/** Which vector width this process uses: {@code gossamer.vector.bits} = preferred, 128, 256 or 512. */
final class VectorBits {

    static final String PROPERTY = "gossamer.vector.bits";

    private VectorBits() {}

    /** The widest that the machine runs without emulation. */
    static int machine() {
        return Math.min(512, VectorShape.preferredShape().vectorBitSize());
    }

    /**
     * The width asked for.
     *
     * @throws IllegalArgumentException if it is no width or wider than the machine
     */
    static int chosen() {
        String asked = System.getProperty(PROPERTY, "").strip();
        if (asked.isEmpty() || asked.equals("preferred")) {
            return machine();
        }
        int bits = switch (asked) {
            case "128" -> 128;
            case "256" -> 256;
            case "512" -> 512;
            default ->
                throw new IllegalArgumentException(
                        PROPERTY + " must be preferred, 128, 256 or 512, got '" + asked + "'");
        };
        if (bits > machine()) {
            throw new IllegalArgumentException(PROPERTY + "=" + bits + " is wider than this machine's " + machine()
                    + " bits; it would be emulated. Use " + machine() + " or less");
        }
        return bits;
    }
}
