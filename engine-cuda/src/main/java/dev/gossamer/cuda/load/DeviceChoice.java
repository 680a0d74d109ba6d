package dev.gossamer.cuda.load;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Which GPU: the first, or the one that {@code -Dgossamer.cuda.device=INDEX|UUID} names. */
final class DeviceChoice {

    /** Property that names the GPU. */
    static final String PROPERTY = "gossamer.cuda.device";

    private static final String UUID = "(gpu-)?\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}";

    private DeviceChoice() {}

    /**
     * The GPU asked for.
     *
     * @param asked the property's text; empty is the first GPU
     * @param devices at least one
     * @throws RefusedException if it asks for none of them
     */
    static GpuDevice of(String asked, List<GpuDevice> devices) throws RefusedException {
        String wanted = asked.strip().toLowerCase(Locale.ROOT);
        if (wanted.isEmpty()) {
            return devices.getFirst();
        }
        boolean index = wanted.matches("\\d+");
        if (!index && !wanted.matches(UUID)) {
            throw new RefusedException(Trouble.BAD_DEVICE.because(null, asked, list(devices)));
        }
        String uuid = wanted.startsWith("gpu-") ? wanted : "gpu-" + wanted;
        for (GpuDevice device : devices) {
            boolean same = index
                    ? wanted.replaceFirst("^0+(?=.)", "").equals(Integer.toString(device.ordinal()))
                    : device.uuid().toLowerCase(Locale.ROOT).equals(uuid);
            if (same) {
                return device;
            }
        }
        throw new RefusedException(Trouble.NO_SUCH_DEVICE.because(null, asked, list(devices)));
    }

    private static String list(List<GpuDevice> devices) {
        return devices.stream()
                .map(device -> device.ordinal() + " = " + device.uuid() + " " + device.name())
                .collect(Collectors.joining(", "));
    }
}
