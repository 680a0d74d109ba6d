package dev.gossamer.fl.data;

import java.nio.file.Path;

/**
 * MNIST: 60,000 and 10,000 grey images of 28x28 pixels, handwritten digits. LeCun, Bottou, Bengio, Haffner,
 * "Gradient-based learning applied to document recognition", 1998.
 */
public final class Mnist {

    /** The name on the command line, and of the sub-folder. */
    public static final String NAME = "mnist";

    private static final IdxFolder FILES =
            new IdxFolder(NAME, 28, 10, "https://ossci-datasets.s3.amazonaws.com/mnist/");

    private Mnist() {}

    /**
     * Loads the four official files, each as it is or with {@code .gz}, from a folder or its sub-folder {@code mnist},
     * which goes first. Pixels are scaled by 1/256.
     *
     * @throws DataException naming the paths tried and where to get the files, or the file that is damaged
     */
    public static Dataset load(Path folder) {
        return FILES.load(folder);
    }
}
