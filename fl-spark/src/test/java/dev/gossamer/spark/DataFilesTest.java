package dev.gossamer.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFilesTest {

    @TempDir
    private Path folder;

    private Path copy(String name) throws IOException {
        Path made = Files.createDirectories(folder.resolve(name));
        Files.writeString(made.resolve("labels"), name);
        return made;
    }

    /** Two executors of a machine fetch the same data set, and one is first. */
    @Test
    void theSecondCopyOfADataSetGivesWayToTheFirst() throws IOException {
        Path there = copy("there");
        DataFiles.place(copy("beside"), there);
        assertThat(there.resolve("labels")).hasContent("there");
    }

    @Test
    void aCopyThatCannotBePlacedIsSaid() throws IOException {
        Path beside = copy("beside");
        assertThatThrownBy(() -> DataFiles.place(beside, folder.resolve("absent/copy")))
                .isInstanceOf(IOException.class);
    }
}
