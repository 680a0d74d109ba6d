package dev.gossamer.fl.data;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The files of CIFAR's binary version, in a folder or in its sub-folder named after the data set or as the published archive
 * has it.
 *
 * @param train files of the training split, of which one at least must be there
 * @param test file of the test split
 */
record CifarFolder(String name, String archiveFolder, CifarFormat format, List<String> train, String test) {

    private static final int TRAIN_IMAGES = 50_000;
    private static final int TEST_IMAGES = 10_000;

    Dataset load(Path folder) {
        List<Path> places = List.of(folder.resolve(name), folder.resolve(archiveFolder), folder);
        List<Path> trainFiles = new ArrayList<>();
        for (String file : train) {
            DataFile.find(places, file).ifPresent(trainFiles::add);
        }
        Optional<Path> testFile = DataFile.find(places, test);
        if (trainFiles.isEmpty() || testFile.isEmpty()) {
            throw missing(folder, places, trainFiles.isEmpty() ? train.getFirst() : test);
        }
        Arena arena = Arena.ofShared();
        try {
            Split trainSplit = format.read(trainFiles, arena);
            Split testSplit = format.read(List.of(testFile.get()), arena);
            return new Dataset(
                    name,
                    trainSplit,
                    testSplit,
                    format.classes(),
                    Normalisation.TRAIN.transform(trainSplit),
                    arena,
                    List.of(),
                    extent(trainFiles.size(), trainSplit.count(), testSplit.count()));
        } catch (RuntimeException | OutOfMemoryError e) {
            arena.close();
            throw e;
        }
    }

    private String extent(int files, int trainImages, int testImages) {
        List<String> parts = new ArrayList<>();
        if (files < train.size()) {
            parts.add(files + " of " + train.size() + " training files");
        }
        if (trainImages != TRAIN_IMAGES) {
            parts.add(String.format(Locale.ROOT, "%,d of %,d training images", trainImages, TRAIN_IMAGES));
        }
        if (testImages != TEST_IMAGES) {
            parts.add(String.format(Locale.ROOT, "%,d of %,d test images", testImages, TEST_IMAGES));
        }
        return String.join(", ", parts);
    }

    private MissingDataException missing(Path folder, List<Path> places, String file) {
        List<String> tried =
                DataFile.candidates(places, file).stream().map(Path::toString).toList();
        return new MissingDataException("Data set " + name + ": found none of\n    " + String.join("\n    ", tried)
                + "\nIt needs " + String.join(" or ", train) + ", and " + test + ", of the binary version, as .gz or"
                + " unpacked. Run  gossamer data fetch " + name + " --data " + folder
                + ", or get them from https://www.cs.toronto.edu/~kriz/cifar.html, put them into "
                + folder.resolve(name)
                + ", or point --data at the folder that has them. --dataset strokes needs no files");
    }
}
