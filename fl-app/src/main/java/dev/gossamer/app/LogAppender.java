package dev.gossamer.app;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.nio.charset.StandardCharsets;

/** Writes the log to standard error, above a progress bar where one is drawn. */
public final class LogAppender extends ConsoleAppender<ILoggingEvent> {

    /** Called by the configuration of the log. */
    public LogAppender() {}

    @Override
    protected void append(ILoggingEvent event) {
        Progress.Line line = Progress.Line.onScreen();
        if (line == null) {
            super.append(event);
        } else {
            new String(encoder.encode(event), StandardCharsets.UTF_8).lines().forEach(line::above);
        }
    }
}
