package dev.gossamer.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector species of this process: one constant, so that C2 folds it. Loaded only after {@link VectorBits} found that the
 * machine has it (a species wider than the machine is silently emulated, a hundred times slower).
 *
 * <p>There are no helpers around loads and stores on purpose: C2 inlines the Vector API whatever the size of the method, but
 * ours only while its budget lasts, and a vector that reaches a call becomes an object.
 */
final class Lanes {

    static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED.vectorBitSize() == VectorBits.chosen()
            ? FloatVector.SPECIES_PREFERRED
            : VectorShape.forBitSize(VectorBits.chosen()).withLanes(float.class);

    /** Floats per vector: 4, 8 or 16. */
    static final int COUNT = F.length();

    /** Ints, as many as floats. */
    static final VectorSpecies<Integer> I = F.vectorShape().withLanes(int.class);

    /** Doubles, half as many as floats. */
    static final VectorSpecies<Double> D = F.vectorShape().withLanes(double.class);

    /** Floats, as many as doubles. */
    static final VectorSpecies<Float> HALF =
            VectorShape.forBitSize(F.vectorBitSize() / 2).withLanes(float.class);

    /** Bytes per vector. */
    static final int BYTES = COUNT * Float.BYTES;

    private Lanes() {}
}
