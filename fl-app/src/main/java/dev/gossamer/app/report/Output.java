package dev.gossamer.app.report;

import dev.gossamer.fl.data.FileReason;
import dev.gossamer.fl.run.AtomicFile;
import dev.gossamer.fl.run.ConfigException;
import dev.gossamer.fl.run.RunRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Files of pages. */
final class Output {

    private Output() {}

    /** Asks for something to report. */
    static void requireRounds(Path directory, RunRecord run) {
        if (run.rounds().isEmpty()) {
            throw new ConfigException(directory + " has no round yet: there is nothing to report. Go on with the run: "
                    + "gossamer resume " + directory);
        }
    }

    static void write(Path file, Page page) {
        ByteBuffer bytes = ByteBuffer.wrap(page.toString().getBytes(StandardCharsets.UTF_8));
        try {
            AtomicFile.write(file, channel -> {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written: " + FileReason.of(e), e);
        }
    }

    static void writePictures(Path folder, List<Plot> plots) {
        plots.forEach(plot -> plot.chart().writePng(folder.resolve(plot.name() + ".png")));
    }
}
