package dev.gossamer.fl.run;

import dev.gossamer.engine.OutOfDeviceMemoryException;

/**
 * How many workers there are, and how many there may be: a device's memory can have room for fewer than were asked for. Workers
 * that it has no room for leave one after the other, as long as another one stays. Results do not depend on it.
 */
final class Crew {

    private static final System.Logger LOG = System.getLogger(Crew.class.getName());

    private int size;
    private int most = Integer.MAX_VALUE;
    private int departures;

    synchronized int size() {
        return size;
    }

    /** Whether one more is to come where there should be {@code wanted}; it is counted then. */
    synchronized boolean join(int wanted) {
        if (size >= Math.min(wanted, most)) {
            return false;
        }
        size++;
        return true;
    }

    /** How many have left so far. */
    synchronized int departures() {
        return departures;
    }

    /** Whether a worker leaves, which has given its memory back: the last one stays. */
    synchronized boolean leave(OutOfDeviceMemoryException why) {
        if (size == 1) {
            return false;
        }
        size--;
        most = size;
        departures++;
        LOG.log(
                System.Logger.Level.WARNING,
                "Going on with {0} {0,choice,1#client|1<clients} at a time: {1}",
                size,
                why.getMessage());
        return true;
    }
}
