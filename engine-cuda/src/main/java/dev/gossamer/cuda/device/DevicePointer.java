package dev.gossamer.cuda.device;

import jcuda.driver.CUdeviceptr;

/** A device address as JCuda takes it, and the address that JCuda wrote into one. */
final class DevicePointer extends CUdeviceptr {

    /** Null; allocating calls fill it in. */
    DevicePointer() {}

    DevicePointer(long address) {
        super(new CUdeviceptr(), address);
    }

    long address() {
        return getNativePointer() + getByteOffset();
    }
}
