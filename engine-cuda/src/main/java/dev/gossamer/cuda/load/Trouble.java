package dev.gossamer.cuda.load;

import dev.gossamer.engine.Availability.Unavailable;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can keep the backend {@code cuda}, or one library of it, from running, with what to do about it.
 * {@code docs/gpu.md} shows the same texts in its table; a test compares them.
 */
enum Trouble {
    PLATFORM(
            "CUDA runs on Linux x86-64 and Windows x86-64 only, and this is %s",
            "JCuda has native libraries for these two alone. Use the backend cpu-vector here."),
    NO_JCUDA(
            "JCuda is not on the class path (no class %s)",
            "Put the jars jcuda, jcublas and jcusparse on the class path beside engine-cuda, in the version that its"
                    + " pom.xml names. Until then, use the backend cpu-vector."),
    NO_NATIVES(
            "JCuda's native library %s is not on the class path",
            "Put the jars jcuda-natives, jcublas-natives and jcusparse-natives on the class path, with the classifier of"
                    + " this platform (linux-x86_64 or windows-x86_64), or their files on -Djava.library.path. Until then,"
                    + " use the backend cpu-vector."),
    NATIVE_ACCESS(
            "this JVM denies native access to Gossamer (%s)",
            "Start it with --enable-native-access=ALL-UNNAMED, or without --illegal-native-access=deny. Until then, use the"
                    + " backend cpu-vector."),
    NO_ROOM(
            "JCuda's native library %s cannot be unpacked: %s",
            "Make room in the folder for temporary files, or name another with -Djava.io.tmpdir=FOLDER. Until then, use the"
                    + " backend cpu-vector."),
    BROKEN_NATIVES(
            "JCuda's native library %s cannot be loaded: %s",
            "It takes glibc 2.17 or newer, and a folder for temporary files from which libraries may be loaded: where that"
                    + " one is mounted noexec, name another with -Djava.io.tmpdir=FOLDER. Until then, use the backend"
                    + " cpu-vector."),
    NO_DRIVER(
            "no NVIDIA driver found on this machine (no %s)",
            "Install the driver of your NVIDIA GPU (https://www.nvidia.com/drivers) until `nvidia-smi` lists the GPU; in a"
                    + " container, start it with the GPUs (docker run --gpus all). Until then, use the backend cpu-vector."),
    OLD_DRIVER(
            "the NVIDIA driver is too old: it knows CUDA %s, and 12.0 is the least",
            "Install driver 525 or newer (https://www.nvidia.com/drivers). Until then, use the backend cpu-vector."),
    BROKEN_DRIVER(
            "the NVIDIA driver's library %s cannot be loaded: %s",
            "Install the driver again (https://www.nvidia.com/drivers). Until then, use the backend cpu-vector."),
    STUB_DRIVER(
            "libcuda.so.1 is the CUDA toolkit's stub for linking, not a driver",
            "Take the toolkit's folder `stubs` out of LD_LIBRARY_PATH. Until then, use the backend cpu-vector."),
    NO_DEVICE(
            "an NVIDIA driver is here, but no GPU that it can use",
            "See whether `nvidia-smi` lists one. CUDA_VISIBLE_DEVICES may hide it (%s); a container has to be started with"
                    + " the GPUs (docker run --gpus all). Until then, use the backend cpu-vector."),
    NOT_READY(
            "the NVIDIA driver is not ready (cudaErrorSystemNotReady)",
            "Start what the GPUs of this machine need before programs may use them: on systems with NVSwitch the service"
                    + " nvidia-fabricmanager, in the driver's version. Until then, use the backend cpu-vector."),
    DRIVER_MISMATCH(
            "the NVIDIA driver's library and its kernel module differ in version (cudaErrorSystemDriverMismatch)",
            "Reboot, or reload the kernel module: the driver was updated while it ran. Until then, use the backend"
                    + " cpu-vector."),
    DRIVER_ANSWERED(
            "the NVIDIA driver answered %s to %s",
            "See whether `nvidia-smi` works; a reboot often helps. Until then, use the backend cpu-vector."),
    BAD_DEVICE(
            "gossamer.cuda.device is '%s', which is neither an index nor a UUID, nor several with commas between",
            "Take an index from 0, or a UUID as `nvidia-smi -L` prints it (GPU-...). Here: %s."),
    NO_SUCH_DEVICE(
            "gossamer.cuda.device is '%s', and there is no such GPU here",
            "Take one of these: %s. CUDA_VISIBLE_DEVICES renumbers and hides GPUs."),
    UNLIKE_DEVICES(
            "gossamer.cuda.device is '%s', and these GPUs are not of one kind",
            "Name GPUs of one kind, as results must not depend on which of them computed them. Here: %s."),
    NO_LIBRARY(
            "%s was not found: no %s in %s",
            "Install the CUDA 12 or 13 toolkit, or the Python wheels nvidia-cublas, nvidia-cusparse, nvidia-cuda-nvrtc and"
                    + " nvidia-nvjitlink; if it is there, name its folders with -Dgossamer.cuda.libraries=FOLDER:FOLDER."),
    NEW_LIBRARY(
            "%s is for CUDA %s (%s), and the driver knows CUDA %s",
            "Update the driver (https://www.nvidia.com/drivers), or install the library for CUDA 12 and name its folder"
                    + " with -Dgossamer.cuda.libraries=FOLDER."),
    BROKEN_LIBRARY(
            "%s (%s) cannot be loaded: %s",
            "Install it again, or name the folder of another with -Dgossamer.cuda.libraries=FOLDER.");

    private final String reason;
    private final String remedy;

    Trouble(String reason, String remedy) {
        this.reason = reason;
        this.remedy = remedy;
    }

    /**
     * The refusal.
     *
     * @param details what the texts leave open, those of the reason first
     */
    Unavailable because(@Nullable Throwable cause, Object... details) {
        int ofReason = count(reason);
        if (details.length != ofReason + count(remedy)) {
            throw new IllegalArgumentException(name() + " takes other details: " + details.length);
        }
        Object[] ofRemedy = Arrays.copyOfRange(details, ofReason, details.length);
        return new Unavailable(reason.formatted(details), remedy.formatted(ofRemedy), cause, isSetting());
    }

    private boolean isSetting() {
        return this == BAD_DEVICE || this == NO_SUCH_DEVICE || this == UNLIKE_DEVICES;
    }

    /** How many details the texts leave open. */
    int details() {
        return count(reason) + count(remedy);
    }

    private static int count(String text) {
        return text.split("%s", -1).length - 1;
    }
}
