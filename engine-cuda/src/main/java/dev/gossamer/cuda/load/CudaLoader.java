package dev.gossamer.cuda.load;

import dev.gossamer.engine.EngineException;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The one place through which anything native comes into the JVM: the driver's library, CUDA's libraries, JCuda. What was
 * loaded or failed to load is remembered and never tried again, as neither can be undone in a JVM.
 */
public final class CudaLoader {

    private static final CudaLoader HERE = new CudaLoader(Machine.here());

    private final Machine machine;
    private final LibrarySearch search;
    private @Nullable Answer<Boolean> deviceCount;
    private @Nullable Answer<Driver> driver;
    private @Nullable CudaRuntime runtime;

    private CudaLoader(Machine machine) {
        this.machine = machine;
        this.search = new LibrarySearch(machine, PythonWheels::ask);
    }

    /**
     * Whether there is a GPU that can be used, and which ones {@code gossamer.cuda.device} chooses. Cheap where there is
     * none: it loads JCuda's runtime, which needs nothing of CUDA. Prints nothing, throws nothing.
     */
    public static Probe probe() {
        return HERE.answer();
    }

    /**
     * Everything loaded: the driver API, and each library of CUDA that is here. Asks the driver itself for its GPUs.
     *
     * @throws EngineException if there is no usable driver; a missing library is no failure, but is told in the result
     */
    public static CudaRuntime runtime() {
        return HERE.load();
    }

    private synchronized Probe answer() {
        try {
            if (deviceCount == null) {
                deviceCount = Answer.of(this::countDevices);
            }
            deviceCount.orThrow();
            Driver found = driver().orThrow();
            return new Probe.Ready(
                    DeviceChoice.of(machine.property(DeviceChoice.PROPERTY), found.devices()), found.version());
        } catch (RefusedException e) {
            return new Probe.Refused(e.why());
        }
    }

    private boolean countDevices() throws RefusedException {
        requirePlatform();
        Driver.load(machine, search);
        JcudaNatives.load(JcudaBinding.RUNTIME, JcudaNatives.Patch.NONE);
        Driver.requireDevice(machine);
        return true;
    }

    private Answer<Driver> driver() {
        if (driver == null) {
            driver = Answer.of(() -> {
                requirePlatform();
                Driver.load(machine, search);
                JcudaNatives.load(JcudaBinding.DRIVER, JcudaNatives.Patch.NONE);
                return Driver.ask();
            });
        }
        return driver;
    }

    private void requirePlatform() throws RefusedException {
        if (!machine.supported()) {
            throw new RefusedException(Trouble.PLATFORM.because(null, machine.platform()));
        }
    }

    private synchronized CudaRuntime load() {
        if (runtime == null) {
            Driver found;
            try {
                found = driver().orThrow();
            } catch (RefusedException e) {
                throw new EngineException(
                        "CUDA cannot be used: " + e.why().reason() + ". "
                                + e.why().remedy(),
                        e);
            }
            LibraryLoading loading = new LibraryLoading(machine, search, found.version());
            Map<CudaLibrary, LibraryStatus> libraries = new EnumMap<>(CudaLibrary.class);
            for (CudaLibrary library : CudaLibrary.values()) {
                libraries.put(library, loading.load(library));
            }
            runtime = new CudaRuntime(found.version(), found.devices(), libraries);
        }
        return runtime;
    }
}
