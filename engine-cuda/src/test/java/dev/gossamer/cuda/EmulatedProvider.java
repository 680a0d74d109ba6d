package dev.gossamer.cuda;

import dev.gossamer.cuda.device.Libraries;
import dev.gossamer.engine.Availability;
import dev.gossamer.engine.BackendProvider;
import java.util.List;
import org.opentest4j.TestAbortedException;

/**
 * Offers the emulator as the backend {@code cuda-emulated} to the tests of other modules, in test runs with
 * {@code -Dgossamer.cuda.emulated=true} only. It is a choice of its own so that nothing that ran here is taken for a GPU's.
 */
public final class EmulatedProvider implements BackendProvider {

    /**
     * Kernels launched, products of libraries called and memory filled by what the body issues, which is not run: for models
     * too large to emulate.
     */
    public static long counted(Runnable body) {
        Emulator emulator = Emulator.load();
        emulator.setIdle(true);
        emulator.clearLaunches();
        try {
            body.run();
            return emulator.launches();
        } finally {
            emulator.setIdle(false);
        }
    }

    /** Two, so that tests with several workers have workers on different ones. */
    private static List<Integer> gpus() {
        Emulator.load().setDevices(2);
        return List.of(0, 1);
    }

    /** Memory that is in use on the emulated GPUs, in bytes. */
    public static long usedBytes() {
        return Emulator.load().liveBytes();
    }

    /** Runs something while each of the emulated GPUs has that much memory only. */
    public static void withMemory(long bytes, Runnable body) {
        Emulator emulator = Emulator.load();
        emulator.setTotalBytes(bytes);
        try {
            body.run();
        } finally {
            emulator.setTotalBytes(Emulator.MEMORY);
        }
    }

    @Override
    public String name() {
        return Emulator.REQUIRED_NAME;
    }

    /** Never chosen by {@code auto}. */
    @Override
    public int priority() {
        return Integer.MIN_VALUE;
    }

    @Override
    public Availability probe() {
        if (!Emulator.wanted()) {
            return new Availability.Unavailable(
                    "this is no test run on the emulator", "Set -D" + Emulator.PROPERTY + "=true.", null);
        }
        try {
            Emulator.load();
        } catch (TestAbortedException e) {
            return new Availability.Unavailable(String.valueOf(e.getMessage()), "Install g++ or clang++.", e);
        }
        return new Availability.Available(
                "emulator, no GPU",
                options -> CudaBackend.open(
                        options, gpus(), new Libraries(null, null, "the emulator has kernels of its own")));
    }
}
