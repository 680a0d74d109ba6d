package dev.gossamer.fl.data;

import dev.gossamer.engine.ops.PixelTransform;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;

/** The four files of MNIST or one of its relatives, in a folder or in its sub-folder named after the data set. */
record IdxFolder(String name, int side, int classes, String source) {

    /** The published experiments divide by 256, not by 255. */
    private static final PixelTransform TRANSFORM = PixelTransform.scale(1f / 256);

    Dataset load(Path folder) {
        Path trainImages = find(folder, "train-images-idx3-ubyte");
        Path trainLabels = find(folder, "train-labels-idx1-ubyte");
        Path testImages = find(folder, "t10k-images-idx3-ubyte");
        Path testLabels = find(folder, "t10k-labels-idx1-ubyte");
        Arena arena = Arena.ofShared();
        try {
            Split train = read(trainImages, trainLabels, arena);
            Split test = read(testImages, testLabels, arena);
            return new Dataset(name, train, test, classes, TRANSFORM, arena);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private Split read(Path images, Path labels, Arena arena) {
        Split split = IdxReader.read(images, labels, classes, arena);
        if (split.one().height() != side || split.one().width() != side) {
            throw new DataException(images + ": images of " + split.one().height() + " x "
                    + split.one().width() + " pixels, but those of " + name + " have " + side + " x " + side);
        }
        return split;
    }

    private Path find(Path folder, String file) {
        List<Path> places = List.of(folder.resolve(name), folder);
        return DataFile.find(places, file)
                .orElseThrow(() -> new MissingDataException("Data set " + name + ": found none of\n    "
                        + String.join(
                                "\n    ",
                                DataFile.candidates(places, file).stream()
                                        .map(Path::toString)
                                        .toList())
                        + "\nRun  gossamer data fetch " + name + " --data " + folder
                        + ", or get its four files (train and"
                        + " t10k, images and labels, as .gz or unpacked) from " + source + ", put them into "
                        + folder.resolve(name)
                        + ", or point --data at the folder that has them. --dataset strokes needs no files"));
    }
}
