package dev.gossamer.fl.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gossamer.fl.SharedData;
import dev.gossamer.fl.fetch.PublishedData.KnownFile;
import dev.gossamer.fl.fetch.Verification.Finding;
import dev.gossamer.fl.fetch.Verification.Verdict;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerificationTest {

    private static final byte[] CONTENT = "what was published".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path folder;

    @Test
    void contentIsComparedPackedOrNot() throws IOException {
        PublishedData data = data(new KnownFile("a.bin", CONTENT.length, false, md5(CONTENT)));
        assertThat(Verification.of(data, folder)).isEmpty();
        byte[] half = Arrays.copyOf(CONTENT, 9);
        byte[] other = CONTENT.clone();
        other[3] ^= 1;

        Files.write(folder.resolve("a.bin"), CONTENT);
        assertThat(only(data).verdict()).isEqualTo(Verdict.GOOD);
        assertThat(only(data).file()).isEqualTo(folder.resolve("a.bin"));
        Files.createDirectories(folder.resolve("set"));
        Files.write(folder.resolve("set/a.bin.gz"), gzip(other));
        assertThat(only(data).verdict()).isEqualTo(Verdict.WRONG);
        assertThat(only(data).file()).isEqualTo(folder.resolve("set/a.bin.gz"));
        assertThat(only(data).detail())
                .contains(md5(other).hex(), "published is MD5 " + md5(CONTENT).hex());
        Files.write(folder.resolve("set/a.bin.gz"), gzip(half));
        assertThat(only(data).verdict()).isEqualTo(Verdict.PART);
        assertThat(only(data).detail()).isEqualTo("9 of 18 bytes");
        Files.write(folder.resolve("set/a.bin.gz"), gzip(CONTENT));
        assertThat(only(data).verdict()).isEqualTo(Verdict.GOOD);
        Files.write(folder.resolve("set/a.bin.gz"), Arrays.copyOf(gzip(CONTENT), 20));
        assertThat(only(data).verdict()).isEqualTo(Verdict.WRONG);
        assertThat(only(data).detail()).contains("cannot be read");
    }

    @Test
    void packedFilesAreComparedAsTheyAre() throws IOException {
        byte[] packed = gzip(CONTENT);
        PublishedData data = data(new KnownFile("a.gz", packed.length, true, md5(packed)));
        Files.write(folder.resolve("a.gz"), packed);
        assertThat(only(data).verdict()).isEqualTo(Verdict.GOOD);
        Files.write(folder.resolve("a.gz"), Arrays.copyOf(packed, packed.length - 1));
        assertThat(only(data).verdict()).isEqualTo(Verdict.WRONG);
        Files.write(folder.resolve("a"), CONTENT);
        assertThat(only(data).verdict()).isEqualTo(Verdict.UNKNOWN);
    }

    @Test
    void theSharedFilesAreThePublishedOnes() {
        Path shared = SharedData.folder("fashion-mnist").getParent();
        assertThat(Verification.of(PublishedData.named("fashion-mnist").orElseThrow(), shared))
                .hasSize(4)
                .extracting(Finding::verdict)
                .containsOnly(Verdict.GOOD);
        SharedData.folder("cifar10");
        assertThat(Verification.of(PublishedData.named("cifar10").orElseThrow(), shared))
                .extracting(Finding::verdict)
                .containsExactly(Verdict.GOOD, Verdict.GOOD, Verdict.PART);
    }

    private Finding only(PublishedData data) {
        List<Finding> findings = Verification.of(data, folder);
        assertThat(findings).hasSize(1);
        return findings.getFirst();
    }

    private static PublishedData data(KnownFile file) {
        return new PublishedData("set", "", "inner", List.of(), false, Limits.NONE, List.of(file));
    }

    private static Checksum md5(byte[] content) throws IOException {
        return Checksum.md5("").of(new ByteArrayInputStream(content));
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }
}
