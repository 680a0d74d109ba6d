package dev.gossamer.cuda.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

@SuppressWarnings("restricted")
class HostPointerTest {

    private static final long GIB = 1L << 30;

    /** Nothing lies at the address, and nothing reads it. */
    @Test
    void reachesBeyondTwoGibibytesWithoutACopy() {
        MemorySegment large = MemorySegment.ofAddress(0x7000_0000_0000L).reinterpret(5 * GIB);
        assertThat(NativeHandles.of(new HostPointer(large))).isEqualTo(large.address());
        MemorySegment late = large.asSlice(3 * GIB + 64);
        assertThat(NativeHandles.of(new HostPointer(late))).isEqualTo(large.address() + 3 * GIB + 64);
    }

    @Test
    void readsWhereTheSegmentLies() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment floats = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3.5f);
            long address = NativeHandles.of(new HostPointer(floats.asSlice(8)));
            assertThat(MemorySegment.ofAddress(address).reinterpret(4).get(ValueLayout.JAVA_FLOAT, 0))
                    .isEqualTo(3.5f);
        }
    }

    @Test
    void refusesMemoryOfTheHeapWhichMoves() {
        assertThatThrownBy(() -> new HostPointer(MemorySegment.ofArray(new float[4])))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("off-heap");
    }

    @Test
    void keepsDeviceAddressesApartFromTheirOffsets() {
        DevicePointer pointer = new DevicePointer(0x7_0000_0000L);
        assertThat(pointer.address()).isEqualTo(0x7_0000_0000L);
        assertThat(new DevicePointer().address()).isZero();
    }
}
