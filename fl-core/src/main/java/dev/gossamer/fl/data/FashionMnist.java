package dev.gossamer.fl.data;

import java.nio.file.Path;

/**
 * FashionMNIST: 60,000 and 10,000 grey images of 28x28 pixels in 10 classes of clothing. Xiao, Rasul, Vollgraf,
 * "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms", 2017.
 */
public final class FashionMnist {

    /** The name on the command line, and of the sub-folder. */
    public static final String NAME = "fashion-mnist";

    private static final IdxFolder FILES =
            new IdxFolder(NAME, 28, 10, "https://github.com/zalandoresearch/fashion-mnist (data/fashion)");

    private FashionMnist() {}

    /**
     * Loads the four official files, each as it is or with {@code .gz}, from a folder or its sub-folder
     * {@code fashion-mnist}, which goes first. Pixels are scaled by 1/256.
     *
     * @throws DataException naming the paths tried and where to get the files, or the file that is damaged
     */
    public static Dataset load(Path folder) {
        return FILES.load(folder);
    }
}
