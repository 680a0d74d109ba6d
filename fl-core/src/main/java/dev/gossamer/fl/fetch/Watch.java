package dev.gossamer.fl.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/** Closes a stream that brings nothing for too long, as the HTTP client has no limit on that; its reader then fails. */
final class Watch implements AutoCloseable {

    private final InputStream stream;
    private final Duration silence;
    private final Thread thread;
    private volatile long lastHeard = System.nanoTime();

    Watch(InputStream stream, Duration silence) {
        this.stream = stream;
        this.silence = silence;
        this.thread = Thread.ofVirtual().name("gossamer-download-watch").start(this::watch);
    }

    /** Something has come. */
    void heard() {
        lastHeard = System.nanoTime();
    }

    private void watch() {
        try {
            long left = silence.toNanos();
            while (left > 0) {
                Thread.sleep(Duration.ofNanos(left));
                left = silence.toNanos() - (System.nanoTime() - lastHeard);
            }
            stream.close();
        } catch (InterruptedException e) {
            return; // the download is over
        } catch (IOException e) {
            System.getLogger(Watch.class.getName())
                    .log(System.Logger.Level.DEBUG, "A silent connection cannot be closed", e);
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
