package dev.gossamer.cuda.device;

/** Something that a captured step may rely on as long as it is there: device memory, how a space is stored. */
public interface Perishable {

    /** Whether it is gone, for good. */
    boolean isGone();
}
