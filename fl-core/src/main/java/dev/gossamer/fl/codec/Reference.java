package dev.gossamer.fl.codec;

import dev.gossamer.engine.sparse.SparsityPattern;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The patterns of a model that sender and receiver have; its values play no part. */
final class Reference {

    /** Enough that models taken for each other by mistake are told apart. */
    static final int DIGEST_BYTES = 16;

    private final ModelState model;
    private final Map<String, TensorState> tensors = new HashMap<>();
    private byte @Nullable [] digest;

    Reference(ModelState model) {
        this.model = model;
        for (TensorState tensor : model.tensors()) {
            tensors.put(tensor.name(), tensor);
        }
    }

    /** The pattern of the tensor with this name and shape, or null if there is none. */
    @Nullable
    SparsityPattern pattern(String name, int[] shape) {
        TensorState tensor = tensors.get(name);
        return tensor != null && Arrays.equals(tensor.shape(), shape) ? tensor.pattern() : null;
    }

    /** Of names, shapes and patterns in the model's order: the first bytes of their SHA-256. */
    byte[] digest() {
        byte[] known = digest;
        if (known == null) {
            MessageDigest sha = sha256();
            for (TensorState tensor : model.tensors()) {
                update(sha, tensor.name());
                update(sha, Arrays.toString(tensor.shape()));
                update(sha, tensor.pattern() == null ? "" : tensor.pattern().digest());
            }
            known = Arrays.copyOf(sha.digest(), DIGEST_BYTES);
            digest = known;
        }
        return known;
    }

    private static void update(MessageDigest sha, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        sha.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
        sha.update(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    static String text(byte[] digest) {
        return HexFormat.of().formatHex(digest);
    }

    /**
     * Whether relative kinds save more bytes than stating the reference costs. Bounds mostly tell; where they do not, the
     * sizes without it are counted.
     *
     * @param plans of the tensors, made with the reference
     */
    static boolean pays(List<TensorState> tensors, List<MaskPlan> plans) {
        long atLeast = 0;
        for (int i = 0; i < plans.size(); i++) {
            SparsityPattern pattern = tensors.get(i).pattern();
            if (pattern != null && plans.get(i).kind().isRelative()) {
                atLeast += MaskPlan.absoluteAtLeast(pattern) - plans.get(i).sizeBytes();
            }
        }
        if (atLeast > DIGEST_BYTES) {
            return true;
        }
        long exact = 0;
        for (int i = 0; i < plans.size(); i++) {
            if (plans.get(i).kind().isRelative()) {
                exact += MaskPlan.of(tensors.get(i).pattern(), null).sizeBytes()
                        - plans.get(i).sizeBytes();
            }
        }
        return exact > DIGEST_BYTES;
    }
}
