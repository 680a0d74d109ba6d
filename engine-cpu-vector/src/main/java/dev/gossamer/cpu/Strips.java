package dev.gossamer.cpu;

import dev.gossamer.engine.Layout;

/** How many vectors of columns a kernel may take at once where two tensors are walked together. */
final class Strips {

    private Strips() {}

    /**
     * 8, 4, 2 or 1 vectors that lie side by side in both tensors from {@code column} on, padding included; 0 if fewer columns
     * than a vector remain (row-major only).
     */
    static int vectors(CpuTensor a, CpuTensor b, int column) {
        int fit = Math.min(a.run(column), b.run(column)) / Lanes.COUNT;
        if (a.layout() == Layout.NATIVE) {
            // A partial batch leaves whole vectors of padding at the end of its block: they stay as they are.
            fit = Math.min(fit, (a.batch - column + Lanes.COUNT - 1) / Lanes.COUNT);
        }
        return fit >= 8 ? 8 : Integer.highestOneBit(fit);
    }
}
