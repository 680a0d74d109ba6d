package dev.gossamer.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** ONNX Runtime, the peer of inference: all its optimisations, f32, a session to a stream. */
final class OnnxRuntime {

    private static final @Nullable String OBJECTION = start();

    private OnnxRuntime() {}

    private static @Nullable String start() {
        try {
            OrtEnvironment.getEnvironment();
            return null;
        } catch (LinkageError | RuntimeException e) {
            return "ONNX Runtime could not be loaded (" + e.getMessage() + "); its jar has to lie in the folder `peers`"
                    + " beside benchmarks.jar";
        }
    }

    /** Why it cannot run here; null when it can. */
    static @Nullable String objection() {
        return OBJECTION;
    }

    static String version() {
        return "ONNX Runtime " + OrtEnvironment.getEnvironment().getVersion();
    }

    /** A batch through a model, whose zeros are multiplied too. */
    static final class Inference implements Contender {

        private final OrtSession.SessionOptions options;
        private final OrtSession session;
        private final OnnxTensor input;
        private final String inputName;
        private final float[] logits;

        /**
         * Ready to run.
         *
         * @param model bytes of an ONNX file
         * @param images row-major, of this shape, batch first
         * @param threads that share one batch
         */
        Inference(byte[] model, float[] images, long[] shape, int classes, int threads) {
            try {
                OrtEnvironment environment = OrtEnvironment.getEnvironment();
                options = new OrtSession.SessionOptions();
                options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
                options.setIntraOpNumThreads(threads);
                options.setInterOpNumThreads(1);
                session = environment.createSession(model, options);
                FloatBuffer direct = ByteBuffer.allocateDirect(images.length * Float.BYTES)
                        .order(ByteOrder.nativeOrder())
                        .asFloatBuffer();
                direct.put(images).flip();
                input = OnnxTensor.createTensor(environment, direct, shape);
                inputName = session.getInputNames().iterator().next();
            } catch (OrtException e) {
                throw new IllegalStateException("ONNX Runtime does not take the model: " + e.getMessage(), e);
            }
            logits = new float[Math.toIntExact(shape[0] * classes)];
        }

        @Override
        public void run() {
            try (OrtSession.Result result = session.run(Map.of(inputName, input))) {
                ((OnnxTensor) result.get(0)).getFloatBuffer().get(logits);
            } catch (OrtException e) {
                throw new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
            }
        }

        @Override
        public float[] result() {
            return logits.clone();
        }

        @Override
        public void close() {
            try {
                input.close();
                session.close();
                options.close();
            } catch (OrtException e) {
                throw new IllegalStateException("ONNX Runtime did not close: " + e.getMessage(), e);
            }
        }
    }
}
