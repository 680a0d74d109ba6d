package dev.gossamer.cuda.device;

import jcuda.driver.JCudaDriver;

/** What the driver says of the memory of the device that is current on this thread. */
public final class DeviceMemory {

    private DeviceMemory() {}

    /** Bytes in use, by whomever, the reserves of pools included. */
    public static long usedBytes() {
        long[] free = {0};
        long[] total = {0};
        Check.driver(JCudaDriver.cuMemGetInfo(free, total), "asking for the GPU's free memory");
        return total[0] - free[0];
    }
}
