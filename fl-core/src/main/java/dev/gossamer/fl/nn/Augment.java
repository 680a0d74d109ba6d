package dev.gossamer.fl.nn;

import java.util.Arrays;
import java.util.List;

/** How training images vary from one visit to the next. */
public enum Augment {
    /** Not at all. */
    NONE("none", 0, false),
    /** Padded by four pixels on each side, cut back to size at a random place, mirrored half of the time: usual for CIFAR. */
    CROP_FLIP("crop-flip", 4, true);

    private final String key;
    private final int padding;
    private final boolean flips;

    Augment(String key, int padding, boolean flips) {
        this.key = key;
        this.padding = padding;
        this.flips = flips;
    }

    /** Its name in configurations. */
    public String key() {
        return key;
    }

    int padding() {
        return padding;
    }

    boolean flips() {
        return flips;
    }

    /** The names that {@link #of} knows. */
    public static List<String> keys() {
        return Arrays.stream(values()).map(Augment::key).toList();
    }

    /** The one of a name. */
    public static Augment of(String key) {
        return Arrays.stream(values())
                .filter(augment -> augment.key.equals(key))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("Unknown augmentation '" + key + "'. Known: " + keys()));
    }
}
