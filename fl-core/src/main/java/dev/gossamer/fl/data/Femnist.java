package dev.gossamer.fl.data;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * FEMNIST: grey images of 28x28 pixels, characters by many writers, each writer a client. Caldas, Duddu, Wu, Li, Konečný,
 * McMahan, Smith, Talwalkar, "LEAF: a benchmark for federated settings", 2018; the images are those of NIST's Special
 * Database 19.
 *
 * <p>It is read from IDX files that belong together: {@code X-images-idx3-ubyte}, {@code X-labels-idx1-ubyte} and the client
 * of each image, {@code X-clients-idx1-int}, or {@code X-clients-idx1-ubyte} where there are no more than 256: LEAF has 3,550
 * writers. LEAF's own JSON is not read. There is no published test split: as
 * LEAF's tools do by default, a tenth of each client's images are set apart, here its 10th, 20th and so on in the order of
 * the file, whatever the seed of a run.
 */
public final class Femnist {

    /** The name on the command line, and of the sub-folder. */
    public static final String NAME = "femnist";

    private static final String CLIENTS = "-clients-idx1-";
    private static final List<String> TYPES = List.of("ubyte", "int");
    private static final int SIDE = 28;
    private static final int DIGITS = 10;
    /** Digits, upper and lower case letters. */
    private static final int CHARACTERS = 62;
    /** One image in so many is for testing. */
    private static final int TEST_SHARE = 10;

    private Femnist() {}

    /**
     * Loads the three files, each as it is or with {@code .gz}, from a folder or its sub-folder {@code femnist}, which goes
     * first. There are 62 classes, or 10 where all images are digits. Pixels are standardised: LEAF's characters are black on
     * white, so that scaled by 1/256 nearly all of them are 1, which trains badly.
     *
     * @throws DataException naming what is missing or damaged, or files that do not belong together
     */
    public static Dataset load(Path folder) {
        Path clientFile = clientFile(folder);
        String name = clientFile.getFileName().toString();
        String prefix = name.substring(0, name.indexOf(CLIENTS));
        Path imageFile = beside(clientFile, prefix + "-images-idx3-ubyte");
        Path labelFile = beside(clientFile, prefix + "-labels-idx1-ubyte");
        Arena arena = Arena.ofShared();
        try (Arena all = Arena.ofConfined()) {
            Split images = IdxReader.read(imageFile, labelFile, CHARACTERS, all);
            if (images.one().height() != SIDE || images.one().width() != SIDE) {
                throw new DataException(imageFile + ": images of "
                        + images.one().height() + " x " + images.one().width() + " pixels, but those of " + NAME
                        + " have " + SIDE + " x " + SIDE);
            }
            return deal(images, owners(clientFile, imageFile, images.count()), imageFile, arena);
        } catch (RuntimeException | OutOfMemoryError e) {
            arena.close();
            throw e;
        }
    }

    private static Dataset deal(Split images, int[] owners, Path imageFile, Arena arena) {
        List<Integer> train = new ArrayList<>();
        List<Integer> test = new ArrayList<>();
        List<int[]> clients = new ArrayList<>();
        for (List<Integer> its : imagesOf(owners).values()) {
            int first = train.size();
            for (int i = 0; i < its.size(); i++) {
                ((i + 1) % TEST_SHARE == 0 ? test : train).add(its.get(i));
            }
            clients.add(IntStream.range(first, train.size()).toArray());
        }
        if (test.isEmpty()) {
            throw new DataException(imageFile + ": no client has " + TEST_SHARE
                    + " images or more, so that none is left" + " for testing");
        }
        Split trainSplit = images.select(train, arena);
        boolean digits = Arrays.stream(images.labelArray()).allMatch(label -> label < DIGITS);
        return new Dataset(
                NAME,
                trainSplit,
                images.select(test, arena),
                digits ? DIGITS : CHARACTERS,
                Normalisation.TRAIN.transform(trainSplit),
                arena,
                clients,
                clients.size() + " clients" + (digits ? ", digits only" : ""));
    }

    /** By client, in the order of the file. */
    private static SortedMap<Integer, List<Integer>> imagesOf(int... owners) {
        SortedMap<Integer, List<Integer>> images = new TreeMap<>();
        for (int image = 0; image < owners.length; image++) {
            images.computeIfAbsent(owners[image], owner -> new ArrayList<>()).add(image);
        }
        return images;
    }

    private static int[] owners(Path clientFile, Path imageFile, int images) {
        int[] owners = IdxReader.readNumbers(clientFile, "clients");
        if (owners.length != images) {
            throw new DataException(clientFile + ": " + owners.length + " clients, but " + imageFile + " has " + images
                    + " images: the two files do not belong together; fetch them again");
        }
        return owners;
    }

    private static Path clientFile(Path folder) {
        for (Path place : List.of(folder.resolve(NAME), folder)) {
            List<Path> found = clientFiles(place);
            if (found.size() == 1) {
                return found.getFirst();
            }
            if (found.size() > 1) {
                throw new DataException("Data set " + NAME + ": several client files in " + place + ": "
                        + String.join(
                                ", ",
                                found.stream()
                                        .map(file -> file.getFileName().toString())
                                        .toList())
                        + ". Leave the one that is meant, or point --data at a folder of its own");
            }
        }
        throw new MissingDataException("Data set " + NAME + ": no file *" + CLIENTS + "int or *" + CLIENTS
                + "ubyte, as it is or with .gz, in\n    "
                + folder.resolve(NAME) + "\n    " + folder
                + "\nPut it there with its *-images-idx3-ubyte and *-labels-idx1-ubyte, made from LEAF's FEMNIST"
                + " (https://leaf.cmu.edu), or point --data at the folder that has them."
                + " --dataset strokes needs no files");
    }

    private static List<Path> clientFiles(Path place) {
        List<Path> found = new ArrayList<>();
        if (Files.isDirectory(place)) {
            try (DirectoryStream<Path> files =
                    Files.newDirectoryStream(place, "*" + CLIENTS + "{" + String.join(",", TYPES) + "}{,.gz}")) {
                files.forEach(found::add);
            } catch (IOException e) {
                throw new DataException(place + ": cannot be read (" + FileReason.of(e) + ")", e);
            }
        }
        found.sort(null);
        return found;
    }

    private static Path beside(Path clientFile, String name) {
        return DataFile.find(List.of(clientFile.resolveSibling("")), name)
                .orElseThrow(() -> new MissingDataException("Data set " + NAME + ": found " + clientFile
                        + ", but neither " + clientFile.resolveSibling(name) + " nor that with .gz; put it beside"));
    }
}
