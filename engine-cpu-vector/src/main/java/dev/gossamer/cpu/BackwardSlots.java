package dev.gossamer.cpu;

import dev.gossamer.engine.Geometry;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Where each column of a layer's weights goes when they are transposed for the input gradient: to which row of which pass, its
 * slot, and which position of the output gradient it meets, relative to the output channel's.
 */
final class BackwardSlots {

    private final int channels;
    private final int plane;
    private final int[] slots;
    private final int[] offsets;
    private final List<int[]> spans;

    private BackwardSlots(int channels, int plane, int[] slots, int[] offsets, List<int[]> spans) {
        this.channels = channels;
        this.plane = plane;
        this.slots = slots;
        this.offsets = offsets;
        this.spans = spans;
    }

    /** One pass, in which every column is a row of its own. */
    static BackwardSlots linear(int cols) {
        return new BackwardSlots(cols, 1, IntStream.range(0, cols).toArray(), new int[cols], List.of(new int[] {0}));
    }

    /**
     * The passes of a convolution.
     *
     * @param input of the passes: the output gradient, padded
     */
    static BackwardSlots convolution(Geometry geometry, List<ConvolutionPass> passes, PaddedInput input) {
        int kernel = geometry.kernelHeight() * geometry.kernelWidth();
        int channels = geometry.inChannels();
        int[] slots = new int[geometry.cols()];
        int[] offsets = new int[geometry.cols()];
        List<int[]> spans =
                passes.stream().map(pass -> pass.offsets(input.pitch())).toList();
        Arrays.fill(slots, -1);
        for (int i = 0; i < passes.size(); i++) {
            int[] taps = passes.get(i).taps();
            for (int t = 0; t < taps.length; t++) {
                for (int channel = 0; channel < channels; channel++) {
                    slots[channel * kernel + taps[t]] = i * channels + channel;
                    offsets[channel * kernel + taps[t]] = spans.get(i)[t];
                }
            }
        }
        return new BackwardSlots(channels, input.plane(), slots, offsets, spans);
    }

    int passes() {
        return spans.size();
    }

    /** Rows of each pass. */
    int channels() {
        return channels;
    }

    /** Positions from one output channel to the next. */
    int plane() {
        return plane;
    }

    /** {@code pass · channels + row}, or -1 for a column that meets no output. */
    int slot(int col) {
        return slots[col];
    }

    int offset(int col) {
        return offsets[col];
    }

    /** Positions that a pass spans. */
    int span(int pass, int outChannels) {
        return ConvolutionPass.span(outChannels, spans.get(pass), plane);
    }
}
