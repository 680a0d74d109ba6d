package dev.gossamer.fl.report;

import dev.gossamer.fl.data.FileReason;
import dev.gossamer.fl.run.RoundMetrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code metrics.csv}: a line of names, and a line for each round (RFC 4180, UTF-8, a dot before decimals). Numbers are those
 * of {@code metrics.jsonl}, digit for digit; {@code sparsity/NAME} is that of a tensor.
 */
final class CsvTable implements AutoCloseable {

    private static final String LINE_END = "\r\n";

    private final Path file;
    private final Writer out;
    private boolean hasNames;

    /** Begins a table, in place of one that there may be. */
    CsvTable(Path file) {
        this.file = file;
        try {
            out = Files.newBufferedWriter(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Adds a line, at once. */
    void add(RoundMetrics metrics) {
        Map<String, Number> scalars = Scalars.of(metrics);
        try {
            if (!hasNames) {
                line(Stream.concat(Stream.of("round"), scalars.keySet().stream()));
                hasNames = true;
            }
            line(Stream.concat(Stream.of(metrics.round()), scalars.values().stream())
                    .map(String::valueOf));
            out.flush();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void line(Stream<String> cells) throws IOException {
        List<String> quoted = cells.map(CsvCell::quoted).toList();
        out.write(quoted.stream().collect(Collectors.joining(",", "", LINE_END)));
    }

    private UncheckedIOException failed(IOException e) {
        return new UncheckedIOException(file + ": cannot be written: " + FileReason.of(e), e);
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw failed(e);
        }
    }
}
