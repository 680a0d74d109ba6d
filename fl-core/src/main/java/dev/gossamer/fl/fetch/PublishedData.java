package dev.gossamer.fl.fetch;

import dev.gossamer.fl.data.Cifar10;
import dev.gossamer.fl.data.Cifar100;
import dev.gossamer.fl.data.FashionMnist;
import dev.gossamer.fl.data.Femnist;
import dev.gossamer.fl.data.Mnist;
import dev.gossamer.fl.data.SpeechCommands;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/**
 * A data set as its authors publish it.
 *
 * @param name of the data set, and of the sub-folder that it goes to
 * @param licence for people
 * @param archiveFolder the folder within the published archive; the data set's name if that has none
 * @param remote what there is to download, empty if there is nothing that can be checked
 * @param archives whether that are archives to be unpacked
 * @param limits on what is unpacked
 * @param files single files whose checksums are known
 */
public record PublishedData(
        String name,
        String licence,
        String archiveFolder,
        List<RemoteFile> remote,
        boolean archives,
        Limits limits,
        List<KnownFile> files) {

    /**
     * A file to download.
     *
     * @param base the address without the name, with a slash at its end
     * @param mostBytes no download is longer
     */
    public record RemoteFile(String base, String name, long mostBytes, Checksum checksum) {

        URI uri() {
            return URI.create(base + name);
        }
    }

    /**
     * A file of the data set.
     *
     * @param bytes its length
     * @param packed whether the checksum is of the file as it is published, packed by gzip; else it is of its content, and
     *     the file may be packed or not, and hold less than it was published with
     */
    public record KnownFile(String name, long bytes, boolean packed, Checksum checksum) {}

    /** The data sets with files. */
    public static final List<PublishedData> ALL = List.of(
            fourFiles(
                    FashionMnist.NAME,
                    "MIT",
                    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
                    packed("train-images-idx3-ubyte.gz", 26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
                    packed("train-labels-idx1-ubyte.gz", 29_515, "25c81989df183df01b3e8a0aad5dffbe"),
                    packed("t10k-images-idx3-ubyte.gz", 4_422_102, "bef4ecab320f06d8554ea6380940ec79"),
                    packed("t10k-labels-idx1-ubyte.gz", 5_148, "bb300cfdad3c16e7a12a480ee83cd310")),
            fourFiles(
                    Mnist.NAME,
                    "CC BY-SA 3.0",
                    "https://ossci-datasets.s3.amazonaws.com/mnist/",
                    packed("train-images-idx3-ubyte.gz", 9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
                    packed("train-labels-idx1-ubyte.gz", 28_881, "d53e105ee54ea40749a09fcbcd1e9432"),
                    packed("t10k-images-idx3-ubyte.gz", 1_648_877, "9fb629c4189551a2d022fa330f9573f3"),
                    packed("t10k-labels-idx1-ubyte.gz", 4_542, "ec29112dd5afa0611ce80d1b7f02629c")),
            new PublishedData(
                    Cifar10.NAME,
                    "none stated (Krizhevsky, 2009)",
                    "cifar-10-batches-bin",
                    List.of(new RemoteFile(
                            "https://www.cs.toronto.edu/~kriz/",
                            "cifar-10-binary.tar.gz",
                            200_000_000,
                            Checksum.md5("c32a1d4ab5d03f1284b67883e8d87530"))),
                    true,
                    new Limits(100, 40_000_000, 250_000_000),
                    List.of(
                            content("data_batch_1.bin", 30_730_000, "5dd7e06a14cb22eb9f671a540d1b7c25"),
                            content("data_batch_2.bin", 30_730_000, "5ea93a67294ea407fff1d09f752e9692"),
                            content("data_batch_3.bin", 30_730_000, "942cd6a4bcdd0dd3c604fbe906cb4421"),
                            content("data_batch_4.bin", 30_730_000, "ae636b3ba5c66a11e91e8cb52e771fcb"),
                            content("data_batch_5.bin", 30_730_000, "53f37980c15c3d472c316c40844f3f0d"),
                            content("test_batch.bin", 30_730_000, "803d5f7f4d78ea53de84dbe85f74fb6d"))),
            new PublishedData(
                    Cifar100.NAME,
                    "none stated (Krizhevsky, 2009)",
                    "cifar-100-binary",
                    List.of(new RemoteFile(
                            "https://www.cs.toronto.edu/~kriz/",
                            "cifar-100-binary.tar.gz",
                            200_000_000,
                            Checksum.md5("03b5dce01913d631647c71ecec9e9cb8"))),
                    true,
                    new Limits(100, 200_000_000, 250_000_000),
                    List.of()),
            new PublishedData(
                    Femnist.NAME,
                    "that of LEAF, BSD 2-Clause; NIST Special Database 19",
                    Femnist.NAME,
                    List.of(),
                    false,
                    Limits.NONE,
                    List.of()),
            new PublishedData(
                    SpeechCommands.NAME,
                    "CC BY 4.0",
                    SpeechCommands.NAME,
                    List.of(new RemoteFile(
                            "https://storage.googleapis.com/download.tensorflow.org/data/",
                            "speech_commands_v0.02.tar.gz",
                            3_000_000_000L,
                            Checksum.sha256("af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58"))),
                    true,
                    new Limits(200_000, 100_000_000, 8_000_000_000L),
                    List.of()));

    /** The data set of a name, if it has files. */
    public static Optional<PublishedData> named(String name) {
        return ALL.stream().filter(data -> data.name().equals(name)).findFirst();
    }

    private static PublishedData fourFiles(String name, String licence, String base, KnownFile... files) {
        List<RemoteFile> remote = List.of(files).stream()
                .map(file -> new RemoteFile(base, file.name(), file.bytes(), file.checksum()))
                .toList();
        return new PublishedData(name, licence, name, remote, false, Limits.NONE, List.of(files));
    }

    private static KnownFile packed(String name, long bytes, String md5) {
        return new KnownFile(name, bytes, true, Checksum.md5(md5));
    }

    private static KnownFile content(String name, long bytes, String md5) {
        return new KnownFile(name, bytes, false, Checksum.md5(md5));
    }
}
