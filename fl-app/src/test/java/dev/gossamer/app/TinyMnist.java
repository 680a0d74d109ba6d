package dev.gossamer.app;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** A data set in MNIST's files that is learned in a moment: class c is a bright bar in row 2c, on noise. */
final class TinyMnist {

    static final int TRAIN = 200;
    static final int TEST = 50;
    static final int SIDE = 28;

    private TinyMnist() {}

    /** Writes the four files. */
    static void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        writeSplit(folder, "train", TRAIN, 1);
        writeSplit(folder, "t10k", TEST, 2);
    }

    private static void writeSplit(Path folder, String split, int count, long seed) throws IOException {
        Files.write(folder.resolve(split + "-images-idx3-ubyte"), images(count, seed));
        Files.write(folder.resolve(split + "-labels-idx1-ubyte"), labels(count));
    }

    private static byte[] images(int count, long seed) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(0x803);
        out.writeInt(count);
        out.writeInt(SIDE);
        out.writeInt(SIDE);
        Random random = new Random(seed);
        for (int i = 0; i < count; i++) {
            for (int y = 0; y < SIDE; y++) {
                for (int x = 0; x < SIDE; x++) {
                    out.writeByte(random.nextInt(60) + (y == 2 * (i % 10) ? 190 : 0));
                }
            }
        }
        return bytes.toByteArray();
    }

    static byte[] labels(int count) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(0x801);
        out.writeInt(count);
        for (int i = 0; i < count; i++) {
            out.writeByte(i % 10);
        }
        return bytes.toByteArray();
    }
}
