package dev.gossamer.engine;

/**
 * The geometry of a product: how a weight matrix {@code [outChannels, inChannels x kernelHeight x kernelWidth]} meets an
 * input {@code [inChannels, inHeight, inWidth, batch]}. Column order of the weights is PyTorch's flatten order
 * ({@code (ci, ky, kx)}, kx fastest). A linear layer is the convolution whose kernel is the whole plane.
 *
 * @param inChannels input feature maps
 * @param inHeight input rows
 * @param inWidth input columns
 * @param outChannels output feature maps
 * @param kernelHeight kernel rows
 * @param kernelWidth kernel columns
 * @param stride step of the kernel in both directions, at least 1
 * @param padding zeros assumed on each side of the plane
 */
public record Geometry(
        int inChannels,
        int inHeight,
        int inWidth,
        int outChannels,
        int kernelHeight,
        int kernelWidth,
        int stride,
        int padding) {

    public Geometry {
        if (inChannels < 1 || inHeight < 1 || inWidth < 1 || outChannels < 1) {
            throw new IllegalArgumentException(
                    "Geometry needs at least one input channel, row, column and output channel, got " + inChannels
                            + ", " + inHeight + ", " + inWidth + ", " + outChannels);
        }
        if (kernelHeight < 1 || kernelWidth < 1 || stride < 1 || padding < 0) {
            throw new IllegalArgumentException(
                    "Geometry needs a kernel and stride of at least 1 and a padding of at least 0, got kernel "
                            + kernelHeight + "x" + kernelWidth + ", stride " + stride + ", padding " + padding);
        }
        if (kernelHeight > inHeight + 2 * padding || kernelWidth > inWidth + 2 * padding) {
            throw new IllegalArgumentException("Kernel " + kernelHeight + "x" + kernelWidth
                    + " is larger than the padded input " + (inHeight + 2 * padding) + "x" + (inWidth + 2 * padding));
        }
        Math.multiplyExact(Math.multiplyExact(inChannels, kernelHeight), kernelWidth);
    }

    /** A fully connected layer from {@code in} to {@code out} features. */
    public static Geometry linear(int in, int out) {
        return new Geometry(in, 1, 1, out, 1, 1, 1, 0);
    }

    /** A fully connected layer over the whole input of the given shape. */
    public static Geometry linear(Shape in, int out) {
        return new Geometry(in.channels(), in.height(), in.width(), out, in.height(), in.width(), 1, 0);
    }

    /** The geometry of a plain {@code rows x cols} matrix. */
    public static Geometry matrix(int rows, int cols) {
        return linear(cols, rows);
    }

    /** Rows of the weight matrix. */
    public int rows() {
        return outChannels;
    }

    /** Columns of the weight matrix. */
    public int cols() {
        return inChannels * kernelHeight * kernelWidth;
    }

    /** Weights in all when dense. */
    public long size() {
        return (long) rows() * cols();
    }

    public int outHeight() {
        return (inHeight + 2 * padding - kernelHeight) / stride + 1;
    }

    public int outWidth() {
        return (inWidth + 2 * padding - kernelWidth) / stride + 1;
    }

    public Shape inShape(int batch) {
        return new Shape(inChannels, inHeight, inWidth, batch);
    }

    public Shape outShape(int batch) {
        return new Shape(outChannels, outHeight(), outWidth(), batch);
    }

    /** Whether the kernel covers the whole unpadded plane, so that the product is a plain matrix product. */
    public boolean isLinear() {
        return kernelHeight == inHeight && kernelWidth == inWidth && padding == 0;
    }
}
