package dev.gossamer.engine;

/**
 * The window of a pooling op: {@code height x width} elements of one channel's plane, moved by {@code stride} over the plane
 * with {@code padding} on each side. As in PyTorch, windows that would leave the padded plane are dropped (floor mode).
 *
 * @param height rows of the window
 * @param width columns of the window
 * @param stride step in both directions, at least 1
 * @param padding rows and columns added on each side, at most half the window, so that every window meets the plane
 */
public record Window(int height, int width, int stride, int padding) {

    /** Most elements of a window: where one was found has to fit a byte. */
    public static final int MAX_SIZE = 255;

    public Window {
        if (height < 1 || width < 1 || stride < 1 || (long) height * width > MAX_SIZE) {
            throw new IllegalArgumentException("A window needs 1 to " + MAX_SIZE
                    + " elements and a stride of at least 1, got " + height + "x" + width + ", stride " + stride);
        }
        if (padding < 0 || padding > Math.min(height, width) / 2) {
            throw new IllegalArgumentException("The padding of a " + height + "x" + width + " window must be 0 to "
                    + Math.min(height, width) / 2 + ", got " + padding);
        }
    }

    /** A square window that neither overlaps nor leaves gaps. */
    public static Window square(int size) {
        return new Window(size, size, size, 0);
    }

    /** The whole plane of a shape in one window: global pooling. */
    public static Window whole(Shape shape) {
        return new Window(shape.height(), shape.width(), 1, 0);
    }

    public int size() {
        return height * width;
    }

    /**
     * What pooling makes of a shape.
     *
     * @throws IllegalArgumentException if the window is larger than the padded plane
     */
    public Shape output(Shape in) {
        int rows = outputs(in.height(), height);
        int cols = outputs(in.width(), width);
        if (rows < 1 || cols < 1) {
            throw new IllegalArgumentException("A " + height + "x" + width + " window with padding " + padding
                    + " is larger than the plane of " + in);
        }
        return new Shape(in.channels(), rows, cols, in.batch());
    }

    /** Whether {@code out} is {@link #output} of {@code in}, without making a shape. */
    public boolean makes(Shape in, Shape out) {
        return out.channels() == in.channels()
                && out.height() == outputs(in.height(), height)
                && out.width() == outputs(in.width(), width)
                && out.batch() == in.batch();
    }

    private int outputs(int length, int window) {
        return Math.floorDiv(length + 2 * padding - window, stride) + 1;
    }
}
