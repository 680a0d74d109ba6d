package dev.gossamer.engine.ops;

import dev.gossamer.engine.RandomStream;

/**
 * Random crop and flip of a batch: each sample is padded by {@code padding} black pixels (0) on every side, cut back to its
 * size at a random place, and with {@code flip} mirrored left to right half of the time.
 *
 * <p>Sample {@code i} of the epoch (position + column) uses the block {@code Philox(key, i, step, site)}: its words 0 and 1
 * choose the offsets ({@code word · (2·padding + 1) >> 32} rows and columns, each 0 to 2·padding), the top bit of word 2 the
 * flip.
 *
 * @param padding pixels on each side, at least 0
 * @param flip whether to mirror
 * @param stream what is drawn from
 * @param site sets this use of the stream apart from others
 */
public record Augmentation(int padding, boolean flip, RandomStream stream, int site) {

    public Augmentation {
        if (padding < 0) {
            throw new IllegalArgumentException("padding must be at least 0, got " + padding);
        }
    }
}
