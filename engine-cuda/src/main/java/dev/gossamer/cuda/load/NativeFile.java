package dev.gossamer.cuda.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A shared library in its own place. */
final class NativeFile {

    private NativeFile() {}

    /** Its tables, of which only the pages that hold them are read. */
    static ElfImage read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = Math.min(channel.size(), Integer.MAX_VALUE); // tables are not at the end of larger ones
            ByteBuffer image = channel.map(FileChannel.MapMode.READ_ONLY, 0, size);
            return ElfImage.parse(image);
        }
    }

    /**
     * Loads it, for the JVM's life. The linker knows it by its own name from then on, in whatever folder it is.
     *
     * @throws IOException if it is not there or no shared object: the JVM would print a warning on a file of another kind
     * @throws UnsatisfiedLinkError if the linker refuses it
     * @throws IllegalCallerException if native access is denied
     */
    @SuppressWarnings("restricted") // this package loads native libraries
    static void load(Path file, boolean windows) throws IOException {
        Path real = file.toRealPath();
        if (!windows) {
            read(real);
        }
        System.load(real.toString());
    }
}
