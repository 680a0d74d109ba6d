package dev.gossamer.cuda.device;

import dev.gossamer.engine.EngineException;
import dev.gossamer.engine.OutOfDeviceMemoryException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.IntSupplier;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUmemAllocationType;
import jcuda.driver.CUmemLocation;
import jcuda.driver.CUmemLocationType;
import jcuda.driver.CUmemPoolProps;
import jcuda.driver.CUmemoryPool;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * One GPU, open: its primary context, which cuBLAS and cuSPARSE share, a memory pool of our own, and the kernels. Thread-safe;
 * a thread that issues work calls {@link #makeCurrent} first and is a platform thread, as the current context belongs to the
 * carrier of a virtual one.
 */
public final class CudaDevice implements AutoCloseable {

    /** How the driver says that there is no memory. */
    static final IntPredicate OUT_OF_MEMORY = code -> code == CUresult.CUDA_ERROR_OUT_OF_MEMORY;

    /** With less than this free, a library that cannot be opened is taken to have found no memory; kernels and handles take less. */
    private static final long LIBRARY_BYTES = 512L << 20;

    private final CUdevice device;
    private final CUcontext context;
    private final Libraries libraries;
    private final boolean tf32;
    private final boolean overlap;
    private final String name;
    private final GpuTarget target;
    private final int multiprocessors;
    private final long memoryBytes;
    private final Live live = new Live();
    private @Nullable CUmemoryPool pool;
    private @Nullable Kernels kernels;
    private boolean launchesOverlap;

    private CudaDevice(CUdevice device, CUcontext context, Libraries libraries, boolean tf32, boolean overlap) {
        this.device = device;
        this.context = context;
        this.libraries = libraries;
        this.tf32 = tf32;
        this.overlap = overlap;
        this.name = name(device);
        this.target = new GpuTarget(
                attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
                attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
                driverVersion());
        this.multiprocessors = attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
        long[] bytes = {0};
        Check.driver(JCudaDriver.cuDeviceTotalMem(bytes, device), "asking for the size of the GPU's memory");
        this.memoryBytes = bytes[0];
    }

    /**
     * Opens a device and makes it current on this thread. The driver has been loaded and probed.
     *
     * @param tf32 whether dense products may round their factors to TF32
     * @param overlap whether a kernel's launch may overlap with the kernel before it, where that is possible
     */
    public static CudaDevice open(int ordinal, Libraries libraries, boolean tf32, boolean overlap) {
        Check.driver(JCudaDriver.cuInit(0), "starting the driver");
        CUdevice device = new CUdevice();
        Check.driver(JCudaDriver.cuDeviceGet(device, ordinal), "asking for GPU " + ordinal);
        CUcontext context = new CUcontext();
        Check.driver(JCudaDriver.cuDevicePrimaryCtxRetain(context, device), "opening GPU " + ordinal);
        try {
            Check.driver(JCudaDriver.cuCtxSetCurrent(context), "making GPU " + ordinal + " current");
            CudaDevice opened = new CudaDevice(device, context, libraries, tf32, overlap);
            opened.prepare(ordinal);
            return opened;
        } catch (RuntimeException e) {
            JCudaDriver.cuDevicePrimaryCtxRelease(device);
            throw e;
        }
    }

    private void prepare(int ordinal) {
        if (attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED) != 0) {
            pool = pool(ordinal);
        }
        try {
            KernelImages images = KernelImages.ofThisMachine(Optional.ofNullable(libraries.nvrtcMissing()));
            Kernels loaded = Kernels.load(images.imageFor(target));
            kernels = loaded;
            launchesOverlap = overlap && OverlappingLaunch.possible(target, loaded);
        } catch (RuntimeException e) {
            destroyPool();
            throw e;
        }
    }

    /** A pool that keeps what is freed, so that a pattern change costs no call into the operating system. */
    private static CUmemoryPool pool(int ordinal) {
        CUmemPoolProps properties = new CUmemPoolProps();
        properties.allocType = CUmemAllocationType.CU_MEM_ALLOCATION_TYPE_PINNED;
        properties.location = new CUmemLocation(CUmemLocationType.CU_MEM_LOCATION_TYPE_DEVICE, ordinal);
        properties.win32SecurityAttributes = new Pointer();
        CUmemoryPool made = new CUmemoryPool();
        Check.driver(JCudaDriver.cuMemPoolCreate(made, properties), "making a memory pool");
        PoolAttributes.keepFreedMemory(made);
        return made;
    }

    /** Makes this device current on the calling platform thread. */
    public void makeCurrent() {
        if (Thread.currentThread().isVirtual()) {
            throw new EngineException(
                    "The backend cuda needs a platform thread: a virtual thread moves between carriers,"
                            + " and the GPU context stays behind. Use Thread.ofPlatform() or a fixed thread pool");
        }
        Check.driver(JCudaDriver.cuCtxSetCurrent(context), "making the GPU current");
    }

    /** A new stream; the device is current on this thread. */
    public Stream stream() {
        return new Stream(this);
    }

    /** What is held of this device now. */
    public Live live() {
        return live;
    }

    /** {@code "NVIDIA H200, sm_90, 132 multiprocessors, 139 GiB, kernels compiled by NVRTC 13.0 for sm_90"}. */
    public String describe() {
        return String.format(
                Locale.ROOT,
                "%s, sm_%d, %d multiprocessors, %.0f GiB, kernels %s",
                name,
                target.architecture(),
                multiprocessors,
                memoryBytes / 0x1p30,
                kernels().describe());
    }

    /** 90 for compute capability 9.0. */
    public int architecture() {
        return target.architecture();
    }

    public int multiprocessors() {
        return multiprocessors;
    }

    /** What cuBLAS takes of itself for a stream, and documents as enough. */
    long cublasWorkspaceBytes() {
        return target.architecture() >= GpuTarget.HOPPER ? 32L << 20 : 4L << 20;
    }

    boolean tf32() {
        return tf32;
    }

    /** Whether blocks of a kernel may take their places before the one ahead of it has ended. */
    boolean launchesOverlap() {
        return launchesOverlap;
    }

    Kernels kernels() {
        Kernels known = kernels;
        if (known == null) {
            throw new IllegalStateException("The device is closed");
        }
        return known;
    }

    void requireCublas() {
        libraries.requireCublas();
    }

    void requireCusparse() {
        libraries.requireCusparse();
    }

    /**
     * A call by which the driver or a library takes memory of its own: made once more where it found none, after the pool gave
     * back what it keeps.
     *
     * @param stream waited for before, and not capturing
     * @param shortage whether an answer is of those that the call gives where there is no memory
     * @return what it answered last
     */
    int withRoom(CUstream stream, IntPredicate shortage, IntSupplier call) {
        int code = call.getAsInt();
        CUmemoryPool keeper = pool;
        if (!shortage.test(code) || keeper == null) {
            return code;
        }
        JCudaDriver.cuStreamSynchronize(stream);
        JCudaDriver.cuMemPoolTrimTo(keeper, 0);
        return call.getAsInt();
    }

    /**
     * Opens a library, as {@link #withRoom}. Of a shortage libraries speak by its name, or say that they are not initialised,
     * which may have other reasons too.
     *
     * @return what it answered last
     * @throws OutOfDeviceMemoryException if it is not initialised and next to nothing is free
     */
    int open(String library, CUstream stream, int shortage, int uninitialised, IntSupplier create) {
        int code = withRoom(stream, status -> status == shortage || status == uninitialised, create);
        long free = code == uninitialised ? memory()[0] : Long.MAX_VALUE;
        if (free < LIBRARY_BYTES) {
            throw new OutOfDeviceMemoryException(shortage(String.format(
                    Locale.ROOT, "to open %s: of %,d free bytes it needs up to %,d", library, free, LIBRARY_BYTES)));
        }
        return code;
    }

    /**
     * Memory in the order of a stream.
     *
     * @param use what it is for, as an error names it
     */
    void allocate(DevicePointer pointer, long bytes, CUstream stream, String use) {
        CUmemoryPool from = pool;
        int code = withRoom(stream, OUT_OF_MEMORY, () -> allocate(pointer, bytes, from, stream));
        if (OUT_OF_MEMORY.test(code)) {
            throw new OutOfDeviceMemoryException(shortage(
                    String.format(Locale.ROOT, "for %s: %,d bytes, of %,d free ones", use, bytes, memory()[0])));
        }
        Check.driver(code, "allocating " + bytes + " bytes on the GPU for " + use);
        live.deviceBytes(bytes);
    }

    private static int allocate(DevicePointer pointer, long bytes, @Nullable CUmemoryPool from, CUstream stream) {
        long atLeastOne = Math.max(bytes, 1);
        return from == null
                ? JCudaDriver.cuMemAlloc(pointer, atLeastOne)
                : JCudaDriver.cuMemAllocFromPoolAsync(pointer, atLeastOne, from, stream);
    }

    private String shortage(String what) {
        return String.format(
                Locale.ROOT,
                "The memory of the GPU does not suffice %s; this program holds %,d, the GPU has %,d.%s",
                what,
                live.deviceBytes(),
                memory()[1],
                Check.LESS_MEMORY);
    }

    /** Free bytes and all bytes. */
    private static long[] memory() {
        long[] free = {0};
        long[] total = {0};
        JCudaDriver.cuMemGetInfo(free, total);
        return new long[] {free[0], total[0]};
    }

    /** The driver's return code. Where there is no pool, cuMemFree waits for the device by itself. */
    int free(CUdeviceptr pointer, CUstream stream) {
        return pool == null ? JCudaDriver.cuMemFree(pointer) : JCudaDriver.cuMemFreeAsync(pointer, stream);
    }

    private int attribute(int attribute) {
        int[] value = {0};
        Check.driver(JCudaDriver.cuDeviceGetAttribute(value, attribute, device), "asking what the GPU can do");
        return value[0];
    }

    private static int driverVersion() {
        int[] version = {0};
        Check.driver(JCudaDriver.cuDriverGetVersion(version), "asking for the driver's version");
        return version[0];
    }

    private static String name(CUdevice device) {
        byte[] bytes = new byte[256];
        Check.driver(JCudaDriver.cuDeviceGetName(bytes, bytes.length, device), "asking for the name of the GPU");
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    private void destroyPool() {
        if (pool != null) {
            JCudaDriver.cuMemPoolDestroy(pool);
            pool = null;
        }
    }

    /** All streams are closed. Idempotent. */
    @Override
    public void close() {
        Kernels loaded = kernels;
        if (loaded == null) {
            return;
        }
        kernels = null;
        makeCurrent();
        loaded.close();
        destroyPool();
        JCudaDriver.cuDevicePrimaryCtxRelease(device);
    }
}
