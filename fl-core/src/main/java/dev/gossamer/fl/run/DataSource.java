package dev.gossamer.fl.run;

import dev.gossamer.fl.data.DataException;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.data.FashionMnist;
import dev.gossamer.fl.data.Mnist;
import dev.gossamer.fl.data.Strokes;
import java.nio.file.Path;

/** The data sets by name. */
public final class DataSource {

    /** The embedded data set is one and the same, whatever a run's seed. */
    private static final long STROKES_SEED = 1990;

    private DataSource() {}

    /**
     * Loads or draws a data set; the caller closes it.
     *
     * @param name one of {@link ExperimentConfig#DATASETS}
     * @param folder where downloaded data sets lie; not looked at for embedded ones
     * @throws DataException naming what is missing or damaged and what to do
     */
    public static Dataset load(String name, Path folder) {
        return switch (name) {
            case Strokes.NAME -> Strokes.generate(STROKES_SEED);
            case FashionMnist.NAME -> FashionMnist.load(folder);
            case Mnist.NAME -> Mnist.load(folder);
            default ->
                throw new DataException(
                        "Unknown data set '" + name + "'. Known: " + String.join(", ", ExperimentConfig.DATASETS));
        };
    }
}
