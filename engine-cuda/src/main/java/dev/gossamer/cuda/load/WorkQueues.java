package dev.gossamer.cuda.load;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;

/**
 * How many queues of work the driver keeps for a GPU. By default there are eight, and of ten clients that train side by side
 * some would share one and wait for each other; the driver takes another number from the environment when it starts.
 */
final class WorkQueues {

    /** Documented in the CUDA programming guide, with its bounds of 1 and 32. */
    private static final String VARIABLE = "CUDA_DEVICE_MAX_CONNECTIONS";

    private static final String MOST = "32";

    /** One of them is there wherever the driver can reach a GPU; the second is that of WSL. */
    private static final List<String> DEVICES = List.of("/dev/nvidiactl", "/dev/dxg");

    private WorkQueues() {}

    /**
     * Asks for as many as there can be, unless the environment has a number. Called before the driver is loaded. Where there is
     * no GPU nothing is asked, as the first call of a native function takes a JVM a tenth of a second.
     */
    @SuppressWarnings("restricted")
    static void askForAll(Machine machine) {
        boolean gpu = DEVICES.stream().anyMatch(device -> Files.exists(machine.at(device)));
        if (machine.windows() || !gpu) {
            return; // nothing was tried on Windows
        }
        Linker linker = Linker.nativeLinker();
        Optional<MemorySegment> function = linker.defaultLookup().find("setenv");
        if (function.isEmpty()) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MethodHandle setenv = linker.downcallHandle(
                    function.get(),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
            int keepWhatIsThere = 0;
            int ignored =
                    (int) setenv.invokeExact(arena.allocateFrom(VARIABLE), arena.allocateFrom(MOST), keepWhatIsThere);
        } catch (IllegalCallerException e) {
            // Native access is denied, which whatever loads the driver next says.
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new LinkageError("setenv", e); // a downcall itself throws nothing
        }
    }
}
