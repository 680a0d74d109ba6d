package dev.gossamer.fl.data;

import java.nio.file.Path;
import java.util.List;

/**
 * CIFAR-10: 50,000 and 10,000 colour images of 32x32 pixels in 10 classes. Krizhevsky, "Learning multiple layers of features
 * from tiny images", 2009.
 */
public final class Cifar10 {

    /** The name on the command line, and of the sub-folder. */
    public static final String NAME = "cifar10";

    private static final CifarFolder FILES = new CifarFolder(
            NAME,
            "cifar-10-batches-bin",
            new CifarFormat(1, 10),
            List.of("data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"),
            "test_batch.bin");

    private Cifar10() {}

    /**
     * Loads the binary version, each file as it is or with {@code .gz}, from a folder or its sub-folder {@code cifar10} or
     * {@code cifar-10-batches-bin}. The training batches that are there make up the training split, and the test file may
     * hold less than the published images; {@link Dataset#extent} says so then.
     *
     * @throws DataException naming the paths tried and where to get the files, or the file that is damaged
     */
    public static Dataset load(Path folder) {
        return FILES.load(folder);
    }
}
