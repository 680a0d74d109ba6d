package dev.gossamer.fl.run;

import dev.gossamer.engine.Shape;
import dev.gossamer.fl.data.Cifar10;
import dev.gossamer.fl.data.Cifar100;
import dev.gossamer.fl.data.DataException;
import dev.gossamer.fl.data.Dataset;
import dev.gossamer.fl.data.FashionMnist;
import dev.gossamer.fl.data.Femnist;
import dev.gossamer.fl.data.Mnist;
import dev.gossamer.fl.data.Normalisation;
import dev.gossamer.fl.data.SpeechCommands;
import dev.gossamer.fl.data.Strokes;
import dev.gossamer.fl.data.Survey;
import java.nio.file.Path;

/** The data sets by name. */
public final class DataSource {

    /** The embedded data set is one and the same, whatever a run's seed. */
    private static final long STROKES_SEED = 1990;

    private static final System.Logger LOG = System.getLogger(DataSource.class.getName());

    private DataSource() {}

    /** Whether a data set is drawn, so that no folder is looked at. */
    public static boolean isEmbedded(String name) {
        return name.equals(Strokes.NAME);
    }

    /**
     * Loads or draws an experiment's data set, normalised as it asks for, and logs which part it is where that is not all of
     * it; the caller closes it.
     *
     * @param folder where downloaded data sets lie; not looked at for embedded ones
     * @throws DataException naming what is missing or damaged and what to do
     */
    public static Dataset load(ExperimentConfig config, Path folder) {
        Dataset data = load(config.dataset(), folder);
        try {
            if (!data.extent().isEmpty()) {
                LOG.log(System.Logger.Level.INFO, () -> "Data set " + data.name() + ": " + data.extent());
            }
            return config.normalise().equals(ExperimentConfig.STANDARD)
                    ? data
                    : data.withTransform(Normalisation.named(config.normalise()).transform(data.train()));
        } catch (RuntimeException e) {
            data.close();
            throw e;
        }
    }

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
            case Cifar10.NAME -> Cifar10.load(folder);
            case Cifar100.NAME -> Cifar100.load(folder);
            case Femnist.NAME -> Femnist.load(folder);
            case SpeechCommands.NAME -> SpeechCommands.load(folder);
            default -> throw unknown(name);
        };
    }

    /**
     * Shape of one sample of a data set as it is published, batch 1.
     *
     * @throws DataException if there is no data set of this name
     */
    static Shape publishedShape(String name) {
        return switch (name) {
            case Strokes.NAME, FashionMnist.NAME, Mnist.NAME, Femnist.NAME -> new Shape(1, 28, 28, 1);
            case Cifar10.NAME, Cifar100.NAME -> new Shape(3, 32, 32, 1);
            case SpeechCommands.NAME -> new Shape(1, 40, 98, 1);
            default -> throw unknown(name);
        };
    }

    /**
     * What there is of a data set. Most are read for it; recordings are only counted, as reading them takes minutes.
     *
     * @throws DataException as {@link #load(String, Path)}
     */
    public static Survey survey(String name, Path folder) {
        return switch (name) {
            case Strokes.NAME -> new Survey(Strokes.TRAIN_COUNT, Strokes.TEST_COUNT, Strokes.CLASSES, 0, "");
            case SpeechCommands.NAME -> SpeechCommands.survey(folder);
            default -> {
                try (Dataset data = load(name, folder)) {
                    yield Survey.of(data);
                }
            }
        };
    }

    private static DataException unknown(String name) {
        return new DataException(
                "Unknown data set '" + name + "'. Known: " + String.join(", ", ExperimentConfig.DATASETS));
    }
}
