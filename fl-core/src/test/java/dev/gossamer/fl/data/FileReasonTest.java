package dev.gossamer.fl.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileReasonTest {

    @TempDir
    private Path folder;

    private interface Access {
        void run() throws IOException;
    }

    private static String reason(Access fails) {
        try {
            fails.run();
        } catch (IOException e) {
            return FileReason.of(e);
        }
        throw new AssertionError("nothing was thrown");
    }

    @Test
    void whatTheFileSystemRefusesHasItsReasonAndFile() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        Path picture = Files.write(folder.resolve("picture"), new byte[] {(byte) 0xff, (byte) 0xd8});
        assertThat(reason(() -> Files.readString(folder.resolve("absent"))))
                .isEqualTo(folder.resolve("absent") + ": no such file or folder");
        assertThat(reason(() -> Files.createFile(file))).isEqualTo(file + ": it is there already");
        assertThat(FileReason.of(new NotDirectoryException("/data/run"))).isEqualTo("/data/run: it is no folder");
        assertThat(reason(() -> Files.delete(folder))).isEqualTo(folder + ": the folder is not empty");
        assertThat(reason(() -> Files.readString(picture))).isEqualTo("no text in UTF-8");
        assertThat(FileReason.of(new EOFException())).isEqualTo("it ends too early");
        assertThat(FileReason.of(new AccessDeniedException("/data/run"))).isEqualTo("/data/run: permission denied");
        assertThat(FileReason.of(new FileSystemException("/data", null, "No space left on device")))
                .isEqualTo("/data: No space left on device");
    }

    @Test
    void otherFailuresSayWhatTheySay() {
        assertThat(FileReason.of(new IOException("No space left on device"))).isEqualTo("No space left on device");
        assertThat(FileReason.of(new UncheckedIOException(new IOException()))).isEqualTo("IOException");
        IOException full = new IOException("No space left on device");
        assertThat(FileReason.of(
                        new UncheckedIOException("/data/metrics.csv: cannot be written: " + full.getMessage(), full)))
                .isEqualTo("/data/metrics.csv: cannot be written: No space left on device");
    }
}
