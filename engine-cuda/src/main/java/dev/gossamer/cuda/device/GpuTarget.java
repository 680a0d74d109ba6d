package dev.gossamer.cuda.device;

/**
 * What kernels are made for.
 *
 * @param major compute capability of the device, before the dot
 * @param minor and after
 * @param driver the newest CUDA that the driver runs, as cuDriverGetVersion says it: 13000 is 13.0
 */
public record GpuTarget(int major, int minor, int driver) {

    /** The architecture of the H100. */
    public static final int HOPPER = 90;

    public GpuTarget {
        if (major < 1 || minor < 0 || minor > 9 || driver < 1000) {
            throw new IllegalArgumentException(
                    "no GPU has compute capability " + major + "." + minor + " and a driver of CUDA " + driver);
        }
    }

    /** 90 for compute capability 9.0. */
    int architecture() {
        return 10 * major + minor;
    }

    /** Of the driver's CUDA. */
    CudaVersion cuda() {
        return new CudaVersion(driver / 1000, driver % 1000 / 10);
    }

    @Override
    public String toString() {
        return "sm_" + architecture() + " with a driver of CUDA " + cuda();
    }
}
