package dev.gossamer.fl;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Damages files at random, and watches over those who read them: what they throw, how long they take, what they allocate.
 * {@code -Dgossamer.fuzz.messages} for as many, {@code -Dgossamer.fuzz.seed} for others.
 */
public final class FileFuzz {

    public static final int FILES = Integer.getInteger("gossamer.fuzz.messages", 10_000);

    private static final long SEED = Long.getLong("gossamer.fuzz.seed", 1);
    /** Buffers for several files, what classes take when they are used first, and many times the size of any file here. */
    private static final long MAX_ALLOCATION = 8 << 20;

    private static final long MAX_NANOS = 10_000_000_000L;
    /** Headers are at the start of a file or, in archives, at the end, and are a small part of it. */
    private static final int EDGE = 96;

    private static final long[] EXTREMES = {
        0,
        1,
        2,
        3,
        7,
        8,
        27,
        29,
        31,
        127,
        128,
        255,
        256,
        0x7FFF,
        0xFFFF,
        0x10000,
        1 << 24,
        1 << 30,
        Integer.MAX_VALUE - 8,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        0xFFFF_FFFFL,
        1L << 32,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -1,
        -2
    };
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final SplittableRandom random = new SplittableRandom(SEED);

    /** For other choices of a test, so that its seed repeats them. */
    public SplittableRandom random() {
        return random;
    }

    /**
     * Reads a file, and fails unless it is refused as documented or accepted, at once and without much memory.
     *
     * @param refusal what the reader may throw
     * @param named what the message of that has to tell, the file
     * @param reader reads and checks what it read
     * @return whether it is accepted
     */
    public static boolean isAccepted(
            int index, byte[] file, Class<? extends Exception> refusal, String named, Callable<?> reader) {
        long allocated = THREADS.getCurrentThreadAllocatedBytes();
        long start = System.nanoTime();
        boolean accepted = true;
        try {
            reader.call();
        } catch (Exception | Error e) {
            if (!refusal.isInstance(e) || !String.valueOf(e.getMessage()).contains(named)) {
                throw failure(index, file, "escaped", e);
            }
            accepted = false;
        }
        long nanos = System.nanoTime() - start;
        allocated = THREADS.getCurrentThreadAllocatedBytes() - allocated;
        if (nanos > MAX_NANOS || allocated > MAX_ALLOCATION) {
            throw failure(index, file, allocated + " bytes allocated, " + nanos + " ns", null);
        }
        return accepted;
    }

    private static AssertionError failure(int index, byte[] file, String what, @Nullable Throwable cause) {
        return new AssertionError(
                "Seed " + SEED + ", file " + index + " " + HexFormat.of().formatHex(file) + ": " + what, cause);
    }

    // ---- damage
    // ------------------------------------------------------------------------------------------------------

    /** A copy with one to three damages. */
    public byte[] damaged(byte[] good) {
        byte[] bad = good.clone();
        for (int damages = random.nextInt(1, 4); damages > 0; damages--) {
            bad = bad.length < Long.BYTES ? good.clone() : damage(bad);
        }
        return bad;
    }

    private byte[] damage(byte[] file) {
        int at = place(file.length);
        switch (random.nextInt(10)) {
            case 0, 1 -> file[at] ^= (byte) (1 << random.nextInt(8));
            case 2 -> file[at] = (byte) random.nextInt();
            case 3 -> file[at] = (byte) extreme();
            case 4 -> ordered(file).putShort(aligned(file, at, Short.BYTES), (short) extreme());
            case 5 -> ordered(file).putInt(aligned(file, at, Integer.BYTES), (int) extreme());
            case 6 -> ordered(file).putLong(aligned(file, at, Long.BYTES), extreme());
            case 7 -> {
                return random.nextInt(4) == 0
                        ? Arrays.copyOf(file, at)
                        : joined(file, at, file, Math.min(file.length, at + random.nextInt(1, 9)));
            }
            case 8 -> {
                byte[] more = new byte[random.nextInt(1, 20)];
                random.nextBytes(more);
                return random.nextInt(2) == 0
                        ? joined(file, file.length, more, 0)
                        : joined(joined(file, at, more, 0), at + more.length, file, at);
            }
            default -> {
                return copied(file, at);
            }
        }
        return file;
    }

    /** A range once more, over what was there, between, or at the end. */
    private byte[] copied(byte[] file, int at) {
        int from = place(file.length);
        byte[] range = Arrays.copyOfRange(file, from, Math.min(file.length, from + random.nextInt(1, 200)));
        return switch (random.nextInt(3)) {
            case 0 -> {
                System.arraycopy(range, 0, file, at, Math.min(range.length, file.length - at));
                yield file;
            }
            case 1 -> joined(joined(file, at, range, 0), at + range.length, file, at);
            default -> joined(file, file.length, range, 0);
        };
    }

    private int place(int length) {
        return switch (random.nextInt(4)) {
            case 0, 1 -> random.nextInt(Math.min(EDGE, length));
            case 2 -> length - 1 - random.nextInt(Math.min(EDGE, length));
            default -> random.nextInt(length);
        };
    }

    private long extreme() {
        return EXTREMES[random.nextInt(EXTREMES.length)];
    }

    private static int aligned(byte[] file, int at, int bytes) {
        return Math.min(at, file.length - bytes) / bytes * bytes;
    }

    private ByteBuffer ordered(byte[] file) {
        return ByteBuffer.wrap(file).order(random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    }

    /** The start of one file and the end of another. */
    private static byte[] joined(byte[] head, int to, byte[] tail, int from) {
        byte[] all = Arrays.copyOf(head, to + tail.length - from);
        System.arraycopy(tail, from, all, to, tail.length - from);
        return all;
    }

    /** A copy that is damaged, and compressed before or after that: the compression's checksum hides nothing then. */
    public byte[] damagedGzip(byte[] good) throws IOException {
        return random.nextBoolean() ? gzip(damaged(good)) : damaged(gzip(good));
    }

    public static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }
}
