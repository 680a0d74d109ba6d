package dev.gossamer.cuda;

import dev.gossamer.cuda.device.DeviceBuffer;
import dev.gossamer.engine.Role;
import dev.gossamer.engine.Values;

/** Values of a space in one role; the buffer changes when the space is repatterned, the handle does not. */
final class CudaValues implements Values {

    final CudaSpace space;
    private final Role role;
    private DeviceBuffer data;

    CudaValues(CudaSpace space, Role role, DeviceBuffer data) {
        this.space = space;
        this.role = role;
        this.data = data;
    }

    /** {@code space.count()} floats. */
    DeviceBuffer data() {
        return data;
    }

    void data(DeviceBuffer next) {
        data = next;
    }

    @Override
    public CudaSpace space() {
        return space;
    }

    @Override
    public Role role() {
        return role;
    }

    @Override
    public Object owner() {
        return space.owner();
    }
}
