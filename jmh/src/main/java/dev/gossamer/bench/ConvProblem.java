package dev.gossamer.bench;

import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.sparse.SparsityPattern;
import dev.gossamer.testkit.Close;

/**
 * A 3x3 convolution with padding 1, {@code y = W*x} on {@code [channels, height, width, batch]}, and its gradients from one of y,
 * by double-precision loops. W has zeros where it has no entry, so that a contender that multiplies them has the same answer.
 */
final class ConvProblem {

    private static final int KERNEL = 3;

    /** An answer of at most so many numbers is checked whole, of a larger one about as many of its numbers. */
    private static final int CHECKED = 4096;

    /** What of the layer is computed. */
    enum Direction {
        /** y. */
        FORWARD("forward"),
        /** The gradient of x. */
        INPUT_GRADIENT("input gradient"),
        /** The gradient of W on its pattern. */
        WEIGHT_GRADIENT("weight gradient");

        /** For the table. */
        final String text;

        Direction(String text) {
            this.text = text;
        }
    }

    /**
     * A layer with as many outputs as inputs.
     *
     * @param plane rows and columns of the images
     */
    record Size(int channels, int plane, int batch) {

        /** Of {@code 64x32x32}: channels, plane, batch. */
        static Size parse(String text) {
            String[] parts = text.split("x", -1);
            if (parts.length != 3) {
                throw new IllegalArgumentException(
                        "layer must be channels x plane x batch, as in 64x32x32; got '" + text + "'");
            }
            return new Size(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
        }

        String text() {
            return channels + "->" + channels + " " + plane + "x" + plane + ", b" + batch;
        }
    }

    final Geometry geometry;
    final int batch;
    final double density;
    final SparsityPattern pattern;
    /** {@code outputs x (inputs x 3 x 3)}, the zeros included. */
    final float[] weights;
    /** {@code [channels, height, width, batch]}. */
    final float[] x;
    /** {@code [channels, height, width, batch]}. */
    final float[] gy;

    /** With random entries of W; all of them at density 1. */
    ConvProblem(Size size, double density) {
        this.geometry =
                new Geometry(size.channels, size.plane, size.plane, size.channels, KERNEL, KERNEL, 1, KERNEL / 2);
        this.batch = size.batch;
        this.density = density;
        this.pattern = Patterns.uniform(new Patterns.Dims(geometry.rows(), geometry.cols()), density, 7);
        float[] all = Patterns.numbers(Math.toIntExact(geometry.size()), 3);
        this.weights = new float[all.length];
        pattern.forEach((row, col, p) -> weights[at(row, col)] = all[at(row, col)]);
        this.x = Patterns.numbers(Math.toIntExact(geometry.inShape(batch).size()), 5);
        this.gy = Patterns.numbers(Math.toIntExact(geometry.outShape(batch).size()), 6);
    }

    private int at(int row, int col) {
        return row * geometry.cols() + col;
    }

    /** The weights of the pattern, in its order. */
    float[] packed() {
        float[] packed = new float[Math.toIntExact(pattern.nnz())];
        pattern.forEach((row, col, p) -> packed[Math.toIntExact(p)] = weights[at(row, col)]);
        return packed;
    }

    /** Every entry of W with every position of the plane, what meets the padding included, as PyTorch counts. */
    Work work() {
        double positions = (double) batch * geometry.outHeight() * geometry.outWidth();
        double moved = Work.weightBytes(pattern.nnz(), density) + 4.0 * (x.length + gy.length);
        return new Work(2 * positions * pattern.nnz(), moved);
    }

    /**
     * Runs the contender once and fails unless its answer is right: {@code [channels, height, width, batch]}, or of the gradient
     * of W either the entries of the pattern or all. Of large answers numbers at even distances are checked, the last one too.
     */
    void verify(String who, Contender contender, Direction direction) {
        contender.run();
        float[] got = contender.result();
        int length = direction == Direction.WEIGHT_GRADIENT ? got.length : x.length;
        if (got.length != length || (direction == Direction.WEIGHT_GRADIENT && !isWeights(length))) {
            throw new AssertionError(who + ": " + got.length + " numbers of the " + direction.text);
        }
        // Odd, and thus without a period in common with the batch and most planes.
        int step = got.length / CHECKED | 1;
        int[] rows = new int[got.length];
        int[] cols = new int[got.length];
        if (direction == Direction.WEIGHT_GRADIENT) {
            coordinates(rows, cols);
        }
        for (int i = got.length - 1; i >= 0; i -= step) {
            Sum sum = switch (direction) {
                case FORWARD -> output(i);
                case INPUT_GRADIENT -> inputGradient(i);
                case WEIGHT_GRADIENT -> weightGradient(rows[i], cols[i]);
            };
            Close.check(
                    who + ", " + direction.text + ", number " + i,
                    got[i],
                    (float) sum.value,
                    sum.magnitude,
                    sum.terms + 2);
        }
    }

    private boolean isWeights(int length) {
        return length == weights.length || length == pattern.nnz();
    }

    /** Of the pattern's entries or of all, by how many there are. */
    private void coordinates(int[] rows, int[] cols) {
        if (rows.length == pattern.nnz()) {
            pattern.forEach((row, col, p) -> {
                rows[Math.toIntExact(p)] = row;
                cols[Math.toIntExact(p)] = col;
            });
        } else {
            for (int i = 0; i < rows.length; i++) {
                rows[i] = i / geometry.cols();
                cols[i] = i % geometry.cols();
            }
        }
    }

    private static final class Sum {

        private double value;
        private double magnitude;
        private long terms;

        void add(double term) {
            value += term;
            magnitude += Math.abs(term);
            terms++;
        }
    }

    private Sum output(int number) {
        Sum sum = new Sum();
        int row = number / batch / plane();
        for (int col = 0; col < geometry.cols(); col++) {
            int in = shifted(number, col / (KERNEL * KERNEL), tap(col, 1));
            if (in >= 0) {
                sum.add((double) weights[at(row, col)] * x[in]);
            }
        }
        return sum;
    }

    private Sum inputGradient(int number) {
        Sum sum = new Sum();
        int channel = number / batch / plane();
        for (int row = 0; row < geometry.rows(); row++) {
            for (int k = 0; k < KERNEL * KERNEL; k++) {
                int out = shifted(number, row, tap(k, -1));
                if (out >= 0) {
                    sum.add((double) weights[at(row, channel * KERNEL * KERNEL + k)] * gy[out]);
                }
            }
        }
        return sum;
    }

    private Sum weightGradient(int row, int col) {
        Sum sum = new Sum();
        int first = row * plane() * batch;
        for (int out = first; out < first + plane() * batch; out++) {
            int in = shifted(out, col / (KERNEL * KERNEL), tap(col, 1));
            if (in >= 0) {
                sum.add((double) gy[out] * x[in]);
            }
        }
        return sum;
    }

    private int plane() {
        return geometry.inHeight() * geometry.inWidth();
    }

    /** Rows and columns that the plane is shifted by. */
    private record Tap(int rows, int cols) {}

    private static Tap tap(int col, int sign) {
        int k = col % (KERNEL * KERNEL);
        return new Tap(sign * (k / KERNEL - KERNEL / 2), sign * (k % KERNEL - KERNEL / 2));
    }

    /** The element of that channel beside an element's position, of the same image; -1 in the padding. */
    private int shifted(int number, int channel, Tap tap) {
        int image = number % batch;
        int position = number / batch % plane();
        int row = position / geometry.inWidth() + tap.rows;
        int col = position % geometry.inWidth() + tap.cols;
        if (row < 0 || row >= geometry.inHeight() || col < 0 || col >= geometry.inWidth()) {
            return -1;
        }
        return ((channel * geometry.inHeight() + row) * geometry.inWidth() + col) * batch + image;
    }
}
