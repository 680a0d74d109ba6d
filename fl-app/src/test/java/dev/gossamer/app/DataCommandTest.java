package dev.gossamer.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataCommandTest {

    @TempDir
    Path folder;

    private Cli.Outcome data(String... args) {
        String[] all = Arrays.copyOf(args, args.length + 3);
        all[args.length] = "--data";
        all[args.length + 1] = folder.toString();
        all[args.length + 2] = "--quiet";
        return Cli.run(prepend("data", all));
    }

    private static String[] prepend(String first, String... rest) {
        String[] all = new String[rest.length + 1];
        all[0] = first;
        System.arraycopy(rest, 0, all, 1, rest.length);
        return all;
    }

    private void writeCifar() throws IOException {
        byte[] records = new byte[3 * 3073];
        for (int i = 0; i < records.length; i++) {
            records[i] = (byte) (i % 3073 == 0 ? 1 : i % 200);
        }
        Files.createDirectories(folder.resolve("cifar10"));
        Files.write(folder.resolve("cifar10/data_batch_2.bin"), records);
        Files.write(folder.resolve("cifar10/test_batch.bin"), records);
    }

    // ---- list
    // --------------------------------------------------------------------------------------------------------

    @Test
    void listSaysWhatIsHereAndHowToGetTheRest() throws IOException {
        writeCifar();
        TinyMnist.write(folder.resolve("mnist"));
        Files.createDirectories(folder.resolve("cifar100"));
        Files.write(folder.resolve("cifar100/train.bin"), new byte[5]);
        Files.write(folder.resolve("cifar100/test.bin"), new byte[5]);

        Cli.Outcome outcome = data("list");

        assertThat(outcome.code()).isZero();
        List<String> lines =
                outcome.out().lines().map(line -> line.replaceAll(" +", " ")).toList();
        assertThat(lines)
                .contains(
                        "strokes embedded 20,000 + 4,000 samples, 10 classes",
                        "fashion-mnist not found gossamer data fetch fashion-mnist",
                        "mnist found 200 + 50 samples, 10 classes",
                        " in " + folder.resolve("mnist"),
                        "cifar10 found 3 + 3 samples, 10 classes",
                        " 1 of 5 training files, 3 of 50,000 training images, 3 of 10,000 test images",
                        " licence: CC BY 4.0")
                .anyMatch(line -> line.startsWith("cifar100 unusable ") && line.contains("holds 5 bytes"))
                .anyMatch(line -> line.startsWith("femnist not found nobody publishes"))
                .endsWith("Looked in " + folder + ".");
    }

    // ---- verify
    // ------------------------------------------------------------------------------------------------------

    @Test
    void verifyAcceptsPartsAndRefusesOtherFiles() throws IOException {
        writeCifar();
        Cli.Outcome parts = data("verify");
        assertThat(parts.code()).isZero();
        assertThat(parts.out().replaceAll(" +", " "))
                .contains(
                        "cifar10 data_batch_2.bin part 9219 of 30730000 bytes",
                        "cifar10 as a whole readable 3 + 3 samples");

        TinyMnist.write(folder.resolve("mnist"));
        assertThat(data("verify", "mnist").out()).contains("unknown", "no checksum is published of the unpacked file");

        Files.move(folder.resolve("mnist/t10k-labels-idx1-ubyte"), folder.resolve("mnist/t10k-labels-idx1-ubyte.gz"));
        Cli.Outcome other = data("verify");
        assertThat(other.code()).isEqualTo(1);
        assertThat(other.out().replaceAll(" +", " "))
                .contains(
                        "mnist t10k-labels-idx1-ubyte.gz wrong MD5",
                        "published is MD5 ec29112dd5afa0611ce80d1b7f02629c");
    }

    @Test
    void verifyOfAnIncompleteDataSetFails() throws IOException {
        TinyMnist.write(folder.resolve("mnist"));
        Files.delete(folder.resolve("mnist/t10k-labels-idx1-ubyte"));
        for (Cli.Outcome incomplete : List.of(data("verify"), data("verify", "mnist"))) {
            assertThat(incomplete.code()).isEqualTo(1);
            assertThat(incomplete.out().replaceAll(" +", " "))
                    .contains("mnist train-images-idx3-ubyte", "mnist as a whole incomplete", "t10k-labels-idx1-ubyte");
        }
    }

    @Test
    void verifyOfWhatIsNotHereSaysSo() {
        Cli.Outcome nothing = data("verify");
        assertThat(nothing.code()).isZero();
        assertThat(nothing.out()).contains("There are no data sets in " + folder);

        Cli.Outcome named = data("verify", "cifar10");
        assertThat(named.code()).isEqualTo(2);
        assertThat(named.err()).contains("found none of", "gossamer data fetch cifar10");

        assertThat(data("verify", "imagenet").err()).contains("Unknown data set 'imagenet'", "speech-commands");
    }

    @Test
    void verifyOfWhatIsEmbeddedSaysThatThereAreNoFiles() throws IOException {
        Cli.Outcome embedded = data("verify", "strokes");
        assertThat(embedded.code()).isZero();
        assertThat(embedded.out().replaceAll(" +", " "))
                .isEqualToIgnoringNewLines(
                        "strokes as a whole embedded 20,000 + 4,000 samples, 10 classes: drawn when a"
                                + " run starts, so there are no files to check");

        writeCifar();
        assertThat(data("verify", "strokes", "cifar10").out()).contains("strokes", "data_batch_2.bin");
    }

    // ---- fetch
    // -------------------------------------------------------------------------------------------------------

    @Test
    void fetchRefusesWhatIsNotThePublishedFile() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/mirror/cifar-10-binary.tar.gz", exchange -> {
            exchange.sendResponseHeaders(200, 4);
            exchange.getResponseBody().write(new byte[4]);
            exchange.close();
        });
        server.start();
        String from = "http://127.0.0.1:" + server.getAddress().getPort() + "/mirror/";
        try {
            Cli.Outcome wrong = data("fetch", "cifar10", "--from", from);
            assertThat(wrong.code()).isEqualTo(1);
            assertThat(wrong.err())
                    .contains(from + "cifar-10-binary.tar.gz", "publisher says MD5 c32a1d4ab5d03f1284b67883e8d87530");
            assertThat(folder.resolve("cifar10")).doesNotExist();

            Cli.Outcome missing = data("fetch", "fashion-mnist", "--from", from);
            assertThat(missing.code()).isEqualTo(1);
            assertThat(missing.err()).contains("train-images-idx3-ubyte.gz: the server answers 404", "--from");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void fetchSaysWhatTheUserHasToPutRight() throws IOException {
        refusedFetch("Missing required parameter", "NAME");
        refusedFetch("Unknown data set 'imagenet'", "imagenet");
        refusedFetch("strokes is embedded", "strokes");
        refusedFetch("femnist cannot be fetched", "femnist");
        refusedFetch("https://", "mnist", "--from", "file:///tmp");
        writeCifar();
        refusedFetch("cifar10 is not empty", "cifar10");
    }

    private void refusedFetch(String what, String... args) {
        Cli.Outcome outcome = data(prepend("fetch", what.startsWith("Missing") ? new String[0] : args));
        assertThat(outcome.code()).as(what).isEqualTo(2);
        assertThat(outcome.err()).contains(what).doesNotContain("\tat ");
    }

    @Test
    void withoutAVerbTheVerbsAreNamed() {
        Cli.Outcome outcome = Cli.run("data");
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("Missing command", "list", "verify", "fetch");
    }
}
