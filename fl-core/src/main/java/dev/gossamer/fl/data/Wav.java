package dev.gossamer.fl.data;

import static dev.gossamer.fl.data.DataFile.AGAIN;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** WAV files of 16-bit PCM, one channel, 16 kHz. Every fault is a {@link DataException} that names the file. */
final class Wav {

    static final int SAMPLE_RATE = 16_000;

    private static final int RIFF = fourCc("RIFF");
    private static final int WAVE = fourCc("WAVE");
    private static final int FORMAT = fourCc("fmt ");
    private static final int DATA = fourCc("data");
    private static final int PCM = 1;

    private Wav() {}

    /**
     * The samples of a file.
     *
     * @param file its content
     * @param name for errors
     */
    static short[] samples(byte[] file, String name) {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        if (file.length < 12 || bytes.getInt(0) != RIFF || bytes.getInt(8) != WAVE) {
            throw new DataException(name + ": is no WAV file, it does not start with RIFF and WAVE" + AGAIN);
        }
        boolean known = false;
        long at = 12;
        while (at + 8 <= file.length) {
            int chunk = bytes.getInt((int) at);
            long size = Integer.toUnsignedLong(bytes.getInt((int) at + 4));
            int body = (int) at + 8;
            if (chunk == FORMAT) {
                checkFormat(bytes, body, size, name);
                known = true;
            } else if (chunk == DATA && known) {
                return samples(bytes, body, size, name);
            }
            // Chunks start at even offsets.
            at = body + size + (size & 1);
        }
        throw new DataException(name + ": ends before its samples: the file was cut off" + AGAIN);
    }

    private static void checkFormat(ByteBuffer bytes, int body, long size, String name) {
        if (size < 16 || body + 16 > bytes.limit()) {
            throw new DataException(name + ": ends within its header" + AGAIN);
        }
        int encoding = Short.toUnsignedInt(bytes.getShort(body));
        int channels = Short.toUnsignedInt(bytes.getShort(body + 2));
        int rate = bytes.getInt(body + 4);
        int bits = Short.toUnsignedInt(bytes.getShort(body + 14));
        if (encoding != PCM || channels != 1 || rate != SAMPLE_RATE || bits != 16) {
            throw new DataException(name + ": is " + (encoding == PCM ? "PCM" : "of encoding " + encoding) + " of "
                    + channels + (channels == 1 ? " channel, " : " channels, ") + Integer.toUnsignedString(rate)
                    + " Hz, "
                    + bits + " bits, but must be PCM of 1 channel, " + SAMPLE_RATE
                    + " Hz, 16 bits. Convert it, or take it away");
        }
    }

    private static short[] samples(ByteBuffer bytes, int body, long size, String name) {
        if (size == 0 || size % 2 != 0) {
            throw new DataException(name + ": its header announces " + size
                    + " bytes of samples, which are not one or more samples of 2 bytes" + AGAIN);
        }
        if (size > bytes.limit() - body) {
            throw new DataException(name + ": its header announces " + size + " bytes of samples, but there are only "
                    + (bytes.limit() - body) + ": the file was cut off" + AGAIN);
        }
        short[] samples = new short[(int) size / 2];
        bytes.slice(body, (int) size)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asShortBuffer()
                .get(samples);
        return samples;
    }

    /** As read by a little-endian buffer. */
    private static int fourCc(String name) {
        return name.charAt(0) | name.charAt(1) << 8 | name.charAt(2) << 16 | name.charAt(3) << 24;
    }
}
