package dev.gossamer.bench;

import dev.gossamer.fl.nn.ModelSpec;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * PyTorch in a process of its own that waits while ours runs, and the other way round: {@code pytorch_peer.py} tells what it
 * does. Its times are taken over there, so that what passes between the processes is in none.
 */
final class PyTorch implements AutoCloseable {

    /** The environment's name of the interpreter. */
    static final String PYTHON_VARIABLE = "GOSSAMER_PYTHON";

    /** In place of an interpreter: no PyTorch, even where there is one. */
    static final String LEFT_OUT = "none";

    private static final String SCRIPT = "pytorch_peer.py";

    /**
     * Lets glibc keep memory that was given back. Its own choice returns each tensor of some size to the system, and the next
     * step pays for zeroed pages: a step of a convolutional network takes 2 to 3 times as long where a page fault is dear.
     */
    private static final Map<String, String> KEEP_MEMORY =
            Map.of("MALLOC_MMAP_MAX_", "0", "MALLOC_TRIM_THRESHOLD_", "-1");

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** OpenMP's threads spin for a while after their work, on the core that ours may get. */
    private static final long SPIN_MILLIS = 5;

    private final Process process;
    private final BufferedWriter requests;
    private final BufferedReader answers;
    private final Path folder;
    private final OperandFiles files;
    private final String version;

    private PyTorch(Process process, Path folder) {
        this.process = process;
        this.folder = folder;
        this.files = new OperandFiles(folder);
        this.requests = process.outputWriter(StandardCharsets.UTF_8);
        this.answers = process.inputReader(StandardCharsets.UTF_8);
        JsonNode hello = answer();
        this.version = "PyTorch " + hello.path("version").asString("?") + " ("
                + hello.path("capability").asString("?") + ")";
    }

    /**
     * Starts it, to time operations.
     *
     * @param python the interpreter
     * @throws MissingPeerException if there is no such interpreter, or none with PyTorch
     */
    static PyTorch start(String python) throws MissingPeerException {
        return start(python, SCRIPT);
    }

    /** Starts a program of that name, which lies beside this class and answers as {@code pytorch_peer.py} does. */
    static PyTorch start(String python, String program) throws MissingPeerException {
        if (python.equals(LEFT_OUT)) {
            throw new MissingPeerException("PyTorch is left out, as --python none asks");
        }
        Path folder = null;
        Process process = null;
        try {
            folder = Files.createTempDirectory("gossamer-pytorch");
            ProcessBuilder builder = new ProcessBuilder(python, "-W", "ignore", "-u", "-c", script(program))
                    .redirectError(ProcessBuilder.Redirect.INHERIT);
            KEEP_MEMORY.forEach(builder.environment()::putIfAbsent);
            process = builder.start();
            return new PyTorch(process, folder);
        } catch (IOException | IllegalStateException e) {
            if (process != null) {
                process.destroy();
            }
            if (folder != null) {
                delete(folder);
            }
            throw new MissingPeerException(
                    "no PyTorch (" + e.getMessage() + "); --python or " + PYTHON_VARIABLE
                            + " names an interpreter that has it",
                    e);
        }
    }

    private static String script(String program) throws IOException {
        try (InputStream script =
                Objects.requireNonNull(PyTorch.class.getResourceAsStream(program), "the jar lacks " + program)) {
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Its version and the instructions that it uses. */
    String version() {
        return version;
    }

    /** {@code torch.sparse.sampled_addmm}. */
    Contender sddmm(SddmmProblem problem, int threads) {
        Map<String, Object> request = open("sddmm", "float32");
        request.put("rows", problem.pattern.rows());
        request.put("cols", problem.pattern.cols());
        request.put("depth", problem.columns);
        request.put("nnz", problem.pattern.nnz());
        request.put(
                "files",
                Map.of(
                        "rowPtr", ints(problem.pattern.copyRowPtr()),
                        "colIdx", ints(problem.pattern.copyColIdx()),
                        "a", floats(problem.a),
                        "b", floats(problem.b)));
        return new Remote(request, threads);
    }

    /** {@code torch.kthvalue} or {@code torch.topk}, by that name. */
    Contender topK(TopKProblem problem, String call, int threads) {
        Map<String, Object> request = open("topk", "float32");
        request.put("count", problem.values.length);
        request.put("keep", problem.keep);
        request.put("call", call);
        request.put("files", Map.of("values", floats(problem.values)));
        return new Remote(request, threads);
    }

    /** An epoch of the dense model, in f32 or bf16. */
    Contender step(StepProblem problem, String dtype, int threads) {
        Map<String, Object> request = open("step", dtype);
        request.put("widths", StepProblem.WIDTHS);
        request.put("batch", StepProblem.BATCH);
        request.put("samples", StepProblem.SAMPLES);
        request.put("rate", StepProblem.RATE);
        request.put(
                "files",
                Map.of(
                        "images", bytes(problem.images),
                        "labels", bytes(problem.labels),
                        "parameters", floats(problem.parameters())));
        return new Remote(request, threads);
    }

    /**
     * How images and kernels of convolutions lie in memory. Neither is the faster one everywhere, so that both are peers and the
     * faster counts.
     */
    enum ImageLayout {
        /** PyTorch's default. */
        NCHW(""),
        /** {@code torch.channels_last}. */
        NHWC(" nhwc");

        /** Behind a peer's name. */
        final String suffix;

        ImageLayout(String suffix) {
            this.suffix = suffix;
        }

        private String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A dense convolution with the same weights, zeros included. */
    Contender conv(ConvProblem problem, ConvProblem.Direction direction, ImageLayout layout, int threads) {
        Map<String, Object> request = open("conv", "float32");
        request.put("layout", layout.text());
        request.put("channels", problem.geometry.inChannels());
        request.put("plane", problem.geometry.inHeight());
        request.put("batch", problem.batch);
        request.put("kernel", problem.geometry.kernelHeight());
        request.put("direction", direction.name());
        request.put(
                "files", Map.of("x", floats(problem.x), "gy", floats(problem.gy), "weights", floats(problem.weights)));
        return new Remote(request, threads);
    }

    /** Steps of the dense model, with the same weights at first, zeros included. */
    Contender training(ModelProblem problem, ImageLayout layout, int threads) {
        Map<String, Object> request = training(problem, files);
        request.put("layout", layout.text());
        return new Remote(request, threads);
    }

    /** The request that opens them. */
    static Map<String, Object> training(ModelProblem problem, OperandFiles files) {
        Map<String, Object> request = open("training", "float32");
        model(request, problem, files);
        request.put("rate", problem.size.rate());
        request.put("losses", ModelProblem.LOSSES);
        return request;
    }

    /** A batch through the dense model, eagerly or as {@code torch.jit} optimises it. */
    Contender inference(ModelProblem problem, boolean jit, ImageLayout layout, int threads) {
        Map<String, Object> request = inference(problem, files);
        request.put("layout", layout.text());
        request.put("mode", jit ? "jit" : "eager");
        return new Remote(request, threads);
    }

    /** The request that opens it. */
    static Map<String, Object> inference(ModelProblem problem, OperandFiles files) {
        Map<String, Object> request = open("inference", "float32");
        model(request, problem, files);
        return request;
    }

    /** A batch of images through the dense model as {@code torch.jit} optimises it; the answer is the logits. */
    Contender serving(ServeProblem problem, ImageLayout layout, int threads) {
        ModelSpec spec = problem.model().spec();
        Map<String, Object> request = open("serving", "float32");
        request.put("layout", layout.text());
        request.put("layers", ModelLayers.of(problem.withoutDropout()));
        request.put("channels", spec.input().channels());
        request.put("plane", spec.input().height());
        request.put("batch", problem.batch());
        request.put(
                "files",
                Map.of(
                        "images", files.bytes(problem.images()),
                        "labels", files.bytes(new byte[problem.batch()]),
                        "parameters",
                                files.floats(ModelProblem.whole(problem.model().theta()))));
        request.put("mode", "jit");
        return new Remote(request, threads);
    }

    private static void model(Map<String, Object> request, ModelProblem problem, OperandFiles files) {
        request.put("layers", ModelLayers.of(problem.spec));
        request.put("channels", problem.spec.input().channels());
        request.put("plane", problem.spec.input().height());
        request.put("batch", problem.size.batch());
        request.put(
                "files",
                Map.of(
                        "images", files.bytes(problem.images),
                        "labels", files.bytes(problem.labels),
                        "parameters", files.floats(problem.parameters())));
    }

    private static Map<String, Object> open(String kind, String dtype) {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("do", "open");
        request.put("kind", kind);
        request.put("dtype", dtype);
        return request;
    }

    /** A file with these numbers, as long as the process is there. */
    String floats(float[] numbers) {
        return files.floats(numbers);
    }

    /** The same. */
    String ints(int[] numbers) {
        return files.ints(numbers);
    }

    /** The same. */
    String bytes(byte[] bytes) {
        return files.bytes(bytes);
    }

    /** The f64 numbers that a request makes it write to a file, whose name the request gets. */
    double[] doubles(Map<String, ?> request) {
        try {
            Path file = Files.createTempFile(folder, "result", ".bin");
            Map<String, Object> named = new LinkedHashMap<>(request);
            named.put("file", file.toString());
            double[] numbers = new double[ask(named).path("count").asInt()];
            ByteBuffer.wrap(Files.readAllBytes(file))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asDoubleBuffer()
                    .get(numbers);
            Files.delete(file);
            return numbers;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read what PyTorch computed", e);
        }
    }

    /** The answer to a request. */
    JsonNode ask(Map<String, ?> request) {
        try {
            requests.write(JSON.writeValueAsString(request));
            requests.newLine();
            requests.flush();
        } catch (IOException e) {
            throw new IllegalStateException(
                    "PyTorch's process takes no more requests"
                            + (process.isAlive() ? "" : " (it ended with exit code " + process.exitValue() + ")"),
                    e);
        }
        return answer();
    }

    private JsonNode answer() {
        String line;
        try {
            line = answers.readLine();
        } catch (IOException e) {
            throw new IllegalStateException("PyTorch's process does not answer: " + e.getMessage(), e);
        }
        if (line == null) {
            throw new IllegalStateException("its process ended without an answer");
        }
        JsonNode answer;
        try {
            answer = JSON.readTree(line);
        } catch (JacksonException e) {
            throw new IllegalStateException("its process answered '" + line + "', which is no JSON", e);
        }
        if (answer.has("error")) {
            throw new IllegalStateException(answer.path("error").asString());
        }
        return answer;
    }

    /** A contender over there. */
    private final class Remote implements Contender {

        private final int id;
        private final int threads;

        Remote(Map<String, ?> request, int threads) {
            this.id = ask(request).path("id").asInt();
            this.threads = threads;
        }

        @Override
        public void run() {
            nanos(1);
        }

        @Override
        public double nanos(int runs) {
            JsonNode answer = ask(Map.of("do", "run", "id", id, "runs", runs, "threads", threads));
            rest();
            return answer.path("nanos").asDouble();
        }

        @Override
        public double[] latencies(double nanos) {
            JsonNode answer = ask(Map.of("do", "stream", "id", id, "nanos", Math.max(0, nanos), "threads", threads));
            rest();
            double[] latencies = new double[answer.path("latencies").size()];
            Arrays.setAll(latencies, run -> answer.path("latencies").get(run).asDouble());
            return latencies;
        }

        private void rest() {
            if (threads == 1) {
                return;
            }
            try {
                Thread.sleep(SPIN_MILLIS);
            } catch (InterruptedException e) {
                throw new IllegalStateException("Measuring was interrupted", e);
            }
        }

        @Override
        public float[] result() {
            try {
                Path file = Files.createTempFile(folder, "result", ".bin");
                float[] numbers = new float
                        [ask(Map.of("do", "result", "id", id, "file", file.toString()))
                                .path("count")
                                .asInt()];
                ByteBuffer.wrap(Files.readAllBytes(file))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asFloatBuffer()
                        .get(numbers);
                return numbers;
            } catch (IOException e) {
                throw new UncheckedIOException("Cannot read what PyTorch computed", e);
            }
        }

        @Override
        public void close() {
            ask(Map.of("do", "close", "id", id));
        }
    }

    /** Ends the process and deletes its files. */
    @Override
    public void close() {
        try {
            requests.close();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroy();
            }
        } catch (IOException e) {
            process.destroy();
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
        }
        delete(folder);
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            System.err.println("benchmarks: cannot delete " + folder + ": " + e);
        }
    }
}
