package dev.gossamer.spark;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;

/** Files in FashionMNIST's format with a few random samples. */
final class TinyFashion {

    static final Map<String, String> SETTINGS =
            Map.of("dataset", "fashion-mnist", "method", "fedavg", "model", "linear", "rounds", "2");

    private static final int TRAIN = 120;
    private static final int TEST = 40;

    private TinyFashion() {}

    /** Writes {@code fashion-mnist} into a folder, the same each time; returns the folder. */
    static Path write(Path root) throws IOException {
        Path folder = Files.createDirectories(root.resolve("fashion-mnist"));
        SplittableRandom random = new SplittableRandom(1);
        write(folder, "train", TRAIN, random);
        write(folder, "t10k", TEST, random);
        return root;
    }

    private static void write(Path folder, String split, int count, SplittableRandom random) throws IOException {
        byte[] pixels = new byte[count * 28 * 28];
        random.nextBytes(pixels);
        try (DataOutputStream out =
                new DataOutputStream(Files.newOutputStream(folder.resolve(split + "-images-idx3-ubyte")))) {
            out.writeInt(0x803);
            out.writeInt(count);
            out.writeInt(28);
            out.writeInt(28);
            out.write(pixels);
        }
        try (DataOutputStream out =
                new DataOutputStream(Files.newOutputStream(folder.resolve(split + "-labels-idx1-ubyte")))) {
            out.writeInt(0x801);
            out.writeInt(count);
            for (int i = 0; i < count; i++) {
                out.writeByte(i % 10);
            }
        }
    }
}
