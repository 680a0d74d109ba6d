package dev.gossamer.cuda.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class PrivateFolderTest {

    private static final byte[] CONTENT = {1, 2, 3};

    @TempDir
    Path parent;

    @Test
    void whatIsWrittenIsThereUntilItIsClosed() throws IOException {
        Path file;
        try (PrivateFolder folder = PrivateFolder.in(parent)) {
            file = folder.write("lib.so", CONTENT);
            assertThat(file).hasBinaryContent(CONTENT).hasParent(folder.path());
            try (var files = Files.list(folder.path())) {
                assertThat(files).containsExactly(file);
            }
        }
        assertThat(file).doesNotExist();
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void onlyItsOwnerMayEnter() throws IOException {
        try (PrivateFolder folder = PrivateFolder.in(parent)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.path())))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void eachIsANewOne() throws IOException {
        try (PrivateFolder one = PrivateFolder.in(parent);
                PrivateFolder other = PrivateFolder.in(parent)) {
            assertThat(one.path()).isNotEqualTo(other.path());
        }
    }

    @Test
    void aFileThatLiesInTheWayIsNotTaken() throws IOException {
        try (PrivateFolder folder = PrivateFolder.in(parent)) {
            Files.createFile(folder.path().resolve("lib.so.part"));
            assertThatThrownBy(() -> folder.write("lib.so", CONTENT)).isInstanceOf(FileAlreadyExistsException.class);
        }
    }

    @Test
    void oldOnesAreDeletedAndNothingElse() throws IOException {
        Path old = Files.createDirectory(parent.resolve("gossamer-cuda-1"));
        Files.createFile(old.resolve("lib.so"));
        Path young = Files.createDirectory(parent.resolve("gossamer-cuda-2"));
        Path other = Files.createDirectory(parent.resolve("other"));
        FileTime twoDaysAgo = FileTime.from(Instant.now().minus(Duration.ofDays(2)));
        Files.setLastModifiedTime(old, twoDaysAgo);
        Files.setLastModifiedTime(other, twoDaysAgo);

        PrivateFolder.in(parent).close();

        assertThat(old).doesNotExist();
        assertThat(young).exists();
        assertThat(other).exists();
    }
}
