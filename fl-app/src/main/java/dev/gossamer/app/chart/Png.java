package dev.gossamer.app.chart;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** Writes PNG, 8 bits for each of red, green and blue (W3C, Portable Network Graphics, third edition). */
final class Png {

    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

    private static final int BITS = 8;
    private static final int TRUECOLOUR = 2;

    /** Bytes as they are: charts come out a fifth smaller than as differences from the row above. */
    private static final int NO_FILTER = 0;

    private Png() {}

    /**
     * Writes a picture.
     *
     * @param rgb of the pixels, row by row from the top
     * @param dotsPerMetre for whoever prints it
     */
    static void write(OutputStream out, int[] rgb, int width, int height, int dotsPerMetre) throws IOException {
        out.write(SIGNATURE);
        chunk(out, "IHDR", header -> {
            header.writeInt(width);
            header.writeInt(height);
            header.write(new byte[] {BITS, TRUECOLOUR, 0, 0, 0});
        });
        chunk(out, "pHYs", size -> {
            size.writeInt(dotsPerMetre);
            size.writeInt(dotsPerMetre);
            size.writeByte(1);
        });
        chunk(out, "IDAT", data -> {
            Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION);
            try (OutputStream packed = new DeflaterOutputStream(data, deflater)) {
                rows(packed, rgb, width, height);
            } finally {
                deflater.end();
            }
        });
        chunk(out, "IEND", nothing -> {});
    }

    private static void rows(OutputStream out, int[] rgb, int width, int height) throws IOException {
        byte[] row = new byte[3 * width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int pixel = rgb[y * width + x];
                row[3 * x] = (byte) (pixel >> 16);
                row[3 * x + 1] = (byte) (pixel >> 8);
                row[3 * x + 2] = (byte) pixel;
            }
            out.write(NO_FILTER);
            out.write(row);
        }
    }

    /** Writes the content of a chunk. */
    private interface Content {
        void writeTo(DataOutputStream out) throws IOException;
    }

    private static void chunk(OutputStream out, String type, Content content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream typed = new DataOutputStream(bytes);
        typed.write(type.getBytes(StandardCharsets.US_ASCII));
        content.writeTo(typed);
        CRC32 crc = new CRC32();
        crc.update(bytes.toByteArray());
        DataOutputStream whole = new DataOutputStream(out);
        whole.writeInt(bytes.size() - type.length());
        bytes.writeTo(whole);
        whole.writeInt((int) crc.getValue());
        whole.flush();
    }
}
