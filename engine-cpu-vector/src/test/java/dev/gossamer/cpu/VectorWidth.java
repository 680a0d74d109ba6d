package dev.gossamer.cpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Skips, with its reason printed, a run at a vector width that this machine lacks. */
final class VectorWidth {

    private VectorWidth() {}

    static void assumeAvailable() {
        String asked = System.getProperty(VectorBits.PROPERTY, "").strip();
        boolean there = asked.isEmpty() || asked.equals("preferred") || Integer.parseInt(asked) <= VectorBits.machine();
        if (!there) {
            System.out.println("SKIPPED: " + asked + "-bit vectors; this machine has " + VectorBits.machine());
        }
        assumeTrue(there, () -> "this machine has " + VectorBits.machine() + "-bit vectors, not " + asked);
    }
}
