package dev.gossamer.bench;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Patterns and numbers of benchmarks: functions of their arguments, the same in every run. */
final class Patterns {

    /** System property that tells forks the data folder. */
    static final String DATA_PROPERTY = "gossamer.bench.data";

    private Patterns() {}

    /** Exactly {@code round(density · rows · cols)} entries, every choice of them equally likely. */
    static SparsityPattern uniform(Dims dims, double density, long seed) {
        if (!(density >= 0 && density <= 1)) {
            throw new IllegalArgumentException("density must be between 0 and 1, got " + density);
        }
        int size = Math.multiplyExact(dims.rows(), dims.cols());
        int keep = entries(dims, density);
        SplittableRandom random = new SplittableRandom(seed);
        int[] flat = new int[keep];
        int next = 0;
        for (int i = 0; i < size && next < keep; i++) {
            if (random.nextInt(size - i) < keep - next) {
                flat[next++] = i;
            }
        }
        return SparsityPattern.fromFlatIndices(dims.rows(), dims.cols(), flat);
    }

    /**
     * The pattern that benchmark parameters name.
     *
     * @param shape {@code 128x784} for random entries, or the path of a DLMC matrix, which is looked for in the folder that
     *     {@link #DATA_PROPERTY} names and has its own density
     */
    static SparsityPattern of(String shape, String density) {
        if (!isDlmc(shape)) {
            return uniform(Dims.parse(shape), Double.parseDouble(density), 7);
        }
        return dlmc(shape);
    }

    /** The pattern of a DLMC matrix in the folder that {@link #DATA_PROPERTY} names. */
    static SparsityPattern dlmc(String path) {
        String data = System.getProperty(DATA_PROPERTY);
        if (data == null) {
            throw new IllegalArgumentException("shape=" + path + " is a matrix of DLMC, which needs --data DIR");
        }
        return Dlmc.read(Path.of(data), path);
    }

    /** Whether a benchmark's format says to store the zeros. */
    static boolean isDense(String format) {
        return switch (format) {
            case "csr" -> false;
            case "dense" -> true;
            default -> throw new IllegalArgumentException("format is csr or dense, not '" + format + "'");
        };
    }

    static boolean isDlmc(String shape) {
        return shape.indexOf('/') >= 0;
    }

    static int entries(Dims dims, double density) {
        return (int) Math.round(density * dims.rows() * dims.cols());
    }

    /** Numbers between -1 and 1. */
    static float[] numbers(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextDouble(-1, 1);
        }
        return numbers;
    }

    /** Sizes of a matrix as benchmark parameters write them: {@code 128x784}. */
    record Dims(int rows, int cols) {

        static Dims parse(String text) {
            int x = text.indexOf('x');
            try {
                return new Dims(
                        Integer.parseInt(text.substring(0, Math.max(x, 0))), Integer.parseInt(text.substring(x + 1)));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        "shape must be rows x columns, as in 128x784; got '" + text + "'", e);
            }
        }
    }
}
