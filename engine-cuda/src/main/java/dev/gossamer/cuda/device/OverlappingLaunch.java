package dev.gossamer.cuda.device;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * Launches by which blocks of a kernel may take their places while the one before it in the stream still runs (programmatic
 * dependent launch, from Hopper on). Each of our kernels begins by waiting for the end of the one before, so that nothing but the
 * time of a launch overlaps. By {@code cuLaunchKernelEx}, which JCuda 12.6 lacks, through the foreign function interface.
 */
final class OverlappingLaunch {

    /** CUDA 12.3, the first driver that captures such launches into graphs. */
    private static final int CAPTURED_SINCE = 12_030;

    /** Any of ours: all are compiled together. */
    private static final String ANY_KERNEL = "elementwise_fill";

    /** Where fields lie in CUlaunchConfig and in the one CUlaunchAttribute behind it; grids and blocks have three sizes of four bytes. */
    private static final long GRID = 0;

    private static final long BLOCK = 12;
    private static final long STREAM = 32;
    private static final long ATTRIBUTES = 40;
    private static final long ATTRIBUTE_COUNT = 48;
    private static final long ATTRIBUTE = 56;
    private static final long ATTRIBUTE_VALUE = ATTRIBUTE + 8;
    private static final long BYTES = ATTRIBUTE + 72;

    private static final int PROGRAMMATIC_STREAM_SERIALIZATION = 6;

    private static final @Nullable MethodHandle CALL = call();

    private final MemorySegment config;
    private final long parameters;

    /** @param parameters addresses of the arguments of all launches */
    OverlappingLaunch(Stream stream, MemorySegment parameters, Arena arena) {
        this.parameters = parameters.address();
        this.config = arena.allocate(BYTES, Long.BYTES);
        for (int size = 0; size < 3; size++) {
            set(GRID + size * (long) Integer.BYTES, 1);
            set(BLOCK + size * (long) Integer.BYTES, 1);
        }
        config.set(ValueLayout.JAVA_LONG, STREAM, NativeHandles.of(stream.handle()));
        config.set(ValueLayout.JAVA_LONG, ATTRIBUTES, config.address() + ATTRIBUTE);
        set(ATTRIBUTE_COUNT, 1);
        set(ATTRIBUTE, PROGRAMMATIC_STREAM_SERIALIZATION);
        set(ATTRIBUTE_VALUE, 1);
    }

    /** Whether GPU, driver and kernels have it: those compiled for older GPUs do not wait. */
    static boolean possible(GpuTarget target, Kernels kernels) {
        if (CALL == null || target.architecture() < GpuTarget.HOPPER || target.driver() < CAPTURED_SINCE) {
            return false;
        }
        int[] compiledFor = {0};
        Check.driver(
                JCudaDriver.cuFuncGetAttribute(
                        compiledFor, CUfunction_attribute.CU_FUNC_ATTRIBUTE_PTX_VERSION, kernels.function(ANY_KERNEL)),
                "asking what a kernel was compiled for");
        return compiledFor[0] >= GpuTarget.HOPPER;
    }

    /** The driver's return code. */
    int run(CUfunction kernel, int grid, int block) {
        set(GRID, grid);
        set(BLOCK, block);
        MethodHandle call = CALL;
        if (call == null) {
            throw new IllegalStateException("The driver has no cuLaunchKernelEx");
        }
        try {
            return (int) call.invokeExact(config.address(), NativeHandles.of(kernel), parameters, 0L);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new LinkageError("cuLaunchKernelEx", e); // a downcall itself throws nothing
        }
    }

    private void set(long offset, int value) {
        config.set(ValueLayout.JAVA_INT, offset, value);
    }

    @SuppressWarnings("restricted")
    private static @Nullable MethodHandle call() {
        FunctionDescriptor type = FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG);
        return DriverLibrary.functions(Arena.global())
                .find("cuLaunchKernelEx")
                .map(function -> Linker.nativeLinker().downcallHandle(function, type))
                .orElse(null);
    }
}
