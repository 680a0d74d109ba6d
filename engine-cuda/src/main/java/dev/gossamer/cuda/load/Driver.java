package dev.gossamer.cuda.load;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.CUuuid;
import jcuda.driver.JCudaDriver;
import jcuda.runtime.JCuda;
import jcuda.runtime.cudaError;

/**
 * The NVIDIA driver of this machine.
 *
 * @param version the newest CUDA that it knows, as 1000 * major + 10 * minor
 * @param devices its GPUs, at least one
 */
record Driver(int version, List<GpuDevice> devices) {

    /** Where drivers put their library besides the linker's folders: WSL, containers, NixOS. */
    private static final List<String> FOLDERS =
            List.of("/usr/lib/wsl/lib", "/usr/local/nvidia/lib64", "/run/opengl-driver/lib");

    private static final int NAME_BYTES = 256;

    /** The version for people, such as 12.4. */
    static String text(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }

    static String libraryName(Machine machine) {
        return machine.windows() ? "nvcuda.dll" : "libcuda.so.1";
    }

    /**
     * Loads the driver's library if the linker would not find it, or another was named. JCuda then finds it by its name.
     *
     * @throws RefusedException if the file is there, but cannot be loaded
     */
    static void load(Machine machine, LibrarySearch search) throws RefusedException {
        WorkQueues.askForAll(machine);
        Optional<Path> file = library(machine, search);
        if (file.isEmpty()) {
            return;
        }
        try {
            NativeFile.load(file.get(), machine.windows());
        } catch (IllegalCallerException e) {
            throw new RefusedException(Trouble.NATIVE_ACCESS.because(e, JcudaNatives.text(e)));
        } catch (UnsatisfiedLinkError | IOException e) {
            throw new RefusedException(Trouble.BROKEN_DRIVER.because(e, file.get(), JcudaNatives.text(e)));
        }
    }

    private static Optional<Path> library(Machine machine, LibrarySearch search) {
        String name = libraryName(machine);
        Optional<Path> named = first(search.named().stream().map(SearchFolder::path), name);
        if (named.isPresent() || machine.windows()) {
            return named;
        }
        boolean linkersOwn =
                first(search.linkers().stream().map(SearchFolder::path), name).isPresent();
        return linkersOwn ? Optional.empty() : first(FOLDERS.stream().map(machine::at), name);
    }

    private static Optional<Path> first(Stream<Path> folders, String name) {
        return folders.map(folder -> folder.resolve(name))
                .filter(Files::isRegularFile)
                .findFirst();
    }

    /**
     * Asks JCuda's runtime, which loads on any machine, whether there is a GPU and a driver for it.
     *
     * @throws RefusedException if there is none
     */
    static void requireDevice(Machine machine) throws RefusedException {
        int[] count = {0};
        int error = JCuda.cudaGetDeviceCount(count);
        if (error == cudaError.cudaSuccess && count[0] > 0) {
            return;
        }
        throw new RefusedException(
                switch (error) {
                    case cudaError.cudaSuccess, cudaError.cudaErrorNoDevice -> {
                        String visible = machine.env().get("CUDA_VISIBLE_DEVICES");
                        yield Trouble.NO_DEVICE.because(null, visible == null ? "not set" : "'" + visible + "'");
                    }
                    case cudaError.cudaErrorInsufficientDriver -> {
                        int[] version = {0};
                        JCuda.cudaDriverGetVersion(version);
                        yield version[0] == 0
                                ? Trouble.NO_DRIVER.because(null, libraryName(machine))
                                : Trouble.OLD_DRIVER.because(null, text(version[0]));
                    }
                    case cudaError.cudaErrorStubLibrary -> Trouble.STUB_DRIVER.because(null);
                    case cudaError.cudaErrorSystemNotReady -> Trouble.NOT_READY.because(null);
                    case cudaError.cudaErrorSystemDriverMismatch -> Trouble.DRIVER_MISMATCH.because(null);
                    default ->
                        Trouble.DRIVER_ANSWERED.because(
                                null, cudaError.stringFor(error) + " (" + error + ")", "the question for its GPUs");
                });
    }

    /**
     * What the driver says of itself. JCuda's class for it has to be loaded.
     *
     * @throws RefusedException if it answers with an error
     */
    static Driver ask() throws RefusedException {
        check(JCudaDriver.cuInit(0), "cuInit");
        int[] number = {0};
        check(JCudaDriver.cuDriverGetVersion(number), "cuDriverGetVersion");
        int version = number[0];
        check(JCudaDriver.cuDeviceGetCount(number), "cuDeviceGetCount");
        int count = number[0];
        if (count == 0) {
            check(CUresult.CUDA_ERROR_NO_DEVICE, "cuDeviceGetCount");
        }
        List<GpuDevice> devices = new ArrayList<>();
        for (int ordinal = 0; ordinal < count; ordinal++) {
            devices.add(device(ordinal));
        }
        return new Driver(version, List.copyOf(devices));
    }

    private static GpuDevice device(int ordinal) throws RefusedException {
        CUdevice device = new CUdevice();
        check(JCudaDriver.cuDeviceGet(device, ordinal), "cuDeviceGet");
        byte[] name = new byte[NAME_BYTES];
        check(JCudaDriver.cuDeviceGetName(name, name.length, device), "cuDeviceGetName");
        CUuuid uuid = new CUuuid();
        check(JCudaDriver.cuDeviceGetUuid(uuid, device), "cuDeviceGetUuid");
        long[] memory = {0};
        check(JCudaDriver.cuDeviceTotalMem(memory, device), "cuDeviceTotalMem");
        return new GpuDevice(
                ordinal,
                text(name),
                text(uuid),
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
                memory[0]);
    }

    private static int attribute(CUdevice device, int attribute) throws RefusedException {
        int[] value = {0};
        check(JCudaDriver.cuDeviceGetAttribute(value, attribute, device), "cuDeviceGetAttribute");
        return value[0];
    }

    /** A C string. */
    private static String text(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        int end = text.indexOf('\0');
        return (end < 0 ? text : text.substring(0, end)).strip();
    }

    private static String text(CUuuid uuid) {
        String hex = HexFormat.of().formatHex(uuid.bytes);
        return "GPU-" + hex.replaceFirst("(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5");
    }

    private static void check(int result, String call) throws RefusedException {
        if (result != CUresult.CUDA_SUCCESS) {
            throw new RefusedException(
                    Trouble.DRIVER_ANSWERED.because(null, CUresult.stringFor(result) + " (" + result + ")", call));
        }
    }
}
