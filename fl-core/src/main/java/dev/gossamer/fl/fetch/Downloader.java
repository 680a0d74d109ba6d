package dev.gossamer.fl.fetch;

import dev.gossamer.fl.data.FileReason;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Downloads files whose checksum is known. What has come lies in {@code FILE.part} until it is complete and checked, so that
 * a broken download goes on where it broke, now or in another run; {@code FILE.part.etag} keeps which version that is a
 * part of.
 */
public final class Downloader implements AutoCloseable {

    private static final Duration CONNECT = Duration.ofSeconds(30);
    private static final Duration ANSWER = Duration.ofMinutes(1);
    /** A connection that brings nothing for so long is given up. */
    private static final Duration SILENCE = Duration.ofMinutes(1);
    /** Tries in a row that bring nothing. */
    private static final int TRIES = 4;

    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d+)-\\d+/(\\d+|\\*)");

    private final HttpClient client;
    private final Duration pause;
    private final Duration silence;

    /** A downloader that waits a moment before it tries again. */
    public Downloader() {
        this(Duration.ofSeconds(2), SILENCE);
    }

    Downloader(Duration pause, Duration silence) {
        this.pause = pause;
        this.silence = silence;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(CONNECT)
                .build();
    }

    /** Hears how a download gets on. */
    @FunctionalInterface
    public interface Listener {

        /**
         * More has come.
         *
         * @param file its name
         * @param done bytes that are there
         * @param total bytes in all, or -1 if the server does not say
         */
        void progress(String file, long done, long total);
    }

    /**
     * Downloads a file.
     *
     * @param target where it goes; not there yet
     * @param mostBytes what is longer is refused
     * @throws FetchException if it cannot be had, or is not what its publisher says
     */
    void download(URI uri, Path target, Checksum checksum, long mostBytes, Listener listener) {
        Transfer transfer = new Transfer(uri, target, mostBytes, listener);
        int fruitless = 0;
        for (boolean complete = false; !complete; ) {
            long before = transfer.have();
            try {
                transfer.once();
                complete = true;
            } catch (IOException e) {
                fruitless = transfer.have() > before ? 0 : fruitless + 1;
                if (fruitless == TRIES) {
                    throw new FetchException(
                            uri + ": the download broke off after " + transfer.have() + " bytes (" + e
                                    + "). Run the command again, it goes on from there",
                            e);
                }
                waitAMoment();
            }
        }
        transfer.finish(checksum);
    }

    private void waitAMoment() {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static FetchException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new FetchException("The download was interrupted. Run the command again, it goes on from there", e);
    }

    /** One file on its way. */
    private final class Transfer {

        private final URI uri;
        private final Path target;
        private final Path part;
        private final Path tag;
        private final long mostBytes;
        private final Listener listener;

        Transfer(URI uri, Path target, long mostBytes, Listener listener) {
            this.uri = uri;
            this.target = target;
            this.part = target.resolveSibling(target.getFileName() + ".part");
            this.tag = target.resolveSibling(target.getFileName() + ".part.etag");
            this.mostBytes = mostBytes;
            this.listener = listener;
        }

        /** Bytes that are there. */
        long have() {
            try {
                return Files.exists(part) ? Files.size(part) : 0;
            } catch (IOException e) {
                throw new FetchException(part + ": cannot be read (" + FileReason.of(e) + ")", e);
            }
        }

        /**
         * Asks for what is missing.
         *
         * @throws IOException if another try may help
         */
        void once() throws IOException {
            long have = have();
            HttpResponse<InputStream> response = send(have);
            try (InputStream body = response.body()) {
                switch (response.statusCode()) {
                    case 200 -> {
                        keepTag(response);
                        receive(
                                body,
                                0,
                                response.headers()
                                        .firstValueAsLong("Content-Length")
                                        .orElse(-1));
                    }
                    case 206 -> receive(body, have, totalOf(response, have));
                    // There is nothing after what is here: it is complete, or longer than the file.
                    case 416 -> {
                        if (!response.headers().firstValue("Content-Range").equals(Optional.of("bytes */" + have))) {
                            startOver("the server has no byte " + have);
                        }
                    }
                    default -> refuse(response.statusCode());
                }
            }
        }

        private HttpResponse<InputStream> send(long have) throws IOException {
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(uri).timeout(ANSWER).header("User-Agent", "gossamer");
            if (have > 0) {
                request.header("Range", "bytes=" + have + "-");
                if (Files.exists(tag)) {
                    request.header("If-Range", Files.readString(tag));
                }
            }
            try {
                return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }

        /** A weak tag does not promise the same bytes. */
        private void keepTag(HttpResponse<InputStream> response) throws IOException {
            Optional<String> strong = response.headers().firstValue("ETag").filter(value -> value.startsWith("\""));
            if (strong.isPresent()) {
                Files.writeString(tag, strong.get());
            } else {
                Files.deleteIfExists(tag);
            }
        }

        private long totalOf(HttpResponse<InputStream> response, long have) throws IOException {
            String range = response.headers().firstValue("Content-Range").orElse("");
            Matcher matcher = CONTENT_RANGE.matcher(range);
            if (!matcher.matches() || !matcher.group(1).equals(Long.toString(have))) {
                startOver("the server sends '" + range + "' instead of what follows byte " + have);
            }
            return matcher.group(2).equals("*") ? -1 : Long.parseLong(matcher.group(2));
        }

        private void startOver(String why) throws IOException {
            discard();
            throw new IOException(why);
        }

        private void refuse(int status) throws IOException {
            String answer = uri + ": the server answers " + status;
            if (status == 429 || status >= 500) {
                throw new IOException(answer);
            }
            throw new FetchException(
                    answer + (status == 404 ? " (not found)" : "") + ". Try later, or name a mirror with --from");
        }

        private void receive(InputStream body, long from, long total) throws IOException {
            if (total > mostBytes) {
                throw tooLong();
            }
            long done = from;
            byte[] chunk = new byte[1 << 16];
            try (Watch watch = new Watch(body, silence);
                    OutputStream out = Files.newOutputStream(
                            part,
                            StandardOpenOption.CREATE,
                            from == 0 ? StandardOpenOption.TRUNCATE_EXISTING : StandardOpenOption.APPEND,
                            StandardOpenOption.WRITE)) {
                for (int read = body.read(chunk); read >= 0; read = body.read(chunk)) {
                    watch.heard();
                    done += read;
                    if (done > mostBytes) {
                        throw tooLong();
                    }
                    out.write(chunk, 0, read);
                    listener.progress(String.valueOf(target.getFileName()), done, total);
                }
            }
            // Also after the watch has closed the connection.
            if (total >= 0 && done < total) {
                throw new IOException("only " + done + " of " + total + " bytes came");
            }
        }

        private FetchException tooLong() {
            discard();
            return new FetchException(uri + ": sends more than the " + mostBytes
                    + " bytes that the file can have; it is not what was published");
        }

        /** Checks what has come and gives it its name. */
        void finish(Checksum checksum) {
            try {
                Checksum found;
                try (InputStream in = Files.newInputStream(part)) {
                    found = checksum.of(in);
                }
                if (!found.equals(checksum)) {
                    discard();
                    throw new FetchException(uri + ": what came has " + found + ", but its publisher says " + checksum
                            + ". It was damaged on its way or is another file, and is not kept");
                }
                Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
                Files.deleteIfExists(tag);
            } catch (IOException e) {
                throw new FetchException(part + ": cannot be read or renamed (" + FileReason.of(e) + ")", e);
            }
        }

        private void discard() {
            try {
                Files.deleteIfExists(part);
                Files.deleteIfExists(tag);
            } catch (IOException e) {
                throw new FetchException(part + ": cannot be deleted (" + FileReason.of(e) + ")", e);
            }
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
