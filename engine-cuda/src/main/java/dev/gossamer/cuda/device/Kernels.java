package dev.gossamer.cuda.device;

import dev.gossamer.engine.EngineException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** The kernels, loaded into the context that was current then; it must be current in every call. For any thread. */
public final class Kernels implements AutoCloseable {

    private final CUmodule module;
    private final String description;
    private final Map<String, CUfunction> functions = new ConcurrentHashMap<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    private Kernels(CUmodule module, String description) {
        this.module = module;
        this.description = description;
    }

    public static Kernels load(KernelImage image) {
        CUmodule module = new CUmodule();
        int code = JCudaDriver.cuModuleLoadData(module, image.bytes());
        if (code != CUresult.CUDA_SUCCESS) {
            throw new EngineException("the driver does not take the kernels " + image.describe() + ": "
                    + CUresult.stringFor(code) + ". Try the other of -D" + KernelImages.PROPERTY
                    + "=nvrtc and =prebuilt;"
                    + " a newer driver may help.");
        }
        return new Kernels(module, image.describe());
    }

    /**
     * The kernel of that name, looked up once.
     *
     * @throws EngineException when there is none
     */
    CUfunction function(String name) {
        return functions.computeIfAbsent(name, this::find);
    }

    private CUfunction find(String name) {
        CUfunction function = new CUfunction();
        int code = JCudaDriver.cuModuleGetFunction(function, module, name);
        if (code == CUresult.CUDA_ERROR_NOT_FOUND) {
            throw new EngineException("no kernel is called '" + name + "' in those " + description);
        }
        Check.driver(code, "looking up the kernel " + name);
        return function;
    }

    /** One line: where they came from. */
    public String describe() {
        return description;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            // No check: it fails only with a lost context, and closing must go on to the rest.
            JCudaDriver.cuModuleUnload(module);
        }
    }
}
