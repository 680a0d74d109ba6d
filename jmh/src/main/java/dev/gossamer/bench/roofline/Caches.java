package dev.gossamer.bench.roofline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Sizes of the data caches in bytes, as Linux tells them; elsewhere, or where one is not told, usual sizes of a server.
 *
 * @param l1 of a core
 * @param l2 of a core, or of the few cores that share it
 * @param l3 of all cores; 0 where there is none
 * @param told whether they are this machine's, not the usual ones, as on virtual machines that hide theirs
 */
public record Caches(long l1, long l2, long l3, boolean told) {

    private static final Caches USUAL = new Caches(32 << 10, 1 << 20, 32 << 20, false);

    /** Of this machine. */
    public static Caches ofThisMachine() {
        return of(Path.of("/sys/devices/system/cpu/cpu0/cache"));
    }

    static Caches of(Path folder) {
        long[] sizes = new long[4];
        for (int index = 0; index < 8; index++) {
            Path cache = folder.resolve("index" + index);
            if (Files.isReadable(cache)) {
                read(cache, sizes);
            }
        }
        return sizes[1] == 0 || sizes[2] == 0 ? USUAL : new Caches(sizes[1], sizes[2], sizes[3], true);
    }

    /** For people, with a remark where they are but supposed. */
    @Override
    public String toString() {
        return String.format(
                "L1d %d KiB, L2 %d KiB, L3 %d KiB%s",
                l1 >> 10, l2 >> 10, l3 >> 10, told ? "" : " (supposed: the system does not tell)");
    }

    private static void read(Path cache, long[] sizes) {
        try {
            int level = Integer.parseInt(text(cache, "level"));
            if (level < sizes.length && !text(cache, "type").equals("Instruction")) {
                sizes[level] = bytes(text(cache, "size"));
            }
        } catch (IOException | NumberFormatException e) {
            System.getLogger(Caches.class.getName()).log(System.Logger.Level.DEBUG, "Not told: " + cache, e);
        }
    }

    private static String text(Path cache, String fact) throws IOException {
        return Files.readString(cache.resolve(fact)).strip();
    }

    private static long bytes(String text) {
        long unit = text.endsWith("K") ? 1 << 10 : text.endsWith("M") ? 1 << 20 : 1;
        return unit * Long.parseLong(unit == 1 ? text : text.substring(0, text.length() - 1));
    }
}
