package dev.gossamer.cuda.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.gossamer.engine.Availability.Unavailable;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceChoiceTest {

    private static final List<GpuDevice> FOUR = List.of(
            new GpuDevice(0, "NVIDIA H200", "GPU-0f5c2a4e-1111-2222-3333-0123456789ab", 9, 0, 150L << 30),
            new GpuDevice(1, "NVIDIA L4", "GPU-0f5c2a4e-1111-2222-3333-0123456789ac", 8, 9, 24L << 30),
            new GpuDevice(2, "NVIDIA H200", "GPU-0f5c2a4e-1111-2222-3333-0123456789ad", 9, 0, 150L << 30),
            new GpuDevice(3, "NVIDIA L4", "GPU-0f5c2a4e-1111-2222-3333-0123456789ae", 8, 9, 24L << 30));

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "1, 1",
        "' 1 ', 1",
        "01, 1",
        "GPU-0f5c2a4e-1111-2222-3333-0123456789ac, 1",
        "gpu-0F5C2A4E-1111-2222-3333-0123456789AC, 1",
        "0f5c2a4e-1111-2222-3333-0123456789ab, 0",
        "'2,0', 2 0",
        "'3, GPU-0f5c2a4e-1111-2222-3333-0123456789ac', 3 1",
        "'0,0,00', 0",
    })
    void indexAndUuidChoose(String asked, String ordinals) throws RefusedException {
        assertThat(chosen(asked)).isEqualTo(ordinals);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " "})
    void whereNoneIsNamedItIsTheFirstWithThoseLikeIt(String asked) throws RefusedException {
        assertThat(chosen(asked)).isEqualTo("0 2");
    }

    private static String chosen(String asked) throws RefusedException {
        return DeviceChoice.of(asked, FOUR).stream()
                .map(device -> String.valueOf(device.ordinal()))
                .collect(Collectors.joining(" "));
    }

    @Test
    void unlikeOnesAreRefused() {
        assertThat(refused("0,1").reason()).contains("gossamer.cuda.device is '0,1'", "not of one kind");
        assertThat(refused("0,1").remedy()).contains("0 = GPU-", "1 = GPU-");
    }

    private static Unavailable refused(String asked) {
        return catchThrowableOfType(RefusedException.class, () -> DeviceChoice.of(asked, FOUR))
                .why();
    }

    @ParameterizedTest
    @ValueSource(strings = {"4", "99999999999999999999", "GPU-0f5c2a4e-1111-2222-3333-0123456789af", "0,7"})
    void whatIsNotThereIsAnsweredWithWhatIs(String asked) {
        assertThat(refused(asked).reason()).contains("gossamer.cuda.device is '" + asked + "'", "no such GPU here");
        assertThat(refused(asked).remedy())
                .contains(
                        "0 = GPU-0f5c2a4e-1111-2222-3333-0123456789ab NVIDIA H200",
                        "1 = GPU-0f5c2a4e-1111-2222-3333-0123456789ac NVIDIA L4");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "first", "1.0", "GPU-0f5c2a4e", "GPU-", "0,", ",", "0;2", "0x1"})
    void whatIsNeitherIndexNorUuidIsRefused(String asked) {
        assertThat(refused(asked).reason()).contains("'" + asked + "'", "neither an index nor a UUID");
        assertThat(refused(asked).remedy()).contains("nvidia-smi -L", "NVIDIA H200", "NVIDIA L4");
    }

    @Test
    void aDeviceDescribesItself() {
        assertThat(FOUR.getFirst().describe()).isEqualTo("NVIDIA H200 (GPU 0, compute capability 9.0, 150 GiB)");
    }
}
