package dev.gossamer.engine.io;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Words and lines of a text file, read as a stream and without holding a line: one line of an smtx file may be longer than
 * an array. Blanks are space, tab and carriage return, so that CRLF files read like others. Compressed files are recognised
 * by the two magic bytes of gzip, whatever their name.
 */
final class TextInput implements AutoCloseable {

    private static final int BUFFER_BYTES = 1 << 16;
    private static final int MAX_WORD = 256;
    private static final int GZIP_MAGIC_0 = 0x1f;
    private static final int GZIP_MAGIC_1 = 0x8b;

    private final String name;
    private final InputStream in;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private final byte[] word = new byte[MAX_WORD];
    private int at;
    private int limit;
    private long line = 1;
    private boolean lineHasBytes;

    private TextInput(InputStream in, String name) {
        this.in = in;
        this.name = name;
    }

    static TextInput open(Path file) throws IOException {
        String name = file.toString();
        if (Files.isDirectory(file)) {
            throw new MatrixFileException(name, "is a folder", "name a file in it", new IOException("is a folder"));
        }
        InputStream raw;
        try {
            raw = Files.newInputStream(file);
        } catch (NoSuchFileException e) {
            throw new MatrixFileException(name, "no such file", "check the path", e);
        } catch (IOException e) {
            throw new MatrixFileException(name, "cannot be opened (" + e + ")", "check its permissions", e);
        }
        try {
            return open(raw, name);
        } catch (IOException e) {
            raw.close();
            throw e;
        }
    }

    /** The stream is closed with this input. */
    static TextInput open(InputStream raw, String name) throws IOException {
        PushbackInputStream peeked = new PushbackInputStream(raw, 2);
        byte[] magic = peeked.readNBytes(2);
        peeked.unread(magic);
        boolean gzip = magic.length == 2 && (magic[0] & 0xff) == GZIP_MAGIC_0 && (magic[1] & 0xff) == GZIP_MAGIC_1;
        try {
            return new TextInput(gzip ? new GZIPInputStream(peeked, BUFFER_BYTES) : peeked, name);
        } catch (ZipException | EOFException e) {
            throw new MatrixFileException(
                    name, "is not a whole gzip file (" + e.getMessage() + ")", "fetch it again", e);
        }
    }

    /** The current line, from 1: that of the next byte, or the last line with bytes at the end of the file. */
    long line() {
        return !lineHasBytes && line > 1 && limit < 0 ? line - 1 : line;
    }

    MatrixFileException error(String problem, String remedy) {
        return errorAt(line(), problem, remedy);
    }

    MatrixFileException errorAt(long where, String problem, String remedy) {
        return new MatrixFileException(name, where, problem, remedy);
    }

    /** The next byte without taking it; -1 at the end of the file. */
    int peek() throws IOException {
        if (at >= limit && limit >= 0) {
            fill();
        }
        return limit < 0 ? -1 : buffer[at] & 0xff;
    }

    private void fill() throws IOException {
        at = 0;
        try {
            limit = in.read(buffer);
        } catch (EOFException | ZipException e) {
            throw new MatrixFileException(
                    name, line, "the compressed data is damaged (" + e.getMessage() + ")", "fetch the file again");
        }
    }

    private void take() {
        at++;
        lineHasBytes = true;
    }

    boolean atEnd() throws IOException {
        return peek() < 0;
    }

    /** Whether only blanks are left on this line; they are skipped. */
    boolean atLineEnd() throws IOException {
        while (isBlank(peek())) {
            take();
        }
        return peek() == '\n' || peek() < 0;
    }

    private static boolean isBlank(int b) {
        return b == ' ' || b == '\t' || b == '\r';
    }

    /** Goes to the start of the next line, whatever is left on this one. */
    void nextLine() throws IOException {
        while (peek() != '\n' && peek() >= 0) {
            take();
        }
        if (peek() == '\n') {
            at++;
            line++;
            lineHasBytes = false;
        }
    }

    /** Skips one given character if it comes next. */
    boolean skip(char c) throws IOException {
        if (peek() != c) {
            return false;
        }
        take();
        return true;
    }

    /**
     * The next word of this line: bytes up to a blank, a comma or the end of the line. Empty if the line has no more.
     */
    String word() throws IOException {
        if (atLineEnd()) {
            return "";
        }
        int length = 0;
        for (int b = peek(); b >= 0 && b != '\n' && b != ',' && !isBlank(b); b = peek()) {
            if (length == MAX_WORD) {
                throw error("a word of more than " + MAX_WORD + " characters", "check that this is a matrix file");
            }
            word[length++] = (byte) b;
            take();
        }
        return new String(word, 0, length, StandardCharsets.ISO_8859_1);
    }

    /**
     * The next word of this line as a decimal integer from {@code least} to {@code most}.
     *
     * @param what names the number in the error, for example "the row of an entry"
     */
    long integer(String what, long least, long most) throws IOException {
        String text = word();
        if (text.isEmpty()) {
            throw error(what + " is missing", "give an integer from " + least + " to " + most);
        }
        long number;
        try {
            number = Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw error(what + " is '" + printable(text) + "'", "give an integer from " + least + " to " + most);
        }
        if (number < least || number > most) {
            throw error(what + " is " + number, "give an integer from " + least + " to " + most);
        }
        return number;
    }

    /** Refuses anything but blanks on the rest of this line, and goes to the next. */
    void endLine(String after) throws IOException {
        if (!atLineEnd()) {
            String excess = word();
            throw error(
                    "'" + printable(excess.isEmpty() ? "," : excess) + "' follows " + after,
                    "remove it, or correct the line");
        }
        nextLine();
    }

    /** A word from a file as it may stand in a message. */
    static String printable(String text) {
        return text.codePoints()
                .map(c -> c < ' ' || c > '~' ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
