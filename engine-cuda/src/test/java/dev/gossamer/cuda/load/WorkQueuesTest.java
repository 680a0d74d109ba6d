package dev.gossamer.cuda.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkQueuesTest {

    @TempDir
    Path root;

    /** What native code of this process sees, which is not what System.getenv remembers. */
    @Test
    void theDriverWillSeeThemUnlessToldOtherwise() throws Throwable {
        assumeTrue(!Machine.here().windows(), "nothing is asked for on Windows");
        String named = System.getenv("CUDA_DEVICE_MAX_CONNECTIONS");
        Machine machine = new Machine(root, System.getenv(), System.getProperties());
        Files.createFile(Files.createDirectory(root.resolve("dev")).resolve("nvidiactl"));
        WorkQueues.askForAll(machine);
        WorkQueues.askForAll(machine);
        assertThat(variable("CUDA_DEVICE_MAX_CONNECTIONS")).isEqualTo(named == null ? "32" : named);
    }

    @SuppressWarnings("restricted")
    private static String variable(String name) throws Throwable {
        Linker linker = Linker.nativeLinker();
        var getenv = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("getenv"),
                FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = (MemorySegment) getenv.invokeExact(arena.allocateFrom(name));
            return value.reinterpret(Long.MAX_VALUE).getString(0);
        }
    }
}
