package dev.gossamer.cuda.device;

import dev.gossamer.engine.EngineException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.driver.CUfunction;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * Launches kernels on one stream: name the kernel, give its arguments in order, then the grid. The arguments lie in one block
 * of native memory made once, so that a launch allocates nothing.
 *
 * <p>Grids are bounded and kernels stride over what is left; a grid of nothing launches nothing.
 */
public final class Launch implements AutoCloseable {

    private static final int MAX_ARGUMENTS = 32;

    /** Words of eight bytes that all arguments of a launch may take, fields of structures counted one by one. */
    private static final int MAX_WORDS = 256;

    /** Blocks per multiprocessor beyond which kernels stride: enough to fill it whatever the block size. */
    private static final int BLOCKS_PER_MULTIPROCESSOR = 32;

    private final Stream stream;
    private final CudaDevice device;
    private final Arena arena = Arena.ofShared();
    /** The driver's array of argument addresses, ended by null. */
    private final MemorySegment addresses = arena.allocate(ValueLayout.JAVA_LONG, MAX_ARGUMENTS + 1);

    private final MemorySegment arguments = arena.allocate(ValueLayout.JAVA_LONG, MAX_WORDS);
    private final HostPointer parameters = new HostPointer(addresses);
    private final int maxBlocks;
    /**
     * Null where launches do not overlap. Those of more blocks than there are multiprocessors never do: their blocks would take
     * the places of other streams' kernels, only to wait, and what a launch costs is little beside their time.
     */
    private final @Nullable OverlappingLaunch overlapping;

    private @Nullable CUfunction function;
    private String name = "";
    private int count;
    private int words;

    Launch(Stream stream, CudaDevice device) {
        this.stream = stream;
        this.device = device;
        this.maxBlocks = mostBlocks(device.multiprocessors());
        this.overlapping = device.launchesOverlap() ? new OverlappingLaunch(stream, addresses, arena) : null;
    }

    /** Blocks of a launch on so many multiprocessors, at most. */
    public static int mostBlocks(int multiprocessors) {
        return multiprocessors * BLOCKS_PER_MULTIPROCESSOR;
    }

    /** Starts a launch. */
    public Launch kernel(String kernel) {
        function = device.kernels().function(kernel);
        name = kernel;
        count = 0;
        words = 0;
        return this;
    }

    public Launch p(DeviceBuffer buffer) {
        return l(buffer.address());
    }

    /** A device address; 0 is the null pointer. */
    public Launch p(long address) {
        return l(address);
    }

    public Launch i(int value) {
        return l(value);
    }

    public Launch l(long value) {
        addresses.setAtIndex(ValueLayout.JAVA_LONG, count, arguments.address() + (long) words * Long.BYTES);
        count++;
        return word(value);
    }

    /** One more field of the structure whose first field was the argument before: structures of eight-byte fields, by value. */
    public Launch word(long value) {
        arguments.setAtIndex(ValueLayout.JAVA_LONG, words, value);
        words++;
        return this;
    }

    /** A field of a structure of many, of which the first begins the argument. */
    public Launch field(boolean first, long value) {
        return first ? l(value) : word(value);
    }

    /** Two fields of four bytes, one after the other, as one of eight. */
    public static long pair(int first, int second) {
        return Integer.toUnsignedLong(first) | (long) second << Integer.SIZE;
    }

    public Launch f(float value) {
        return l(Float.floatToRawIntBits(value));
    }

    /** One thread per item, in blocks of {@code block} threads. */
    public void grid1d(long items, int block) {
        blocks((items + block - 1) / block, block);
    }

    /** That many blocks, fewer where the grid would outgrow the device. */
    public void blocks(long blocks, int block) {
        run((int) Math.min(blocks, maxBlocks), block);
    }

    private void run(int grid, int block) {
        CUfunction kernel = function;
        if (kernel == null) {
            throw new EngineException("A launch needs kernel(...) first");
        }
        function = null;
        if (grid <= 0) {
            return;
        }
        addresses.setAtIndex(ValueLayout.JAVA_LONG, count, 0);
        int code = overlapping == null || grid > device.multiprocessors()
                ? JCudaDriver.cuLaunchKernel(kernel, grid, 1, 1, block, 1, 1, 0, stream.handle(), parameters, null)
                : overlapping.run(kernel, grid, block);
        if (code != 0) {
            Check.driver(code, "launching " + name);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
