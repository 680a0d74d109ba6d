package dev.gossamer.engine.sparse;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 over rows, cols, rowPtr and colIdx as little-endian ints, cut to 128 bits. */
final class PatternDigest {

    private static final int DIGEST_BYTES = 16;
    private static final int CHUNK_INTS = 4096;

    private PatternDigest() {}

    static String of(int rows, int cols, int[] rowPtr, int[] colIdx) {
        MessageDigest sha = sha256();
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_INTS * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        update(sha, chunk, new int[] {rows, cols});
        update(sha, chunk, rowPtr);
        update(sha, chunk, colIdx);
        return HexFormat.of().formatHex(sha.digest(), 0, DIGEST_BYTES);
    }

    private static void update(MessageDigest sha, ByteBuffer chunk, int[] ints) {
        for (int from = 0; from < ints.length; from += CHUNK_INTS) {
            int count = Math.min(CHUNK_INTS, ints.length - from);
            chunk.clear().asIntBuffer().put(ints, from, count);
            sha.update(chunk.limit(count * Integer.BYTES));
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
