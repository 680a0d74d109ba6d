package dev.gossamer.fl.fetch;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/** A web server with ranges and tags, on this machine alone, that misbehaves as it is told to. */
final class FileServer implements AutoCloseable {

    /** What to do with a request instead of answering it well. */
    sealed interface Fault {

        /** An answer without a file. */
        record Status(int code) implements Fault {}

        /** The connection ends after so many bytes of the body. */
        record Break(int after) implements Fault {}

        /** Nothing comes after so many bytes of the body, for so long; then the connection ends. */
        record Silence(int after, Duration time) implements Fault {}

        /** The whole file, whatever range is asked for. */
        record IgnoreRange() implements Fault {}

        /** A range, but another one than was asked for. */
        record OtherRange() implements Fault {}
    }

    /** What was asked for. */
    record Request(String path, String range, String ifRange) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, byte[]> files = new HashMap<>();
    private final Deque<Fault> faults = new ArrayDeque<>();
    private final List<Request> requests = new ArrayList<>();
    private String tag = "\"one\"";

    FileServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/data");
    }

    synchronized void put(String name, byte[] content) {
        files.put("/data/" + name, content);
    }

    synchronized void tag(String value) {
        tag = value;
    }

    /** The next requests go wrong in this way, one each. */
    synchronized void fail(Fault... next) {
        faults.addAll(Arrays.asList(next));
    }

    synchronized List<Request> requests() {
        return List.copyOf(requests);
    }

    private synchronized void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String range = exchange.getRequestHeaders().getFirst("Range");
        String ifRange = exchange.getRequestHeaders().getFirst("If-Range");
        requests.add(new Request(path, range, ifRange));
        Fault fault = faults.poll();
        byte[] file = files.get(path);
        if (fault instanceof Fault.Status(int code)) {
            exchange.sendResponseHeaders(code, -1);
        } else if (file == null) {
            exchange.sendResponseHeaders(404, -1);
        } else {
            exchange.getResponseHeaders().set("ETag", tag);
            boolean whole =
                    range == null || fault instanceof Fault.IgnoreRange || (ifRange != null && !ifRange.equals(tag));
            send(exchange, file, whole ? 0 : Integer.parseInt(range.replaceAll("\\D", "")), whole, fault);
        }
        exchange.close();
    }

    private static void send(HttpExchange exchange, byte[] file, int from, boolean whole, Fault fault)
            throws IOException {
        if (from >= file.length) {
            exchange.getResponseHeaders().set("Content-Range", "bytes */" + file.length);
            exchange.sendResponseHeaders(416, -1);
            return;
        }
        int first = fault instanceof Fault.OtherRange ? from - 1 : from;
        if (!whole) {
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + first + "-" + (file.length - 1) + "/" + file.length);
        }
        exchange.sendResponseHeaders(whole ? 200 : 206, file.length - first);
        int count = switch (fault) {
            case Fault.Break(int after) -> after;
            case Fault.Silence(int after, Duration _) -> after;
            case null, default -> file.length - first;
        };
        exchange.getResponseBody().write(file, first, count);
        exchange.getResponseBody().flush();
        switch (fault) {
            // The client forgets what it has received and not yet read when the connection ends.
            case Fault.Break(int after)
            when after > 0 -> LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
            case Fault.Silence(int _, Duration time) -> LockSupport.parkNanos(time.toNanos());
            case null, default -> {}
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
