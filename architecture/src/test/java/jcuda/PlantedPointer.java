package jcuda;

/** Stands in JCuda's package, so that a rule about it can be broken without the library. */
public final class PlantedPointer {

    private PlantedPointer() {}
}
