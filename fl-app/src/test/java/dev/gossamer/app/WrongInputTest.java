package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What people type who are new to it: the answer names the input and what would be right, in their words. */
class WrongInputTest {

    @TempDir
    Path folder;

    @BeforeEach
    void write() throws IOException {
        Files.writeString(folder.resolve("a file"), "words");
        Files.writeString(folder.resolve("experiment.yaml"), "dataset: strokes\n");
        Files.createDirectories(folder.resolve("a folder"));
    }

    @Test
    void aMistakeIsNotBuriedUnderTheHelpOfItsCommand() {
        assertThat(refused(List.of("train", "--threads", "two")).err().lines())
                .containsExactly(
                        "gossamer: Invalid value for option '--threads': 'two' is not a whole number",
                        "gossamer train --help tells how it is typed.");
        assertThat(refused(List.of("data", "fetch")).err().lines())
                .containsExactly(
                        "gossamer: Missing required parameter: 'NAME'",
                        "gossamer data fetch --help tells how it is typed.");
    }

    private static Cli.Outcome refused(List<String> args) {
        Cli.Outcome outcome = Cli.run(args.toArray(String[]::new));
        assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
        assertThat(outcome.err()).doesNotContain("\tat ", "Exception", "dev.gossamer", "not an int", "not a long");
        return outcome;
    }

    /** In arguments {@code @} is the folder, blanks separate words, {@code ~} is a blank in one, {@code ''} an empty one. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    train ''                              | (experiment.yaml): it is empty, but must be a path
                    train --out ''                        | option '--out': it is empty
                    train @/a~folder                      | a folder: is a folder. Give the path of an experiment's YAML file
                    train @/*.yaml                        | *.yaml: no such file. Give the path
                    train --rounds ''                     | rounds is empty, but must be a whole number
                    train --dataset ''                    | dataset is empty, but must be one of strokes
                    train --threads two                   | option '--threads': 'two' is not a whole number
                    train --threads 99999999999           | '99999999999' is too large
                    train --backend ''                    | --backend is empty; `gossamer backends` lists
                    train --data '' --out @/run           | --data is empty; give the folder
                    train --data @/a~file --out @/run     | a file, which is a file; give the folder
                    train --init @/a~folder --out @/run   | a folder: is a folder. Give a .safetensors file
                    train --tuning @/none --out @/run     | none is not there; `gossamer tune --out FILE` writes one
                    train --set rounds --out @/run        | option '--set' (KEY=VALUE): it takes KEY=VALUE, got 'rounds'
                    config --set partition=dirichlet:0    | partition is dirichlet:0, but must be iid, natural
                    config --set =1                       | it takes KEY=VALUE, got '=1'
                    resume @/none                         | none holds no run: there is no such folder
                    resume @/a~file                       | a file holds no run: it is a file
                    report @/a~folder                     | a folder holds no run: there is no config.yaml
                    report ''                             | (DIR): it is empty, but must be a path
                    compare @/run* --out @/c.html         | run* holds no run: there is no such folder
                    predict @/run --images @/none         | none, but must be a file of images that is there
                    predict @/run --top x                 | option '--top': 'x' is not a whole number
                    export @/run --format onnx --out ''   | option '--out': it is empty
                    tune --out ''                         | option '--out': it is empty
                    reproduce zerofl --seeds 1,b          | option '--seeds' (N,N): 'b' is not a whole number
                    reproduce @/a~file                    | a file, line 1: is not a grid of experiments
                    reproduce @/experiment.yaml           | experiment.yaml: unknown key 'dataset'. Known: title
                    data fetch mnist --from a~b           | option '--from': 'a b' is not an address
                    data fetch mnist --data @/a~file      | a file, which is a file; give the folder
                    data list --data @/a~file             | a file, which is a file; give the folder
                    """)
    void isAnsweredWithItsNameAndTheRemedy(String typed, String answer) {
        List<String> args = Stream.of(typed.split(" +"))
                .map(word -> word.equals("''")
                        ? ""
                        : word.replace("@", folder.toString()).replace('~', ' '))
                .toList();

        assertThat(refused(args).err().replaceAll("\\s+", " ")).contains(answer);
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    void pathsWithBlanksAndOtherLettersAreFine() throws IOException {
        Path place = Files.createDirectories(folder.resolve("träume 夢"));
        Path file = Files.writeString(place.resolve("ex périment.yaml"), "rounds: 3\n");

        assertThat(Cli.run("config", file.toString()).out()).contains("rounds: 3");
        List<String> args = new ArrayList<>(List.of("report", place.toString()));
        assertThat(refused(args).err()).contains(place + " holds no run");
    }

    @Test
    void aFolderThatIsNotThereIsSaidNotToBe() {
        Path nowhere = folder.resolve("nowhere");

        assertThat(Cli.run("data", "list", "--data", nowhere.toString()).out())
                .contains("Looked in " + nowhere + ", which is not there.");
    }
}
