package dev.gossamer.cpu;

import static dev.gossamer.cpu.Lanes.COUNT;

import dev.gossamer.cpu.OuterProductGradient.Part;
import dev.gossamer.engine.Geometry;

/**
 * All elements of an input: products of matrices, with the numbers of a row of the plane for their depth. Their rows are input
 * channels, for one tap after the other, without what the tap leads out of the plane; or, where channels are few, the taps of a
 * kernel's row, for one channel after the other.
 */
final class WholeInput implements OuterProductGradient.Input {

    /** Input channels that do not fill a block of rows. */
    private static final int FEW = 4;

    private final Geometry geometry;
    private final int width;
    private final boolean few;

    private CpuTensor x;
    private OuterProductBands bands;

    /** @param width output channels of a block */
    @SuppressWarnings("NullAway.Init") // set before each run
    WholeInput(Geometry geometry, int width) {
        this.geometry = geometry;
        this.width = width;
        this.few = geometry.inChannels() < FEW;
    }

    void of(CpuTensor input, OuterProductBands of) {
        x = input;
        bands = of;
    }

    @Override
    public void multiply(Part part, int batchBlock, int band, int from, int to) {
        part.matrices.set(
                x.data,
                few ? x.rowStride() : x.planePositions() * x.rowStride(),
                Float.BYTES,
                part.turned.memory(),
                part.turned.imageBytes(),
                part.sums.memory(),
                few ? part.sums.tapBytes() : part.sums.channelBytes());
        int column = batchBlock * x.block;
        int end = Math.min(geometry.inHeight(), (band + 1) * bands.rows());
        for (int y = band * bands.rows(); y < end; y++) {
            for (int ky = 0; ky < geometry.kernelHeight(); ky++) {
                int down = y + geometry.padding() - ky;
                int row = Math.floorDiv(down, geometry.stride());
                if (row * geometry.stride() != down || row < 0 || row >= geometry.outHeight()) {
                    continue;
                }
                if (few) {
                    taps(part, column, y, ky, row - bands.firstRow(band), from, to);
                } else {
                    channels(part, column, y, ky, row - bands.firstRow(band), from, to);
                }
            }
        }
    }

    private void channels(Part part, int column, int y, int ky, int gridRow, int from, int to) {
        int stride = geometry.stride();
        for (int kx = 0; kx < geometry.kernelWidth(); kx++) {
            int left = geometry.padding() - kx;
            int first = Math.ceilDiv(Math.max(0, left), stride);
            int end = Math.min(geometry.outWidth(), Math.floorDiv(geometry.inWidth() - 1 + left, stride) + 1);
            long a = x.offset(from * x.planePositions() + x.position(y, first * stride - left), column);
            long b = part.turned.offset(gridRow, first - bands.firstCol());
            sweep(part, to - from, a, b, part.sums.offset(ky * geometry.kernelWidth() + kx), end - first);
        }
    }

    /** With the halo, which adds nothing. */
    private void taps(Part part, int column, int y, int ky, int gridRow, int from, int to) {
        int taps = geometry.kernelHeight() * geometry.kernelWidth();
        int first = Math.max(0, bands.firstCol());
        int end = Math.min(geometry.outWidth(), bands.firstCol() + bands.cols());
        int place = x.position(y, first * geometry.stride() - geometry.padding());
        for (int channel = from; channel < to; channel++) {
            long a = x.offset(channel * x.planePositions() + place, column);
            long b = part.turned.offset(gridRow, first - bands.firstCol());
            long c = part.sums.offset((channel - from) * taps + ky * geometry.kernelWidth());
            sweep(part, geometry.kernelWidth(), a, b, c, end - first);
        }
    }

    /** Rows of a matrix times {@code cols} positions of the gradient. */
    private void sweep(Part part, int rows, long a, long b, long c, int cols) {
        int together = geometry.stride() == 1 ? cols : 1;
        long aStep = geometry.stride() * x.rowStride();
        long bStep = (long) x.block * part.turned.imageBytes();
        for (int col = 0; col < cols; col += together) {
            for (int v = 0; v < width; v += 2 * COUNT) {
                int vectors = Math.min(2, (width - v) / COUNT);
                long at = b + col * bStep + 4L * v;
                GemmKernels.block(rows, vectors, part.matrices, a + col * aStep, at, c + 4L * v, together * x.block, 1);
            }
        }
    }
}
