package dev.gossamer.engine;

/**
 * Logical shape of a tensor, features first and batch last: {@code [channels, height, width, batch]} (CHWN).
 *
 * <p>The activations of a linear layer have height = width = 1. Read as a matrix, a tensor has {@link #features()} rows
 * and {@link #batch()} columns; {@link #matrix} is that reading for users of the sparse library. How the numbers lie in
 * memory is the backend's affair (see {@link Layout}).
 *
 * @param channels feature maps, at least 1
 * @param height rows of the plane, at least 1
 * @param width columns of the plane, at least 1
 * @param batch samples, at least 0
 */
public record Shape(int channels, int height, int width, int batch) {

    public Shape {
        if (channels < 1 || height < 1 || width < 1 || batch < 0) {
            throw new IllegalArgumentException("Shape " + channels + "x" + height + "x" + width + "x" + batch
                    + " is not one: channels, height and width must be at least 1, batch at least 0");
        }
        long features = Math.multiplyExact((long) channels * height, (long) width);
        if (features > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("Shape " + channels + "x" + height + "x" + width + " has " + features
                    + " features per sample; the limit is 2^31-1");
        }
    }

    /** The shape of {@code features} numbers per sample, without a plane. */
    public static Shape of(int features, int batch) {
        return new Shape(features, 1, 1, batch);
    }

    /** A {@code rows x cols} matrix: {@code rows} features, a batch of {@code cols}. */
    public static Shape matrix(int rows, int cols) {
        return new Shape(rows, 1, 1, cols);
    }

    /** Numbers per sample: channels x height x width. */
    public int features() {
        return channels * height * width;
    }

    /** Numbers in all: features x batch. */
    public long size() {
        return (long) features() * batch;
    }

    /** The same features with another batch. */
    public Shape withBatch(int newBatch) {
        return new Shape(channels, height, width, newBatch);
    }

    /** Whether both have the same channels and plane, whatever their batch. */
    public boolean sameFeatures(Shape other) {
        return channels == other.channels && height == other.height && width == other.width;
    }

    @Override
    public String toString() {
        return height == 1 && width == 1
                ? "[" + channels + ", " + batch + "]"
                : "[" + channels + ", " + height + ", " + width + ", " + batch + "]";
    }
}
