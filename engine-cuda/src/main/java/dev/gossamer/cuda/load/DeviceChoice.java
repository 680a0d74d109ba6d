package dev.gossamer.cuda.load;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which GPUs: the first and those like it, or the ones that {@code -Dgossamer.cuda.device=INDEX|UUID,...} names. They are of
 * one kind, so that no result depends on which of them computed it.
 */
final class DeviceChoice {

    /** Property that names the GPUs. */
    static final String PROPERTY = "gossamer.cuda.device";

    private static final String UUID = "(gpu-)?\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}";

    private DeviceChoice() {}

    /**
     * The GPUs asked for, at least one, in the order in which they are taken.
     *
     * @param asked the property's text; empty for the first GPU and those like it
     * @param devices at least one
     * @throws RefusedException if it asks for one that is not among them, or for several kinds
     */
    static List<GpuDevice> of(String asked, List<GpuDevice> devices) throws RefusedException {
        if (asked.isBlank()) {
            GpuDevice first = devices.getFirst();
            return devices.stream().filter(first::isLike).toList();
        }
        Set<GpuDevice> chosen = new LinkedHashSet<>();
        for (String one : asked.split(",", -1)) {
            chosen.add(one(one.strip().toLowerCase(Locale.ROOT), asked, devices));
        }
        List<GpuDevice> inOrder = List.copyOf(chosen);
        if (!inOrder.stream().allMatch(inOrder.getFirst()::isLike)) {
            throw new RefusedException(Trouble.UNLIKE_DEVICES.because(null, asked, list(devices)));
        }
        return inOrder;
    }

    private static GpuDevice one(String wanted, String asked, List<GpuDevice> devices) throws RefusedException {
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
