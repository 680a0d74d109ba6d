package dev.gossamer.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program that the documentation shows. */
class EmbedTest {

    @TempDir
    Path folder;

    @Test
    void itDoesWhatItSays() {
        PrintStream before = System.out;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            Embed.main(new String[] {folder.resolve("run").toString()});
        } finally {
            System.setOut(before);
        }

        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains("C[0,0] = 4.0")
                .containsPattern("one layer: 0\\.[4-9]\\d\\d of its samples right")
                .containsPattern("federated: 0\\.[4-9]\\d\\d at sparsity 0\\.90");
        Matcher federated = Pattern.compile("federated: (\\S+) at").matcher(said.toString(StandardCharsets.UTF_8));
        assertThat(federated.find()).isTrue();
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("asked one by one: " + federated.group(1));
        assertThat(folder.resolve("run/model.safetensors")).isNotEmptyFile();
    }

    @Test
    void theDocumentationShowsThisProgram() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "embed.md"));
        String program = Files.readString(Path.of("src/main/java/dev/gossamer/examples/Embed.java"));

        int start = page.indexOf("```java\n") + "```java\n".length();
        String shown = page.substring(start, page.indexOf("```", start));
        assertThat(program).contains(shown.strip());
    }
}
