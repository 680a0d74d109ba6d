package dev.gossamer.fl.data;

import dev.gossamer.engine.Shape;
import dev.gossamer.engine.ops.PixelTransform;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * A data set in memory: a split to train on, one to test on, and how their bytes become a network's input. Whoever loads
 * it closes it, after everything that reads it; a read after that fails with an {@link IllegalStateException}.
 */
public final class Dataset implements AutoCloseable {

    private final String name;
    private final Split train;
    private final Split test;
    private final int classes;
    private final PixelTransform transform;
    private final Arena arena;
    private final List<int[]> naturalClients;
    private final String extent;

    /** All of a data set whose samples belong to nobody in particular; for the arguments see the other constructor. */
    public Dataset(String name, Split train, Split test, int classes, PixelTransform transform, Arena arena) {
        this(name, train, test, classes, transform, arena, List.of(), "");
    }

    /**
     * A data set.
     *
     * @param classes class numbers are 0 to {@code classes - 1}, at most 256
     * @param transform how a byte becomes a number, for each channel
     * @param arena owns the memory of both splits; shared, because many threads read it. The data set closes it
     * @param naturalClients for each person whom training samples come from, their indices; empty if that is not known
     * @param extent which part of the published data set this is, for people; empty if it is all of it
     */
    public Dataset(
            String name,
            Split train,
            Split test,
            int classes,
            PixelTransform transform,
            Arena arena,
            List<int[]> naturalClients,
            String extent) {
        if (!train.one().equals(test.one())) {
            throw new IllegalArgumentException(
                    "Data set " + name + " trains on images of shape " + train.one() + ", but tests on " + test.one());
        }
        if (transform.channels() != train.one().channels()) {
            throw new IllegalArgumentException("Data set " + name + " has "
                    + train.one().channels() + " channels, but its pixel transform " + transform.channels());
        }
        this.name = name;
        this.train = train;
        this.test = test;
        this.classes = classes;
        this.transform = transform;
        this.arena = arena;
        this.naturalClients = List.copyOf(naturalClients);
        this.extent = extent;
    }

    /** The same samples with another transform. Both own the memory: one of them is to be closed. */
    public Dataset withTransform(PixelTransform other) {
        return new Dataset(name, train, test, classes, other, arena, naturalClients, extent);
    }

    /** The name as on the command line. */
    public String name() {
        return name;
    }

    public Split train() {
        return train;
    }

    public Split test() {
        return test;
    }

    public int classes() {
        return classes;
    }

    /** Shape of one image; its batch is 1. */
    public Shape one() {
        return train.one();
    }

    public PixelTransform transform() {
        return transform;
    }

    /** For each person whom training samples come from, their indices; empty if that is not known. */
    public List<int[]> naturalClients() {
        return naturalClients;
    }

    /** Which part of the published data set this is, for people; empty if it is all of it. */
    public String extent() {
        return extent;
    }

    @Override
    public void close() {
        arena.close();
    }
}
