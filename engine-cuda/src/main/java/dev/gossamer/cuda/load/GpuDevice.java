package dev.gossamer.cuda.load;

import java.util.Locale;

/**
 * A GPU that the driver lists.
 *
 * @param ordinal its index, from 0
 * @param name the maker's name for it
 * @param uuid as nvidia-smi prints it, GPU-...
 * @param major of the compute capability
 * @param minor of the compute capability
 * @param memoryBytes size of its memory
 */
public record GpuDevice(int ordinal, String name, String uuid, int major, int minor, long memoryBytes) {

    /** Whether they compute the same bits: name and compute capability are the same. */
    boolean isLike(GpuDevice other) {
        return name.equals(other.name) && major == other.major && minor == other.minor;
    }

    /** One line for people. */
    public String describe() {
        return String.format(
                Locale.ROOT,
                "%s (GPU %d, compute capability %d.%d, %.0f GiB)",
                name,
                ordinal,
                major,
                minor,
                memoryBytes / (double) (1L << 30));
    }
}
