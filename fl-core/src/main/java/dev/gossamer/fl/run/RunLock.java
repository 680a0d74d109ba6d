package dev.gossamer.fl.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps a run directory in the hands of one user; ends with the process. It is on a file that nothing else opens: POSIX takes
 * a process's lock on a file away as soon as that process closes the file, however often it has it open, and metrics are read
 * by all who make tables and reports of them. The file stays, since of two processes one could hold the lock on a deleted one.
 */
final class RunLock implements AutoCloseable {

    static final String FILE = ".lock";

    /** For users in this process, who must not even open the file. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final FileChannel channel;

    private RunLock(Path directory, FileChannel channel) {
        this.directory = directory;
        this.channel = channel;
    }

    /**
     * Takes the lock of a directory that exists.
     *
     * @throws RunInUseException if somebody has it
     */
    static RunLock take(Path directory) throws IOException {
        Path real = directory.toRealPath();
        if (!HELD.add(real)) {
            throw new RunInUseException(directory);
        }
        try {
            return new RunLock(real, locked(directory));
        } catch (IOException | RuntimeException e) {
            HELD.remove(real);
            throw e;
        }
    }

    private static FileChannel locked(Path directory) throws IOException {
        FileChannel channel =
                FileChannel.open(directory.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        channel.close();
        throw new RunInUseException(directory);
    }

    @Override
    public void close() throws IOException {
        channel.close();
        HELD.remove(directory);
    }
}
