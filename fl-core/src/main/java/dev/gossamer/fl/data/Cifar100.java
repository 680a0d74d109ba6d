package dev.gossamer.fl.data;

import java.nio.file.Path;
import java.util.List;

/**
 * CIFAR-100: 50,000 and 10,000 colour images of 32x32 pixels in 100 classes, the "fine" labels. Krizhevsky, "Learning
 * multiple layers of features from tiny images", 2009.
 */
public final class Cifar100 {

    /** The name on the command line, and of the sub-folder. */
    public static final String NAME = "cifar100";

    /** A record starts with the coarse label and the fine one. */
    private static final CifarFolder FILES =
            new CifarFolder(NAME, "cifar-100-binary", new CifarFormat(2, 100), List.of("train.bin"), "test.bin");

    private Cifar100() {}

    /**
     * Loads the binary version, each file as it is or with {@code .gz}, from a folder or its sub-folder {@code cifar100} or
     * {@code cifar-100-binary}. Where there are less than the published images, {@link Dataset#extent} says so.
     *
     * @throws DataException naming the paths tried and where to get the files, or the file that is damaged
     */
    public static Dataset load(Path folder) {
        return FILES.load(folder);
    }
}
