package dev.gossamer.cuda.device;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import jcuda.driver.CUmemoryPool;

/** {@code cuMemPoolSetAttribute}, which JCuda 12.6 lacks, called through the foreign function interface. */
@SuppressWarnings("restricted")
final class PoolAttributes {

    private static final int RELEASE_THRESHOLD = 4;

    private static final String FUNCTION = "cuMemPoolSetAttribute";

    private PoolAttributes() {}

    /** Raises the threshold above which a pool returns freed memory at each synchronisation from 0 to no limit. */
    static void keepFreedMemory(CUmemoryPool pool) {
        try (Arena arena = Arena.ofConfined()) {
            Optional<MemorySegment> function = DriverLibrary.functions(arena).find(FUNCTION);
            if (function.isEmpty()) {
                return; // slower allocation is all that is lost
            }
            MethodHandle call = Linker.nativeLinker()
                    .downcallHandle(
                            function.get(),
                            FunctionDescriptor.of(
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.ADDRESS));
            MemorySegment threshold = arena.allocateFrom(ValueLayout.JAVA_LONG, -1L);
            int code = (int) call.invokeExact(NativeHandles.of(pool), RELEASE_THRESHOLD, threshold);
            Check.driver(code, "setting up the memory pool");
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new LinkageError(FUNCTION, e); // a downcall itself throws nothing
        }
    }
}
