package dev.gossamer.cpu;

import dev.gossamer.cpu.PatternPlan.Csr;
import dev.gossamer.engine.Geometry;
import dev.gossamer.engine.Shape;
import dev.gossamer.engine.sparse.SparsityPattern;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A convolution as products over positions: output position (i, j) of every output channel is the product of a weight matrix
 * with the input positions {@code start(i, j) + tap}, so that an SpMM's kernel computes it with taps for columns. Forward is
 * one pass. The input gradient is one pass for each residue of the position modulo the stride, with the taps that reach it.
 *
 * @param rows output rows of the grid
 * @param cols output columns of the grid
 * @param outY first output row
 * @param outX first output column
 * @param outStep output rows and columns from one grid point to the next
 * @param inY input row of tap offset 0 for the first grid point; may lie in the halo
 * @param inX likewise the column
 * @param inStep input rows and columns from one grid point to the next
 * @param taps for each tap, in the order of the chain: its index in the kernel, {@code ky·kernelWidth + kx}
 * @param tapY for each tap the input row relative to tap offset 0
 * @param tapX likewise the column
 */
@SuppressWarnings("ArrayRecordComponent") // private to the kernels, never compared
record ConvolutionPass(
        int rows,
        int cols,
        int outY,
        int outX,
        int outStep,
        int inY,
        int inX,
        int inStep,
        int[] taps,
        int[] tapY,
        int[] tapX) {

    /** Forward: taps in ascending (ky, kx). */
    static ConvolutionPass forward(Geometry g) {
        int count = g.kernelHeight() * g.kernelWidth();
        int[] taps = new int[count];
        int[] tapY = new int[count];
        int[] tapX = new int[count];
        for (int t = 0; t < count; t++) {
            taps[t] = t;
            tapY[t] = t / g.kernelWidth();
            tapX[t] = t % g.kernelWidth();
        }
        return new ConvolutionPass(
                g.outHeight(), g.outWidth(), 0, 0, 1, -g.padding(), -g.padding(), g.stride(), taps, tapY, tapX);
    }

    /**
     * Backward: input row y gets output row (y + padding − ky) / stride from every ky of the same residue. With
     * {@code y + padding = stride·a + residue} and {@code ky = stride·b + residue} that is row a − b.
     */
    static List<ConvolutionPass> backward(Geometry g) {
        List<ConvolutionPass> passes = new ArrayList<>();
        for (int residueY = 0; residueY < g.stride(); residueY++) {
            for (int residueX = 0; residueX < g.stride(); residueX++) {
                Axis y = Axis.of(g.inHeight(), g.kernelHeight(), g.stride(), g.padding(), residueY);
                Axis x = Axis.of(g.inWidth(), g.kernelWidth(), g.stride(), g.padding(), residueX);
                if (y.count > 0 && x.count > 0) {
                    passes.add(backward(g, y, x, residueY, residueX));
                }
            }
        }
        return passes;
    }

    private static ConvolutionPass backward(Geometry g, Axis y, Axis x, int residueY, int residueX) {
        int count = y.taps * x.taps;
        int[] taps = new int[count];
        int[] tapY = new int[count];
        int[] tapX = new int[count];
        for (int t = 0; t < count; t++) {
            int by = t / x.taps;
            int bx = t % x.taps;
            taps[t] = (g.stride() * by + residueY) * g.kernelWidth() + g.stride() * bx + residueX;
            tapY[t] = y.taps - 1 - by;
            tapX[t] = x.taps - 1 - bx;
        }
        return new ConvolutionPass(
                y.count,
                x.count,
                y.first,
                x.first,
                g.stride(),
                count == 0 ? 0 : y.start,
                count == 0 ? 0 : x.start,
                count == 0 ? 0 : 1,
                taps,
                tapY,
                tapX);
    }

    /**
     * One axis of a residue of the input gradient.
     *
     * @param count input rows of the residue
     * @param first the first of them
     * @param taps kernel rows of the residue
     * @param start output row of the last tap for the first input row
     */
    private record Axis(int count, int first, int taps, int start) {

        static Axis of(int size, int kernel, int stride, int padding, int residue) {
            int low = Math.ceilDiv(padding - residue, stride);
            int high = Math.floorDiv(size - 1 + padding - residue, stride);
            int taps = residue < kernel ? (kernel - residue + stride - 1) / stride : 0;
            return new Axis(high - low + 1, stride * low + residue - padding, taps, low - (taps - 1));
        }
    }

    /** The halo that an input of this plane needs, so that every tap of every grid point lies in its memory. */
    int halo(Shape in) {
        int needed = Math.max(0, Math.max(-inY, -inX));
        for (int t = 0; t < taps.length; t++) {
            needed = Math.max(needed, inY + (rows - 1) * inStep + tapY[t] - (in.height() - 1));
            needed = Math.max(needed, inX + (cols - 1) * inStep + tapX[t] - (in.width() - 1));
        }
        return needed;
    }

    /** Positions from tap offset 0 to each tap, within a channel of rows of {@code pitch} positions. */
    int[] offsets(int pitch) {
        int[] offsets = new int[taps.length];
        for (int t = 0; t < offsets.length; t++) {
            offsets[t] = tapY[t] * pitch + tapX[t];
        }
        return offsets;
    }

    /** Positions of a dense product's reduced dimension: {@code [inChannels][tap]}. */
    int[] offsets(int inChannels, int pitch, int plane) {
        int[] within = offsets(pitch);
        int[] all = new int[Math.multiplyExact(inChannels, within.length)];
        for (int k = 0; k < all.length; k++) {
            all[k] = k / within.length * plane + within[k % within.length];
        }
        return all;
    }

    /**
     * The forward structure: rows are output channels, columns are positions relative to the grid point's start.
     *
     * @param pitch positions from row to row of the input
     * @param plane positions from channel to channel of the input
     */
    Csr structure(SparsityPattern pattern, int pitch, int plane) {
        int[] offsets = offsets(pitch);
        int[] colIdx = pattern.copyColIdx();
        for (int p = 0; p < colIdx.length; p++) {
            int tap = colIdx[p] % offsets.length;
            colIdx[p] = colIdx[p] / offsets.length * plane + offsets[tap];
        }
        return new Csr(
                pattern.rows(), span(pattern.cols() / offsets.length, offsets, plane), pattern.copyRowPtr(), colIdx);
    }

    /**
     * The structures of the passes of an input gradient: rows are input channels, each row's entries in ascending order of
     * (output channel, tap).
     *
     * @param permutation receives for each entry of all structures the position in the pattern whose value it takes
     */
    static List<Csr> transposed(
            List<ConvolutionPass> passes,
            SparsityPattern pattern,
            int kernel,
            int pitch,
            int plane,
            int[] permutation) {
        int channels = pattern.cols() / kernel;
        int[] colIdx = new int[Math.toIntExact(pattern.nnz())];
        List<Csr> structures = new ArrayList<>();
        int start = 0;
        for (ConvolutionPass pass : passes) {
            int[] rowPtr = new int[channels + 1];
            int[] offsets = pass.offsets(pitch);
            int[] offsetOf = new int[kernel];
            Arrays.fill(offsetOf, -1);
            for (int t = 0; t < offsets.length; t++) {
                offsetOf[pass.taps[t]] = offsets[t];
            }
            pass.count(pattern, kernel, offsetOf, start, rowPtr);
            int[] next = rowPtr.clone();
            for (int row = 0; row < pattern.rows(); row++) {
                for (int p = pattern.rowStart(row); p < pattern.rowEnd(row); p++) {
                    int offset = offsetOf[pattern.col(p) % kernel];
                    if (offset >= 0) {
                        int at = next[pattern.col(p) / kernel]++;
                        colIdx[at] = row * plane + offset;
                        permutation[at] = p;
                    }
                }
            }
            structures.add(new Csr(channels, span(pattern.rows(), offsets, plane), rowPtr, colIdx));
            start = rowPtr[channels];
        }
        return structures;
    }

    private void count(SparsityPattern pattern, int kernel, int[] offsetOf, int start, int[] rowPtr) {
        for (int row = 0; row < pattern.rows(); row++) {
            for (int p = pattern.rowStart(row); p < pattern.rowEnd(row); p++) {
                if (offsetOf[pattern.col(p) % kernel] >= 0) {
                    rowPtr[pattern.col(p) / kernel + 1]++;
                }
            }
        }
        rowPtr[0] = start;
        for (int row = 1; row < rowPtr.length; row++) {
            rowPtr[row] += rowPtr[row - 1];
        }
    }

    /** Positions that all taps of all channels span. */
    static int span(int channels, int[] offsets, int plane) {
        int last = -1;
        for (int offset : offsets) {
            last = Math.max(last, offset);
        }
        return last < 0 ? 0 : (channels - 1) * plane + last + 1;
    }
}
