package dev.gossamer.fl.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gossamer.fl.data.DataException;
import dev.gossamer.fl.data.SplitMix64;
import dev.gossamer.fl.fetch.FileServer.Fault;
import dev.gossamer.fl.fetch.PublishedData.KnownFile;
import dev.gossamer.fl.fetch.PublishedData.RemoteFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a server on this machine; nothing here needs a network. */
@Tag("checkout")
class FetcherTest {

    private static final byte[] CONTENT = bytes(300_000, 1);
    private static final Limits LIMITS = new Limits(5, 400_000, 500_000);

    @TempDir
    Path folder;

    private FileServer server;
    private Duration silence = Duration.ofSeconds(30);
    private final List<Long> progress = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        server = new FileServer();
    }

    @AfterEach
    void close() {
        server.close();
    }

    // ---- archives
    // ----------------------------------------------------------------------------------------------------

    @Test
    void anArchiveIsDownloadedCheckedAndUnpacked() throws IOException {
        byte[] archive = good();
        assertThat(fetch(published(archive))).isTrue();

        assertWhole();
        assertThat(progress).isSorted();
        assertThat(progress.getLast()).isEqualTo(archive.length);
        assertThat(server.requests()).containsExactly(new FileServer.Request("/data/set.tar.gz", null, null));
    }

    @Test
    void aBrokenDownloadGoesOnWhereItBroke() throws IOException {
        PublishedData data = published(good());
        server.fail(new Fault.Break(100_000), new Fault.Break(50_000));
        assertThat(fetch(data)).isTrue();

        assertWhole();
        List<FileServer.Request> requests = server.requests();
        assertThat(requests).hasSize(3);
        assertThat(from(requests.get(1))).isBetween(1, 100_000);
        assertThat(from(requests.get(2))).isBetween(from(requests.get(1)) + 1, 150_000);
        assertThat(requests.getLast().ifRange()).isEqualTo("\"one\"");
    }

    @Test
    void aConnectionThatFallsSilentIsGivenUp() throws IOException {
        silence = Duration.ofMillis(700);
        server.fail(new Fault.Silence(100_000, Duration.ofSeconds(3)));
        long start = System.nanoTime();
        assertThat(fetch(published(good()))).isTrue();
        assertWhole();
        assertThat(server.requests()).hasSizeGreaterThan(1);
        assertThat(from(server.requests().get(1))).isBetween(1, 100_000);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
    }

    @Test
    void anotherRunGoesOnToo() throws IOException {
        PublishedData data = published(good());
        server.fail(
                new Fault.Break(70_000),
                new Fault.Break(0),
                new Fault.Break(0),
                new Fault.Break(0),
                new Fault.Break(0));
        refused(data, "broke off after", "goes on from there");
        long part = Files.size(folder.resolve("set.tar.gz.part"));
        assertThat(part).isBetween(1L, 70_000L);
        assertThat(folder.resolve("set")).doesNotExist();

        assertThat(fetch(data)).isTrue();
        assertWhole();
        assertThat(server.requests().getLast().range()).isEqualTo("bytes=" + part + "-");
    }

    private static int from(FileServer.Request request) {
        return Integer.parseInt(request.range().replaceAll("\\D", ""));
    }

    @Test
    void afterAChangeAtTheServerItStartsAnew() throws IOException {
        Files.write(folder.resolve("set.tar.gz.part"), bytes(1000, 9));
        Files.writeString(folder.resolve("set.tar.gz.part.etag"), "\"zero\"");
        assertThat(fetch(published(good()))).isTrue();
        assertWhole();
    }

    @Test
    void aServerWithoutRangesSendsAllOfItAgain() throws IOException {
        server.tag("W/\"weak\"");
        server.fail(new Fault.Break(70_000), new Fault.IgnoreRange());
        assertThat(fetch(published(good()))).isTrue();
        assertWhole();
        assertThat(server.requests().getLast().ifRange()).isNull();
    }

    @Test
    void aRangeThatWasNotAskedForIsNotUsed() throws IOException {
        server.fail(new Fault.Break(70_000), new Fault.OtherRange());
        assertThat(fetch(published(good()))).isTrue();
        assertWhole();
        assertThat(server.requests().getLast().range()).isNull();
    }

    @Test
    void aPartThatIsCompleteIsOnlyChecked() throws IOException {
        byte[] archive = good();
        Files.write(folder.resolve("set.tar.gz.part"), archive);
        assertThat(fetch(published(archive))).isTrue();
        assertWhole();
    }

    @Test
    void aPartThatIsTooLongIsDropped() throws IOException {
        byte[] archive = good();
        Files.write(folder.resolve("set.tar.gz.part"), Arrays.copyOf(archive, archive.length + 1));
        assertThat(fetch(published(archive))).isTrue();
        assertWhole();
    }

    @Test
    void aWrongChecksumLeavesNothing() throws IOException {
        byte[] archive = good();
        PublishedData data = published(archive);
        byte[] other = archive.clone();
        other[other.length / 2] ^= 1;
        server.put("set.tar.gz", other);
        refused(
                data,
                "set.tar.gz: what came has MD5 " + md5(other).hex(),
                "publisher says " + md5(archive),
                "not kept");
        assertThat(list()).isEmpty();
    }

    @Test
    void whatTheServerAnswersIsSaid() throws IOException {
        byte[] archive = good();
        PublishedData data = published(archive);
        server.fail(new Fault.Status(404));
        refused(data, "/data/set.tar.gz: the server answers 404 (not found)", "--from");
        server.fail(new Fault.Status(403));
        refused(data, "answers 403");
        server.fail(new Fault.Status(503), new Fault.Status(429));
        assertThat(fetch(data)).isTrue();
        assertWhole();
    }

    @Test
    void moreThanThereCanBeIsRefused() throws IOException {
        server.put("set.tar.gz", bytes(2_000_001, 1));
        refused(published(good(), "set.tar.gz", 2_000_000), "more than the 2000000 bytes");
        assertThat(list()).isEmpty();
    }

    @Test
    void nobodyAtTheAddressIsSaid() throws IOException {
        PublishedData data = published(good());
        server.close();
        refused(data, "set.tar.gz", "broke off after 0 bytes", "ConnectException");
    }

    @Test
    void anArchiveThatIsThereAlreadyIsUsed() throws IOException {
        byte[] archive = good();
        PublishedData data = published(archive);
        Files.write(folder.resolve("set.tar.gz"), archive);
        assertThat(fetch(data)).isTrue();
        assertWhole();
        assertThat(server.requests()).isEmpty();
    }

    /** Of some no single file has a published checksum. */
    @Test
    void aDataSetOfUnknownFilesIsNotFetchedTwice() throws IOException {
        PublishedData known = published(good());
        PublishedData data = new PublishedData(
                known.name(),
                known.licence(),
                known.archiveFolder(),
                known.remote(),
                known.archives(),
                known.limits(),
                List.of());
        assertThat(fetch(data)).isTrue();
        assertThat(fetch(data)).isFalse();
    }

    @Test
    void aWholeDataSetIsLeftAndAPartIsNotTouched() throws IOException {
        PublishedData data = published(good());
        assertThat(fetch(data)).isTrue();
        assertThat(fetch(data)).isFalse();
        assertThat(server.requests()).hasSize(1);

        Files.write(folder.resolve("set/a.bin"), new byte[3]);
        inTheWay(data, folder.resolve("set") + " is not empty", "--data");
        assertThat(folder.resolve("set/a.bin")).hasSize(3);
    }

    // ---- archives that were made to do harm
    // --------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"../out.bin", "set/../../out.bin", "/tmp/out.bin", "..\\out.bin", "C:/out.bin", "set/.."})
    void entriesThatEscapeAreRefused(String name) throws IOException {
        assertNothingComesOf(tarGz(tar -> file(tar, name, 10)), "'" + name + "' leads out of the archive");
        assertThat(folder.resolveSibling("out.bin")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(bytes = {TarConstants.LF_SYMLINK, TarConstants.LF_LINK, TarConstants.LF_FIFO, TarConstants.LF_CHR})
    void linksAndDevicesAreRefused(byte type) throws IOException {
        byte[] archive = tarGz(tar -> {
            TarArchiveEntry entry = new TarArchiveEntry("set/link", type);
            entry.setLinkName("/etc/passwd");
            tar.putArchiveEntry(entry);
            tar.closeArchiveEntry();
        });
        assertNothingComesOf(archive, "'set/link' is neither a file nor a folder");
    }

    /** A header may say that it unpacks to more than the limits, all holes. */
    @Test
    void sparseFilesAreRefused() throws IOException {
        byte[] archive = tarGz(tar -> {
            // The library writes no such headers: each line starts with its length.
            byte[] sparse = "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n32 GNU.sparse.realsize=50000000\n"
                    .getBytes(StandardCharsets.US_ASCII);
            TarArchiveEntry headers = new TarArchiveEntry("set/headers", TarConstants.LF_PAX_EXTENDED_HEADER_LC);
            headers.setSize(sparse.length);
            tar.putArchiveEntry(headers);
            tar.write(sparse);
            tar.closeArchiveEntry();
            TarArchiveEntry entry = new TarArchiveEntry("set/holes", true);
            entry.setSize(512);
            tar.putArchiveEntry(entry);
            tar.write(Arrays.copyOf("1\n50000000\n0\n".getBytes(StandardCharsets.US_ASCII), 512));
            tar.closeArchiveEntry();
        });
        assertNothingComesOf(archive, "'set/holes' is a file with holes");
    }

    @Test
    void moreThanTheLimitsIsRefused() throws IOException {
        assertNothingComesOf(tarGz(tar -> file(tar, "set/big", 400_001)), "'set/big' of 400001 bytes");
        assertNothingComesOf(
                tarGz(tar -> {
                    file(tar, "set/one", 300_000);
                    file(tar, "set/two", 300_000);
                }),
                "'set/two'",
                "larger than");
        assertNothingComesOf(
                tarGz(tar -> {
                    for (int i = 0; i < 6; i++) {
                        file(tar, "set/" + i, 1);
                    }
                }),
                "more than 5 entries");
        assertNothingComesOf(
                tarGz(tar -> {
                    file(tar, "set/one", 1);
                    file(tar, "set/one", 1);
                }),
                "'set/one' is there twice");
    }

    @Test
    void damagedArchivesAreRefused() throws IOException {
        byte[] archive = good();
        assertNothingComesOf(Arrays.copyOf(archive, archive.length / 2), "cannot be unpacked");
        assertNothingComesOf(bytes(5000, 3), "cannot be unpacked");
    }

    private void assertNothingComesOf(byte[] archive, String... named) throws IOException {
        refused(published(archive), named);
        assertThat(list()).containsExactly("set.tar.gz");
        Files.delete(folder.resolve("set.tar.gz"));
    }

    // ---- single files
    // ------------------------------------------------------------------------------------------------

    @Test
    void ofSingleFilesTheMissingOnesAreFetched() throws IOException {
        byte[] one = bytes(100, 1);
        byte[] two = bytes(200, 2);
        PublishedData data = new PublishedData(
                "pair",
                "",
                "pair",
                List.of(
                        new RemoteFile("https://nowhere.invalid/", "one.gz", 100, md5(one)),
                        new RemoteFile("https://nowhere.invalid/", "two.gz", 200, md5(two))),
                false,
                Limits.NONE,
                List.of());
        server.put("one.gz", one);
        server.put("two.gz", two);
        Files.createDirectories(folder.resolve("pair"));
        Files.write(folder.resolve("pair/one.gz"), one);
        assertThat(fetch(data)).isTrue();
        assertThat(folder.resolve("pair/two.gz")).hasBinaryContent(two);
        assertThat(server.requests()).extracting(FileServer.Request::path).containsExactly("/data/two.gz");
        assertThat(fetch(data)).isFalse();

        Files.write(folder.resolve("pair/one.gz"), two);
        inTheWay(data, "one.gz: is there, but has MD5", md5(one).hex());
        assertThat(folder.resolve("pair/one.gz")).hasBinaryContent(two);
    }

    @Test
    void whatNobodyPublishesCannotBeFetched() {
        inTheWay(PublishedData.named("femnist").orElseThrow(), "femnist cannot be fetched");
    }

    // ---- helpers
    // -----------------------------------------------------------------------------------------------------

    private boolean fetch(PublishedData data) {
        progress.clear();
        try (Downloader downloader = new Downloader(Duration.ofMillis(1), silence)) {
            return new Fetcher(folder, server.address(), downloader, (file, done, total) -> progress.add(done))
                    .fetch(data);
        }
    }

    private void refused(PublishedData data, String... named) {
        assertThatExceptionOfType(FetchException.class)
                .isThrownBy(() -> fetch(data))
                .satisfies(e -> assertThat(e.getMessage()).contains(named));
    }

    private void inTheWay(PublishedData data, String... named) {
        assertThatExceptionOfType(DataException.class)
                .isThrownBy(() -> fetch(data))
                .satisfies(e -> assertThat(e.getMessage()).contains(named));
    }

    private void assertWhole() throws IOException {
        assertThat(list()).containsExactly("set", "set/a.bin", "set/sub", "set/sub/b.bin");
        assertThat(folder.resolve("set/a.bin")).hasBinaryContent(CONTENT);
        assertThat(folder.resolve("set/sub/b.bin")).hasSize(20);
    }

    private List<String> list() throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.filter(path -> !path.equals(folder))
                    .map(path -> folder.relativize(path).toString().replace('\\', '/'))
                    .sorted()
                    .toList();
        }
    }

    private PublishedData published(byte[] archive) throws IOException {
        server.put("set.tar.gz", archive);
        return published(archive, "set.tar.gz", 2_000_000);
    }

    private static PublishedData published(byte[] archive, String name, long mostBytes) throws IOException {
        return new PublishedData(
                "set",
                "",
                "inner",
                List.of(new RemoteFile("https://nowhere.invalid/", name, mostBytes, md5(archive))),
                true,
                LIMITS,
                List.of(new KnownFile("a.bin", CONTENT.length, false, md5(CONTENT))));
    }

    private static Checksum md5(byte[] content) throws IOException {
        return Checksum.md5("").of(new ByteArrayInputStream(content));
    }

    private static byte[] bytes(int count, long seed) {
        SplitMix64 random = SplitMix64.of(seed);
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    private static byte[] good() throws IOException {
        return tarGz(tar -> {
            TarArchiveEntry inner = new TarArchiveEntry("inner/");
            tar.putArchiveEntry(inner);
            tar.closeArchiveEntry();
            TarArchiveEntry a = new TarArchiveEntry("inner/a.bin");
            a.setSize(CONTENT.length);
            tar.putArchiveEntry(a);
            tar.write(CONTENT);
            tar.closeArchiveEntry();
            file(tar, "inner/sub/b.bin", 20);
        });
    }

    private static void file(TarArchiveOutputStream tar, String name, int size) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name, true);
        entry.setSize(size);
        tar.putArchiveEntry(entry);
        tar.write(new byte[size]);
        tar.closeArchiveEntry();
    }

    private interface Entries {
        void write(TarArchiveOutputStream tar) throws IOException;
    }

    private static byte[] tarGz(Entries entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(bytes);
                TarArchiveOutputStream tar = new TarArchiveOutputStream(gzip)) {
            entries.write(tar);
        }
        return bytes.toByteArray();
    }
}
