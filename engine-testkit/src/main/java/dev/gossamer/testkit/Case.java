package dev.gossamer.testkit;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.Arrays;
import java.util.StringJoiner;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** One seeded case: draws awkward shapes, patterns and numbers, and remembers for a failure's message what it drew. */
public final class Case {

    /** Around the lanes of 128, 256 and 512 bits and their multiples, primes, and some that no block divides. */
    private static final int[] SIZES = {
        1, 2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 97, 100, 127, 128, 129, 257, 1009
    };

    private static final float[] SCALARS = {1, -1, 0.5f, 2.25f, -0.3f};

    private final int index;
    private final RandomGenerator random;
    private final StringJoiner drawn = new StringJoiner(", ");

    Case(String name, long seed, int index) {
        this.index = index;
        long mixed = (seed * 0x9E3779B97F4A7C15L + name.hashCode()) * 0xD1342543DE82EF95L + index;
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(mixed);
    }

    public int index() {
        return index;
    }

    public RandomGenerator random() {
        return random;
    }

    /** What was drawn so far. */
    public String drawn() {
        return drawn.toString();
    }

    /** Notes something for the message of a failure, and returns it. */
    public <T> T note(String name, T value) {
        drawn.add(name + "=" + value);
        return value;
    }

    // ---- sizes and choices

    /** Awkward sizes whose product is at most {@code budget}. */
    public int[] sizes(String names, int count, long budget) {
        int[] sizes = new int[count];
        for (int i = 0; i < count; i++) {
            sizes[i] = SIZES[random.nextInt(SIZES.length)];
        }
        // One size stays as long as the others can shrink, so that large ones occur with small ones beside them.
        int kept = random.nextInt(count);
        while (product(sizes) > budget) {
            int largest = kept;
            for (int i = 0; i < count; i++) {
                boolean candidate = i != kept && sizes[i] > 1;
                largest = candidate && (largest == kept || sizes[i] > sizes[largest]) ? i : largest;
            }
            sizes[largest] = SIZES[random.nextInt(Arrays.binarySearch(SIZES, sizes[largest]))];
        }
        return note(names, sizes, Arrays.toString(sizes));
    }

    /** One awkward size of at most {@code most}. */
    public int size(String name, int most) {
        return sizes(name, 1, most)[0];
    }

    /** One of the options; the cases take turns. */
    @SafeVarargs
    public final <T> T turn(String name, T... options) {
        return note(name, options[index % options.length]);
    }

    /** One of the options at random. */
    @SafeVarargs
    public final <T> T pick(String name, T... options) {
        return note(name, options[random.nextInt(options.length)]);
    }

    /** A factor that is not 0. */
    public float scalar(String name) {
        return note(name, SCALARS[random.nextInt(SCALARS.length)]);
    }

    /** A factor for the old output: 0 in half of the cases. */
    public float beta() {
        return note("beta", random.nextBoolean() ? 0f : SCALARS[random.nextInt(SCALARS.length)]);
    }

    // ---- patterns

    /** A pattern of one of many kinds: all zero, full, one full row or column, empty rows, diagonal, any density. */
    public SparsityPattern pattern(int rows, int cols) {
        int one = random.nextInt(rows);
        int other = random.nextInt(cols);
        double density = Math.pow(random.nextDouble(), 2);
        return switch (random.nextInt(9)) {
            case 0 -> note("pattern", SparsityPattern.empty(rows, cols), "all zero");
            case 1 -> note("pattern", SparsityPattern.full(rows, cols), "full");
            case 2 -> note("pattern", SparsityPattern.fromMask(rows, cols, (r, c) -> r == one), "only row " + one);
            case 3 ->
                note("pattern", SparsityPattern.fromMask(rows, cols, (r, c) -> c == other), "only column " + other);
            case 4 -> note("pattern", SparsityPattern.fromMask(rows, cols, (r, c) -> r == c), "diagonal");
            case 5 -> {
                boolean[] mask = mask(rows, cols, density);
                yield note(
                        "pattern",
                        SparsityPattern.fromMask(rows, cols, (r, c) -> r == one || (r % 3 == 0 && mask[r * cols + c])),
                        "one full row, some empty");
            }
            default -> random(rows, cols, density);
        };
    }

    /** Each entry with the given probability. */
    public SparsityPattern random(int rows, int cols, double density) {
        boolean[] mask = mask(rows, cols, density);
        SparsityPattern pattern = SparsityPattern.fromMask(rows, cols, (r, c) -> mask[r * cols + c]);
        return note("pattern", pattern, "density " + (float) density);
    }

    private boolean[] mask(int rows, int cols, double density) {
        boolean[] mask = new boolean[rows * cols];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = random.nextDouble() < density;
        }
        return mask;
    }

    // ---- numbers

    /** Numbers around 1 of both signs, with some zeros of both signs and some a thousand times larger or smaller. */
    public float[] values(long count) {
        float[] values = new float[Math.toIntExact(count)];
        for (int i = 0; i < values.length; i++) {
            float x = random.nextFloat() * 2 - 1;
            values[i] = switch (random.nextInt(32)) {
                case 0 -> 0f;
                case 1 -> -0f;
                case 2 -> x * 1024;
                case 3 -> x / 1024;
                default -> x;
            };
        }
        return values;
    }

    /** Numbers of few magnitudes and both signs, so that there are many ties. */
    public float[] tiedValues(long count) {
        float[] magnitudes = {0, 0.25f, 0.5f, 0.5000001f, 1, 3};
        float[] values = new float[Math.toIntExact(count)];
        for (int i = 0; i < values.length; i++) {
            float magnitude = magnitudes[random.nextInt(magnitudes.length)];
            values[i] = random.nextBoolean() ? magnitude : -magnitude;
        }
        return values;
    }

    /** Whole numbers from 0 to {@code below − 1}. */
    public int[] indices(int count, int below) {
        return random.ints(count, 0, below).toArray();
    }

    private <T> T note(String name, T value, String description) {
        drawn.add(name + "=" + description);
        return value;
    }

    private static long product(int[] sizes) {
        return Arrays.stream(sizes).asLongStream().reduce(1, (a, b) -> a * b);
    }
}
